"""Webhooks: told at least once, signed, tried again, switched off, replayed; never into our own network."""

import hmac
import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address

import pytest

from chalicelib.config import config
from chalicelib.domain.webhooks import PAUSES
from chalicelib.errors import Conflict, InvalidInput, NotFound
from chalicelib.services import webhook_deliveries, webhook_sending, webhooks
from chalicelib.services.charge_changes import refund_charge, void_charge
from chalicelib.store import catalogue
from chalicelib.streams.webhooks import handle
from tests.services.ledger import CASHIER, NOW
from tests.services.paying import charge
from tests.services.settling_days import NIGHT, closed, open_for_business, redeem
from tests.streams.events import journal_items

EVENTS = list(
    (
        "voucher.posted",
        "charge.created",
        "charge.voided",
        "refund.created",
        "statement.closed",
        "dispute.decided",
    )
)


class Partner(HTTPServer):
    """A merchant's system on this machine: answers as told, keeps what arrived."""

    status, slow_s = 200, 0.0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arrived: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.server_port}/hook?a=1"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.arrived.append((dict(self.headers), body))
        time.sleep(self.server.slow_s)
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def partner() -> Iterator[Partner]:
    """A listening partner."""
    with Partner() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What was asked of the queue: delivery and delay."""
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr(
        webhook_deliveries,
        "send_message",
        lambda _, body, delay_s=0: sent.append((body["webhook_delivery"], delay_s)),
    )
    return sent


@pytest.fixture
def hook(tables: None, partner: Partner, queue: list) -> str:
    """The laundry's webhook at the partner; returns its secret."""
    asked = {"webhook_id": "hook-0000001", "url": partner.url, "events": EVENTS}
    return webhooks.add_webhook("mer_laundry", asked, "stf_li", NOW)["secret"]


class _Record:
    event_name, keys = "INSERT", None

    def __init__(self, item: object) -> None:
        self.new_image = item


def told(now=NOW) -> int:
    return handle([_Record(item) for item in journal_items()], now)


def deliveries() -> list[dict]:
    return webhook_deliveries.list_deliveries("mer_laundry", 20, None, NOW).items


def test_every_entry_at_the_till_is_one_signed_delivery(hook: str, partner: Partner, queue: list) -> None:
    phone = open_for_business()
    redeem("voucher-00001")
    charge(phone, NOW + timedelta(minutes=1), points=10)
    charge(phone, NOW + timedelta(minutes=2), "charge-00002", points=6)
    void_charge(CASHIER, "charge-00002", NOW + timedelta(minutes=3))
    refund_charge(CASHIER, "charge-00001", "refund-00001", None, "退", NOW + timedelta(minutes=4))
    assert (told(), told()) == (5, 0)
    assert [webhook_deliveries.try_delivery(one, NOW) for one, _ in queue] == ["delivered"] * 5
    kinds = [json.loads(body)["type"] for _, body in partner.arrived]
    assert sorted(kinds) == sorted(
        ["voucher.posted", "charge.created", "charge.created", "charge.voided", "refund.created"]
    )
    headers, body = partner.arrived[0]
    stamp, mac = (part.partition("=")[2] for part in headers["Tanhui-Signature"].split(","))
    assert mac == hmac.new(hook.encode(), stamp.encode() + b"." + body, sha256).hexdigest()
    assert int(stamp) == int(NOW.timestamp())
    assert b"res_a" not in b"".join(body for _, body in partner.arrived)
    assert webhook_deliveries.try_delivery(queue[0][0], NOW) == "idle"


def test_a_closed_statement_and_a_decided_dispute_are_told_once(hook: str, queue: list) -> None:
    from chalicelib.services.disputes import decide_dispute, open_dispute
    from tests.services.test_disputes import ASKED

    open_for_business()
    redeem("voucher-00001")
    closed()
    dispute = open_dispute("mer_laundry", ASKED, "stf_li", NOW + NIGHT)
    for _ in range(2):
        decide_dispute(
            dispute["dispute_id"], {"action": "reject", "reason": "已核对"}, "op_anna", NOW + NIGHT
        )
    assert sorted(one["event"]["type"] for one in deliveries()) == ["dispute.decided", "statement.closed"]


@pytest.fixture
def delivery(hook: str, queue: list) -> str:
    """One delivery that waits."""
    open_for_business()
    redeem("voucher-00001")
    told()
    return queue[0][0]


