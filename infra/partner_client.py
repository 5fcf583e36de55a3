"""Owns the partner's side of the wire, with nothing but the standard library: sign, announce, upload, follow.

Must not touch the database: it does what any partner's own program would do.
"""

import hashlib
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.environment import StackError

REQUEST_TIMEOUT_S = 30
UPLOAD_TIMEOUT_S = 900
STALLED_AFTER_S = 600
_POLL_S = 0.5

Import = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Partner:
    """Who signs, and where: the address of the API, a key and its secret."""

    url: str
    key_id: str
    secret: str

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str = ""
    ) -> dict[str, Any]:
        """Send one signed request; StackError with the sentence of the problem that came back."""
        from chalicelib.services.partners import sign

        raw = b"" if body is None else json.dumps(body).encode()
        timestamp_s = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "X-Tanhui-Key": self.key_id,
            "X-Tanhui-Timestamp": str(timestamp_s),
            "X-Tanhui-Signature": sign(self.secret, timestamp_s, method, path, key, raw),
            **({"Idempotency-Key": key} if key else {}),
        }
        request = urllib.request.Request(self.url + path, raw or None, headers, method=method)
        answer: dict[str, Any] = json.loads(_answered(request, REQUEST_TIMEOUT_S))
        return answer


def deliver_file(
    partner: Partner, path: Path, backfill_id: str | None = None, stalled_after_s: float = STALLED_AFTER_S
) -> Iterator[Import]:
    """Deliver a file as a new import; yield it whenever it was looked at, the last time done or failed.

    Raises StackError in a sentence when the API refuses, is not there, or makes no progress for `stalled_after_s`.
    """
    announced = {"file_name": path.name, "size_bytes": path.stat().st_size, "sha256": _sha256(path)}
    body = announced | ({"backfill_id": backfill_id} if backfill_id else {})
    asked = partner.call("POST", "/v1/partner/files", body, secrets.token_hex(16))
    upload(asked["upload_url"], path)
    import_id, last, moved_at_s = asked["import_id"], -1, time.monotonic()
    while True:
        found = partner.call("GET", f"/v1/partner/imports/{import_id}")
        yield found
        if found["state"] in ("done", "failed"):
            return
        if found["lines_done"] != last:
            last, moved_at_s = found["lines_done"], time.monotonic()
        if time.monotonic() - moved_at_s > stalled_after_s:
            raise StackError(
                f"Import {import_id} has made no progress for {stalled_after_s:.0f} s; look at it again later."
            )
        time.sleep(_POLL_S)


def upload(upload_url: str, path: Path) -> None:
    """Put the file where the API said, streamed from disk."""
    with path.open("rb") as content:
        headers = {"Content-Length": str(path.stat().st_size)}
        request = urllib.request.Request(upload_url, content, headers, method="PUT")
        _answered(request, UPLOAD_TIMEOUT_S)


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _answered(request: urllib.request.Request, timeout_s: float) -> bytes:
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:
            content: bytes = response.read()
            return content
    except urllib.error.HTTPError as error:
        raise StackError(_sentence(error)) from None
    except OSError as error:
        raise StackError(f"{request.host} does not answer ({error}). Is the stack running?") from None


def _sentence(error: urllib.error.HTTPError) -> str:
    """Return what a refusal says of itself."""
    text = error.read().decode("utf-8", "replace")
    try:
        problem = json.loads(text)
        return f"{problem['title']} ({problem['code']}): {problem['detail']}"
    except (ValueError, KeyError):
        return f"HTTP {error.code} {error.reason}: {text[:300]}"
