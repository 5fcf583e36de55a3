"""Killed at every call while a merchant leaves or its system is told: after the retry all is as if nothing had been."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest

from chalicelib.services import merchant_applications as applications
from chalicelib.services import merchants, webhook_deliveries, webhook_sending, webhooks
from chalicelib.services.auditing import run_audit
from chalicelib.services.merchant_releasing import SETTLED_AFTER, release_of_merchants
from chalicelib.services.vouchers import take_voucher
from chalicelib.streams.webhooks import handle
from tests.killing import Stored, killed_at_every_call
from tests.services.ledger import NOW
from tests.services.settling_days import open_for_business, redeem
from tests.services.trading import ANNA, APPLICATION, BERT
from tests.services.trading import TERMS as JOINING
from tests.streams.events import journal_items

TERMS = {"reason": "资质过期", "notice": "未用的券已退回。", "open_vouchers": "release"}
APPLIED = str(APPLICATION["application_id"])
HOOK = {"webhook_id": "hook-0000001", "url": "http://127.0.0.1:9/", "events": ["voucher.posted"]}


class Record:
    """What the stream hands over for a new entry."""

    event_name, keys = "INSERT", None

    def __init__(self, item: object) -> None:
        self.new_image = item


@pytest.fixture
def city(tables: None) -> None:
    """A laundry with one voucher spent and two open."""
    boto3.client("sqs").create_queue(QueueName="tanhui-test-deliveries")
    open_for_business()
    redeem("voucher-00001")
    for number in (2, 3):
        take_voucher("res_a", f"voucher-0000{number}", "off_coat", NOW)


def applied() -> None:
    applications.submit_application(APPLIED, APPLICATION, NOW, "203.0.113.7")


def hooked() -> None:
    webhooks.add_webhook("mer_laundry", HOOK, "stf_li", NOW)


def told(_: Any = None) -> None:
    handle([Record(item) for item in journal_items()], NOW)


# name -> (what came before, the flow)
FLOWS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "suspension": (lambda: None, lambda: merchants.suspend_merchant("mer_laundry", TERMS, "op", NOW)),
    "leaving": (lambda: None, lambda: merchants.give_notice("mer_laundry", TERMS, "stf", NOW)),
    "registration of a webhook": (lambda: None, hooked),
    "switching off of a webhook": (
        hooked,
        lambda: webhooks.switch_webhook("mer_laundry", "hook-0000001", "off", "stf_li", NOW),
    ),
    "telling": (hooked, told),
    "application": (lambda: None, applied),
    "approval of an application": (
        lambda: (applied(), applications.review_application(APPLIED, JOINING, ANNA, NOW)),
        lambda: applications.approve_application(APPLIED, BERT, NOW),
    ),
}


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_killed_at_any_call_and_tried_again_ends_as_if_it_had_not_been_killed(
    city: None, name: str
) -> None:
    before, act = FLOWS[name]
    before()
    assert killed_at_every_call(act) >= 2


def changed(stored: Stored, table: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Stored:
    """Return what is stored with the bodies of one table's items changed, and their versions left out."""

    def item_of(item: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(change(json.loads(item["body"]["S"])), sort_keys=True)
        return {name: value for name, value in item.items() if name != "version"} | {"body": body}

    return stored | {table: {where: item_of(item) for where, item in stored[table].items()}}


def without_progress(stored: Stored) -> Stored:
    """Leave out how a run of releasing came along: where it last found something, and how many it knows of."""
    return changed(stored, "tanhui-test-runs", lambda body: {"merchant_id": body["merchant_id"]})


def test_the_release_of_a_merchants_vouchers_killed_at_any_call_goes_on_to_the_same_end(city: None) -> None:
    merchants.suspend_merchant("mer_laundry", TERMS, "op", NOW)
    later = NOW + SETTLED_AFTER

    def release() -> None:
        release_of_merchants(later, lambda: False)

    assert killed_at_every_call(release, told=without_progress) > 32, "it asks every shard"
    assert run_audit().findings == []


def without_attempts(stored: Stored) -> Stored:
    """Leave out how often and when a delivery was tried."""
    attempts = {"attempts": 0, "attempts_total": 0, "attempted_at": None}
    return changed(stored, "tanhui-test-cases", lambda body: body | attempts)


def test_a_delivery_killed_at_any_call_arrives_once_more_and_ends_delivered(
    city: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived: list[bytes] = []
    monkeypatch.setattr(webhook_sending, "post", lambda url, body, headers: arrived.append(body) or 200)
    hooked()
    told()
    (waiting,) = webhook_deliveries.list_deliveries("mer_laundry", 20, None, NOW).items

    def attempt() -> None:
        webhook_deliveries.try_delivery(waiting["delivery_id"], NOW)

    def when_due() -> None:
        webhook_deliveries.try_delivery(waiting["delivery_id"], NOW + timedelta(minutes=1))

    kills = killed_at_every_call(attempt, when_due, without_attempts)
    assert kills >= 5
    assert 1 + kills <= len(arrived) <= 1 + 2 * kills
    assert len({json.loads(body)["id"] for body in arrived}) == 1, "the same event, by its id"
    (found,) = webhook_deliveries.list_deliveries("mer_laundry", 20, None, NOW).items
    assert found["state"] == "delivered"