@pytest.mark.parametrize(("status", "error"), [(500, "http-500"), (302, "http-302"), (404, "http-404")])
def test_any_answer_but_success_is_a_failure_and_a_redirect_is_not_followed(
    delivery: str, partner: Partner, status: int, error: str
) -> None:
    partner.status = status
    assert webhook_deliveries.try_delivery(delivery, NOW) == "queued"
    assert (deliveries()[0]["status"], deliveries()[0]["error"]) == (status, error)
    assert len(partner.arrived) == 1


def test_a_partner_that_does_not_answer_in_time_is_tried_again(
    delivery: str, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_sending, "TIMEOUT_S", 0.1)
    partner.slow_s = 0.4
    assert webhook_deliveries.try_delivery(delivery, NOW) == "queued"
    assert (deliveries()[0]["status"], deliveries()[0]["error"]) == (None, "timeout")


def test_failures_are_tried_seven_times_with_growing_pauses_then_given_up_and_can_be_replayed(
    delivery: str, partner: Partner, queue: list
) -> None:
    partner.status, now, waits = 500, NOW, []
    while webhook_deliveries.try_delivery(delivery, now) == "queued":
        due_at = webhook_deliveries.from_text(deliveries()[0]["due_at"])
        assert webhook_deliveries.try_delivery(delivery, due_at - timedelta(seconds=1)) == "idle"
        waits.append((due_at - now).total_seconds() / 60)
        now = due_at
    assert waits == [1, 5, 30, 120, 360, 1440]
    assert [delay for _, delay in queue] == [0, 60, 300]
    assert deliveries()[0]["state"] == "failed"
    partner.status = 200
    event_id = deliveries()[0]["event"]["id"]
    webhook_deliveries.replay_delivery("mer_laundry", delivery, now)
    assert webhook_deliveries.try_delivery(delivery, now) == "delivered"
    assert {json.loads(body)["id"] for _, body in partner.arrived} == {event_id}
    with pytest.raises(NotFound):
        webhook_deliveries.replay_delivery("mer_other", delivery, now)


def test_a_delivery_can_be_replayed_for_thirty_days_and_is_cleaned_up_afterwards(
    delivery: str, partner: Partner
) -> None:
    from chalicelib.store import cases

    partner.status = 500
    webhook_deliveries.try_delivery(delivery, NOW)
    last = NOW + timedelta(days=30)
    webhook_deliveries.replay_delivery("mer_laundry", delivery, last - timedelta(seconds=1))
    with pytest.raises(NotFound, match="webhook-delivery-unknown"):
        webhook_deliveries.replay_delivery("mer_laundry", delivery, last)
    assert webhook_deliveries.list_deliveries("mer_laundry", 20, None, last).items == []
    purge_at_s = cases.get_case(delivery, "webhook-delivery").purge_at_epoch_s
    attempts_last = sum(PAUSES, timedelta())
    assert purge_at_s == (NOW + timedelta(days=33)).timestamp() > (last + attempts_last).timestamp()


def test_what_is_due_and_not_in_the_queue_is_found(delivery: str, queue: list) -> None:
    queue.clear()
    assert webhook_deliveries.requeue_due(NOW, lambda: False) == (0, 0, True)
    assert webhook_deliveries.requeue_due(NOW + timedelta(minutes=5), lambda: False) == (1, 0, True)
    assert queue == [(delivery, 0)]


def test_of_two_workers_at_one_delivery_one_sends(delivery: str, partner: Partner) -> None:
    from chalicelib.store import cases

    read = cases.get_case(delivery, "webhook-delivery")
    webhook_deliveries._claimed(read, NOW)
    with pytest.raises(Conflict):
        webhook_deliveries._claimed(read, NOW)
    assert webhook_deliveries.try_delivery(delivery, NOW) == "idle"
    assert partner.arrived == []


