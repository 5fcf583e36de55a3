"""Owns the one local address that people open: the API, its documentation and the mini-app's files.

Must not change what the API says: a request under `/v1` reaches the deployed API Gateway stage as it came, with
`X-Forwarded-*` as a gateway sets them. The emulator's own interface is not reachable through this address.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from ministack import app as ministack_app
from ministack.services import apigateway_v1

from infra.environment import API_ROOTS
from infra.static_files import answer_file

BODY_MAX_BYTES = 10 * 1024 * 1024  # API Gateway's own limit
STARTING_PAGE = (
    "<!doctype html><meta charset=utf-8><title>碳惠</title><p>Starting… try again in a few seconds.</p>"
)
WELCOME_PAGE = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>碳惠 Tanhui</title>
<meta name="viewport" content="width=device-width">
<body style="font:16px/1.6 sans-serif;max-width:36em;margin:3em auto">
<h1>碳惠 Tanhui</h1><p>The API is running. <a href="/docs">Its documentation</a> ·
<a href="/v1/openapi.json">OpenAPI document</a></p></body></html>"""


@dataclass(frozen=True)
class Settings:
    """Where to find the deployed API (`api_file`, JSON with `rest_api_id` and `api_stage`) and the static files.

    `files_origin` is where signed links to the bucket lead, for pages to be allowed there.
    """

    api_file: Path
    static_dir: Path
    files_origin: str

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Settings":
        """Return the settings that `infra.localstack` passes on."""
        api_file, static_dir = Path(env["TANHUI_ORIGIN_API_FILE"]), Path(env["TANHUI_ORIGIN_STATIC_DIR"])
        return cls(api_file, static_dir, env["TANHUI_ORIGIN_FILES"])


class Origin:
    """ASGI application: answers on `port` itself, passes every other port on to `inner`."""

    def __init__(self, inner: Any, port: int, settings: Settings) -> None:
        self._inner = inner
        self._port = port
        self._settings = settings

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan" or scope["server"][1] != self._port:
            await self._inner(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
        elif _is_api(scope["path"]):
            await self._answer_api(scope, receive, send)
        else:
            await _respond(send, scope["method"], *self._static(scope))

    async def _answer_api(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            api = json.loads(self._settings.api_file.read_text())
        except FileNotFoundError:
            await _respond(
                send, scope["method"], 503, _html_headers() | {"Retry-After": "3"}, STARTING_PAGE.encode()
            )
            return
        body = await _read_body(receive)
        if body is None:
            answer = {"message": "Request Too Long"}
            await _respond(
                send, scope["method"], 413, {"Content-Type": "application/json"}, json.dumps(answer).encode()
            )
            return
        query = parse_qs(scope.get("query_string", b"").decode("utf-8", "replace"), keep_blank_values=True)
        status, headers, content = await apigateway_v1.handle_execute(
            api["rest_api_id"],
            api["api_stage"],
            scope["method"],
            # As the gateway itself does further on in a path: `//v1/me` is `/v1/me`.
            "/" + scope["path"].lstrip("/"),
            self._headers(scope),
            body,
            query,
        )
        content = content if isinstance(content, bytes) else str(content).encode()
        await _respond(send, scope["method"], status, headers, content)

    def _headers(self, scope: Any) -> dict[str, str]:
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key, text = name.decode("latin-1").lower(), value.decode("utf-8", "replace")
            headers[key] = (
                f"{headers[key]}{'; ' if key == 'cookie' else ', '}{text}" if key in headers else text
            )
        client = (scope.get("client") or ("127.0.0.1",))[0]
        earlier = headers.get("x-forwarded-for")
        headers["x-forwarded-for"] = f"{earlier}, {client}" if earlier else client
        headers.setdefault("x-forwarded-proto", "http")
        headers.setdefault("x-forwarded-port", str(self._port))
        headers.setdefault("x-forwarded-host", headers.get("host", f"localhost:{self._port}"))
        return headers

    def _static(self, scope: Any) -> tuple[int, dict[str, str], bytes]:
        takes_gzip = "gzip" in self._headers(scope).get("accept-encoding", "")
        settings = self._settings
        found = answer_file(
            settings.static_dir, scope["method"], scope["path"], takes_gzip, settings.files_origin
        )
        if found is None:
            return 200, _html_headers(), WELCOME_PAGE.encode()
        return found.status, found.headers, found.body


def _is_api(path: str) -> bool:
    return path.lstrip("/").partition("/")[0] in API_ROOTS


def _html_headers() -> dict[str, str]:
    return {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}


async def _read_body(receive: Any) -> bytes | None:
    """Return the request's body, None when it is longer than the gateway takes (the rest is read and dropped)."""
    parts: list[bytes] = []
    size_bytes, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        size_bytes += len(message.get("body", b""))
        if size_bytes <= BODY_MAX_BYTES:
            parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts) if size_bytes <= BODY_MAX_BYTES else None


async def _respond(send: Any, method: str, status: int, headers: dict[str, Any], body: bytes) -> None:
    given = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    given["Content-Length"] = str(len(body))
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": ministack_app._asgi_header_list(given),
    }
    await send(start)
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})
