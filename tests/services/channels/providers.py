"""A provider's server on this machine: answers what a test wants, and remembers what it was sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from chalicelib.services.channels import Outgoing

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@dataclass
class Sent:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


@dataclass
class Provider:
    """The server: `answers` are given in turn, the last one for ever; each a status and a body."""

    url: str
    answers: list[tuple[int, Any]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)


@contextmanager
def provider() -> Iterator[Provider]:
    """Run a provider on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            own.sent.append(Sent(self.path, dict(self.headers), raw))
            status, body = own.answers.pop(0) if len(own.answers) > 1 else own.answers[0]
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    own = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield own
    finally:
        server.shutdown()
        server.server_close()


def outgoing(**changes: Any) -> Outgoing:
    """Return a reminder on its way."""
    fields = {
        "sending_id": "20261124T040000000Z.k1.sms",
        "account_id": "res_a",
        "address": "address-1",
        "kind": "points-expiring",
        "title": "120 积分将在12月31日到期",
        "body": "您有120 积分将在12月31日到期，还有 30 天。到期后不能再用，去看看可以兑换什么。",
        "facts": {"points": 120, "expires_on": "2026-12-31", "days": 30},
        "now": NOON,
        **changes,
    }
    return Outgoing(**fields)