def test_after_three_days_of_failures_a_webhook_is_off_and_its_merchant_is_told_once(
    delivery: str, partner: Partner
) -> None:
    partner.status = 500
    for hours in (0, 30, 73, 74):
        webhook_deliveries.replay_delivery("mer_laundry", delivery, NOW + timedelta(hours=hours))
        webhook_deliveries.try_delivery(delivery, NOW + timedelta(hours=hours))
    (found,) = webhooks.list_webhooks("mer_laundry").items
    assert (found["state"], found["off_reason"], found["secret"]) == ("off", "failing", None)
    assert len(partner.arrived) == 3
    (notice,) = webhooks.list_notices("mer_laundry", 20, None).items
    assert "已自动停用" in notice["text"]
    webhooks.switch_webhook("mer_laundry", "hook-0000001", "on", "stf_li", NOW + timedelta(hours=80))
    partner.status = 200
    webhook_deliveries.replay_delivery("mer_laundry", delivery, NOW + timedelta(hours=80))
    assert webhook_deliveries.try_delivery(delivery, NOW + timedelta(hours=80)) == "delivered"


def test_a_success_ends_a_stretch_of_failures(delivery: str, partner: Partner) -> None:
    partner.status = 500
    webhook_deliveries.try_delivery(delivery, NOW)
    assert webhooks.list_webhooks("mer_laundry").items[0]["failing_since"] is not None
    partner.status = 200
    webhook_deliveries.try_delivery(delivery, NOW + timedelta(hours=1))
    assert webhooks.list_webhooks("mer_laundry").items[0]["failing_since"] is None


@pytest.fixture
def real(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage that is no demo."""
    from dataclasses import replace

    live = replace(config(), demo=False)
    monkeypatch.setattr(webhook_sending, "config", lambda: live)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a",
        "https://127.0.0.1/",
        "https://10.0.0.5/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://0.0.0.0/",
        "https://user:pw@example.com/",
        "https:///nohost",
        "https://example.com:99999/",
        "ftp://example.com/",
    ],
)
def test_an_address_inside_or_odd_is_refused_at_the_field(real: None, url: str) -> None:
    asked = {"webhook_id": "hook-0000009", "url": url, "events": EVENTS}
    with pytest.raises(InvalidInput) as refused:
        webhooks.add_webhook("mer_laundry", asked, "stf_li", NOW)
    assert refused.value.facts["errors"][0]["pointer"] == "/url"


def test_a_name_that_later_points_inside_is_refused_at_sending(
    real: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for inside in (["10.1.2.3"], ["93.184.216.34", "127.0.0.1"]):
        monkeypatch.setattr(
            webhook_sending, "_resolved", lambda *_, found=inside: [ip_address(a) for a in found]
        )
        with pytest.raises(webhook_sending.NotReachable, match="address-not-public"):
            webhook_sending.post("https://rebound.example/", b"{}", {})


def test_even_a_demo_reaches_no_link_local_address(tables: None) -> None:
    with pytest.raises(webhook_sending.NotReachable, match="address-not-public"):
        webhook_sending.post("http://169.254.169.254/", b"{}", {})


def test_a_merchant_has_a_bounded_number_of_webhooks_and_ids_are_used_once(
    hook: str, partner: Partner
) -> None:
    asked = {"webhook_id": "hook-0000001", "url": partner.url, "events": EVENTS}
    again = webhooks.add_webhook("mer_laundry", asked, "stf_li", NOW + timedelta(minutes=9))
    assert (again["_hit"], again["secret"]) == (True, hook)
    assert webhooks.add_webhook("mer_laundry", asked, "stf_li", NOW + timedelta(minutes=11))["secret"] is None
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        webhooks.add_webhook("mer_laundry", {**asked, "events": EVENTS[:1]}, "stf_li", NOW)
    for number in range(2, 6):
        webhooks.add_webhook("mer_laundry", {**asked, "webhook_id": f"hook-000000{number}"}, "stf_li", NOW)
    with pytest.raises(Conflict, match="webhooks-too-many"):
        webhooks.add_webhook("mer_laundry", {**asked, "webhook_id": "hook-0000006"}, "stf_li", NOW)


def test_only_wanted_events_and_webhooks_that_are_on_are_told(
    hook: str, partner: Partner, queue: list
) -> None:
    webhooks.switch_webhook("mer_laundry", "hook-0000001", "off", "stf_li", NOW)
    asked = {"webhook_id": "hook-0000002", "url": partner.url, "events": ["charge.created"]}
    webhooks.add_webhook("mer_laundry", asked, "stf_li", NOW)
    catalogue._cache.clear()
    open_for_business()
    redeem("voucher-00001")
    assert told() == 0
