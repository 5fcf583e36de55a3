"""The page for those who connect a till: every command on it works, in its order, in the sandbox."""

import re
import shlex
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.domain.wallet_codes import step_at, wallet_code
from chalicelib.services import publishing, webhook_deliveries, webhook_sending
from chalicelib.services.staff import enter_staff
from chalicelib.services.statement_closing import close_day
from chalicelib.streams.webhooks import handle
from infra import demo_city
from infra.environment import ROOT
from infra.sandbox import MERCHANT, STORE, enter_sandbox
from tests.conftest import Clock
from tests.gateway import Gateway, Reply
from tests.services.ledger import record
from tests.services.test_webhook_deliveries import _Record
from tests.streams.events import journal_items

COMMANDS = re.findall(
    r"^curl .*$", (ROOT / "docs" / "settlement.md").read_text(encoding="utf-8"), re.MULTILINE
)
URL = "https://tanhui.test"


class Shell:
    """Runs the page's commands against the gateway, with what the reader would have at hand."""

    def __init__(self, gateway: Gateway, clock: Clock) -> None:
        self.gateway, self.clock = gateway, clock
        self.known: dict[str, str] = {"URL": URL, "DAY": "2026-11-20", "MONTH": "2026-11"}

    def run(self, command: str) -> Reply:
        """Send what a curl command would send."""
        for name in sorted(self.known, key=len, reverse=True):
            command = command.replace(f"${name}", self.known[name])
        assert "$" not in command, command
        _, *words = shlex.split(command)
        method, body, headers, url = "GET", None, {}, ""
        while words:
            word = words.pop(0)
            if word == "-X":
                method = words.pop(0)
            elif word == "-d":
                body = words.pop(0)
            elif word == "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            else:
                url = word
        return self.gateway.send(method, url.removeprefix(URL), headers=headers, raw=body)


def open_sandbox(clock: Clock) -> None:
    """Enter the sandbox merchant of the demo city, with its store and manager."""
    shops = demo_city.shops()
    merchants = [one for one in demo_city.merchants(clock.now) if one["id"] == MERCHANT]
    publishing.publish_merchant(merchants[0], "seed", clock.now)
    publishing.publish_store(next(one for one in shops["stores"] if one["id"] == STORE), "seed", clock.now)
    manager = next(
        one for one in shops["staff"] if one["subject"] == "sandbox" and one["role"] == "merchant_manager"
    )
    enter_staff(MERCHANT, manager, "seed", clock.now)


@pytest.fixture
def shell(gateway: Gateway, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The sandbox, a resident with points, a network in which our own address is the partner's."""
    made = Shell(gateway, clock)
    open_sandbox(clock)
    made.known["KEY_ID"], made.known["SECRET"] = enter_sandbox(clock.now)
    assert enter_sandbox(clock.now) == (made.known["KEY_ID"], made.known["SECRET"])

    def post(url: str, body: bytes, headers: Any) -> int:
        return gateway.send("POST", urlsplit(url).path, headers={**headers}, raw=body).status

    monkeypatch.setattr(webhook_sending, "post", post)
    monkeypatch.setattr("chalicelib.services.webhooks._check_url", lambda url: None)
    monkeypatch.setattr(
        webhook_deliveries,
        "send_message",
        lambda _, body, delay_s=0: webhook_deliveries.try_delivery(body["webhook_delivery"], clock.now),
    )
    return made


def prepare(shell: Shell, command: str, phone: dict[str, str], seen: dict[str, Any]) -> None:
    """Do what the world does between the reader's commands."""
    if "$CODE" in command:
        shell.clock.pass_(seconds=60)
        shell.known["CODE"] = wallet_code(phone["secret"], phone["handle"], step_at(shell.clock.now))
    if "/v1/dev/webhooks -H" in command and "-X" not in command:
        handle([_Record(item) for item in journal_items()], shell.clock.now)
    if "/v1/merchant/statements?" in command:
        from datetime import date

        shell.clock.pass_(days=1)
        close_day("mer_sandbox", date(2026, 11, 20), shell.clock.now)
        signed_in = [one for one in COMMANDS if "/v1/sessions" in one]
        shell.known["MANAGER"] = shell.run(signed_in[0]).json["access_token"]


def test_every_command_on_the_page_works_in_its_order(shell: Shell, token_of: Any) -> None:
    now, seen = shell.clock.now, {}
    record("res_a", "e1", "e2", at=now - timedelta(days=1), now=now)
    body = {"device_id": "phone-0000001", "name": "我的手机"}
    phone = shell.gateway.send("POST", "/v1/me/devices", body, token_of("resident", "res_a")).json
    for command in COMMANDS:
        prepare(shell, command, phone, seen)
        reply = shell.run(command)
        assert reply.status in (200, 201), (command, reply.text)
        path = urlsplit(shlex.split(command)[3 if "-X" in command else 1]).path.removeprefix("$URL")
        seen[path] = reply
        if path == "/v1/pos/sessions":
            shell.known["TERMINAL"] = reply.json["access_token"]
        elif path == "/v1/sessions":
            shell.known["MANAGER"] = reply.json["access_token"]
        elif path == "/v1/merchant/webhook-deliveries":
            shell.known["DELIVERY"] = reply.json["items"][0]["delivery_id"]
    arrived = seen["/v1/dev/webhooks"].json["items"]
    assert {one["event"]["type"] for one in arrived} == {"charge.created", "refund.created"}
    assert all(one["is_genuine"] for one in arrived)
    assert seen["/v1/merchant/today"].json["figures"]["redeemed"]["points"] == 10
    assert len(COMMANDS) == 22


def test_the_demo_s_target_takes_nothing_that_we_did_not_send(shell: Shell) -> None:
    event = {"id": "evt_1", "type": "charge.created", "merchant_id": "mer_sandbox", "at": "2026-11-20T04:00:00Z",
             "data": {}}  # fmt: skip
    assert shell.gateway.send("POST", "/v1/dev/webhooks", event).status == 404
