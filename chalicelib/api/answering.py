"""Owns the answers: JSON of whole numbers only, pages with opaque cursors, headers on every response.

Must not know features nor failures; `api.problems` shapes the latter.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from chalice import Response

from chalicelib.api.access import Endpoint
from chalicelib.api.problems import MEDIA
from chalicelib.domain.pages import Page
from chalicelib.errors import InvalidInput
from chalicelib.keys import derived_key

_MAC_BYTES = 9
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_STRICT = "default-src 'none'; frame-ancestors 'none'"
SECURITY: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": _STRICT,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A result with its own status, headers or media type.

    `body` is text when `media` is not JSON, or when `is_encoded` says that it is JSON already.
    """

    body: Any
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = "application/json"
    is_encoded: bool = False


class _Asked(Protocol):
    @property
    def actor(self) -> Any: ...
    @property
    def request_id(self) -> str: ...


def success_response(entry: Endpoint, result: Any, call: _Asked) -> Response:
    """Return the response for what a view returned; a dict's `_hit` becomes the header `Idempotency-Hit`."""
    answer = result if isinstance(result, Answer) else Answer(result)
    status = answer.status or next(iter(entry.answers))
    assert status in entry.answers, f"{entry.name} does not declare {status}"
    headers = _headers(answer.media, call.request_id, entry.cache_s)
    headers.update(answer.headers)
    body = answer.body
    if isinstance(body, Page):
        next_cursor = _sealed(body.cursor, entry.name, call.actor)
        body = {"items": body.items, "next_cursor": next_cursor, **body.facts}
    if isinstance(body, dict) and "_hit" in body:
        if body["_hit"]:
            headers["Idempotency-Hit"] = "true"
        body = {name: value for name, value in body.items() if name != "_hit"}
    if entry.answers[status] is None:
        assert body is None, f"{entry.name} declares no body for {status}"
        return Response("", headers, status)
    is_text = answer.is_encoded or answer.media != "application/json"
    assert not is_text or isinstance(body, str), "such an answer is text"
    return Response(body if is_text else to_json(body), headers, status)


def problem_response(
    problem: Mapping[str, Any], request_id: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the response for a problem document."""
    merged = _headers(MEDIA, request_id, 0)
    merged.update(headers or {})
    return Response(to_json(problem), merged, int(problem["status"]))


def to_json(body: Any) -> str:
    """Return `body` as JSON; asserts that every number in it is whole."""
    assert_whole(body)
    return _ENCODER.encode(body)


def assert_whole(value: Any) -> None:
    """Assert that `value` holds only text, whole numbers, booleans, null, lists and objects."""
    kind = type(value)
    if kind is dict:
        for one in value.values():
            assert_whole(one)
    elif kind is list or kind is tuple:
        for one in value:
            assert_whole(one)
    else:
        assert kind in (str, int, bool, type(None)), f"an answer must not hold a {kind.__name__}"


def seal_cursor(raw: str, name: str, subject: str) -> str:
    """Return `raw` under a seal that holds for this list and this caller only."""
    mac = hmac.digest(derived_key("cursor"), f"{name}\x1f{subject}\x1f{raw}".encode(), "sha256")[:_MAC_BYTES]
    return base64.urlsafe_b64encode(mac + raw.encode()).decode().rstrip("=")


def open_cursor(sealed: str, name: str, subject: str) -> str:
    """Return what `seal_cursor` sealed; InvalidInput naming `cursor` for anything else."""
    try:
        raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)[
            _MAC_BYTES:
        ].decode()
    except ValueError:
        raw = ""
    if not raw or not hmac.compare_digest(seal_cursor(raw, name, subject), sealed):
        raise InvalidInput.at("/query/cursor", "not a cursor of this list")
    return raw


def _sealed(raw: str | None, name: str, actor: Any) -> str | None:
    return None if raw is None else seal_cursor(raw, name, actor.subject if actor else "")


def _headers(media: str, request_id: str, cache_s: int) -> dict[str, str | list[str]]:
    cache = f"public, max-age={cache_s}" if cache_s else "no-store"
    return {"Content-Type": media, "Cache-Control": cache, "X-Request-Id": request_id, **SECURITY}
