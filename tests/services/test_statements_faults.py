"""Killed at every call to the database while a day is closed or a dispute decided: the retry ends as one run would."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest

from chalicelib.services import disputes, webhooks
from chalicelib.services.auditing import run_audit
from chalicelib.services.statement_audits import check_statements
from tests.killing import killed_at_every_call
from tests.services.ledger import NOW
from tests.services.paying import charge
from tests.services.settling_days import NIGHT, ON, closed, open_for_business, redeem

TODAY = NOW + NIGHT
EVENTS = ["statement.closed", "dispute.decided"]


@pytest.fixture
def day(tables: None) -> None:
    """A day of a voucher and then a charge, at a merchant whose system wants to know; not closed."""
    boto3.client("sqs").create_queue(QueueName="tanhui-test-deliveries")
    phone = open_for_business()
    hook = {"webhook_id": "hook-0000001", "url": "http://127.0.0.1:9/", "events": EVENTS}
    webhooks.add_webhook("mer_laundry", hook, "stf_li", NOW)
    redeem("voucher-00001")
    charge(phone, NOW + timedelta(minutes=1), points=10)


def disputed(line_no: int) -> str:
    closed()
    asked = {"store_id": "sto_1", "on": ON, "line_no": line_no, "reason": "顾客说没有消费"}
    return str(disputes.open_dispute("mer_laundry", asked, "stf_li", TODAY)["dispute_id"])


def decided(dispute_id: str, action: str, **more: Any) -> None:
    disputes.decide_dispute(dispute_id, {"action": action, "reason": "经核对", **more}, "op_anna", TODAY)


# name -> (what came before, the flow)
FLOWS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "closing": (lambda: None, lambda _: closed()),
    "opening of a dispute": (closed, lambda _: disputed(1)),
    "rejection": (lambda: disputed(1), lambda one: decided(one, "reject")),
    "taking back of a voucher": (lambda: disputed(1), lambda one: decided(one, "take-back")),
    "taking back of a charge": (lambda: disputed(2), lambda one: decided(one, "take-back")),
    "adjustment": (lambda: disputed(2), lambda one: decided(one, "adjust", fen=-3)),
}


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_killed_at_any_call_and_tried_again_ends_as_if_it_had_not_been_killed(
    day: None, name: str
) -> None:
    before, act = FLOWS[name]
    fact = before()
    assert killed_at_every_call(lambda: act(fact)) >= 3
    closed(NOW + 2 * NIGHT)
    assert check_statements(NOW + 2 * NIGHT, lambda: False, True).findings == []
    assert run_audit().findings == []
