"""The page for those who build tills: bash runs its commands from the first to the last, with curl, as they stand."""

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chalicelib.services.merchant_codes import add_code, own_store
from chalicelib.services.sessions import sign_in
from chalicelib.store.people import put_staff
from infra.environment import ROOT
from tests.api.test_webhooks_page import open_sandbox
from tests.conftest import Clock
from tests.gateway import Gateway
from tests.services.ledger import record

PAGE = (ROOT / "docs" / "pos.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^ *```bash\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)
TOOLS = ("bash", "curl", "python3", "date")


class Server(HTTPServer):
    """The gateway behind an address, one request after the other; keeps what was asked and how it was answered."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.gateway = gateway
        self.seen: list[tuple[str, str, int, str]] = []


class Handler(BaseHTTPRequestHandler):
    """Hands a request over."""

    server: Server

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
        reply = self.server.gateway.send(self.command, self.path, headers=dict(self.headers), raw=body)
        self.server.seen.append((self.command, urlsplit(self.path).path, reply.status, reply.text))
        content = reply.text.encode()
        self.send_response(reply.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _handle

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(gateway: Gateway, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The sandbox as the demo city has it, in real time, with a resident who has points."""
    monkeypatch.setattr("chalicelib.clock.utc_now", lambda: datetime.now(UTC))
    clock.now = now = datetime.now(UTC)
    open_sandbox(clock)
    add_code(own_store("mer_sandbox", "sto_sandbox"), "1 号收银台", now)
    put_staff("zhao", "operator", "", [], "运营 赵工")
    resident = sign_in("dev", "xiaoman", "resident", "res_" + "a" * 20, now)["subject"]
    record(resident, *"abcd", at=now - timedelta(days=1), now=now)
    with Server(gateway) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def put_tools(folder: Path, port: int) -> None:
    """Let `curl` reach the test's port under the page's address, and `.venv/bin/python` be this Python."""
    curl, address = shutil.which("curl"), f"127.0.0.1:{port}"
    python = f'PYTHONPATH={ROOT} exec {sys.executable} "$@" --url http://{address} --folder phones'
    tools = {
        "bin/curl": f'exec {curl} --connect-to localhost:8080:{address} "$@"',
        ".venv/bin/python": python,
    }
    for name, line in tools.items():
        tool = folder / name
        tool.parent.mkdir(parents=True)
        tool.write_text(f"#!/bin/sh\n{line}\n")
        tool.chmod(0o755)


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}")
def test_every_command_on_the_page_works_as_it_stands(server: Server, tmp_path: Path) -> None:
    put_tools(tmp_path, server.server_port)
    script = "set -euo pipefail\nexport PATH=$PWD/bin:$PATH\n" + "\n".join(BLOCKS)
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert [one for one in server.seen if one[2] >= 300] == []
    assert done.returncode == 0, done.stderr
    asked = [f"{method} {path}" for method, path, *_ in server.seen]
    for once in ("charges", "charges/sandbox-0001-000001/refund", "vouchers/redeem", "vouchers/uploads"):
        assert f"POST /v1/pos/{once}" in asked
    answers = {path: text for _, path, _, text in server.seen}
    assert '"outcome":"posted"' in answers["/v1/pos/vouchers/uploads"]
    assert '"state":"blocked"' in answers["/v1/pos/charges/sandbox-0001-000002/void"]
    assert (tmp_path / "poster.pdf").read_text().startswith("%PDF-1.4")
    assert len(asked) == 27, asked
