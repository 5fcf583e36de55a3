"""Every scheduled job killed at every write, and run again, leaves the same as one that was never killed."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.calendar import LEASE
from chalicelib.domain.schedules import SCHEDULES
from chalicelib.jobs import calendar, work
from chalicelib.services import reminders
from chalicelib.services.auditing import run_audit
from chalicelib.services.expiring import expire_account
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.tills import redeem_voucher
from chalicelib.services.vouchers import take_voucher, voucher_token
from chalicelib.store import queues
from chalicelib.store.client import dynamodb
from chalicelib.store.tables import MODELS
from tests.conftest import Clock
from tests.killing import killed_at_every_write
from tests.services.delivering import add_bucket
from tests.services.ledger import CASHIER, NOW, add_shop, change_profile, record
from tests.services.years import Waiting, in_one_piece

YEAR_END = datetime(2026, 12, 31, 4, 0, tzinfo=UTC)
IN_JANUARY = datetime(2027, 1, 18, 4, 0, tzinfo=UTC)
Stored = dict[str, list[dict[str, Any]]]


def never() -> bool:
    return False


def stored() -> Stored:
    """Return every item of every table."""
    return {m.Meta.table_name: dynamodb().scan(TableName=m.Meta.table_name)["Items"] for m in MODELS}


def restore(kept: Stored) -> None:
    """Bring every table back to what it was."""
    for model in MODELS:
        name = model.Meta.table_name
        keys = [key["AttributeName"] for key in model._get_schema()["key_schema"]]
        for item in dynamodb().scan(TableName=name)["Items"]:
            dynamodb().delete_item(TableName=name, Key={key: item[key] for key in keys})
        for item in kept[name]:
            dynamodb().put_item(TableName=name, Item=item)


def outcome() -> dict[str, Any]:
    """Return what a job must leave the same, whenever it ran: balances, movements, states, published things."""
    items = stored()
    entries = [json.loads(item["body"]["S"]) for item in items["tanhui-test-entries"]]
    accounts = [item for item in items["tanhui-test-accounts"] if item["item"]["S"] == "account"]
    return {
        "entries": sorted(json.dumps([e["account_id"], e["kind"], e["lots"], e["credit"]]) for e in entries),
        "accounts": sorted(item["state"]["S"] for item in accounts),
        "open": sorted(str(i["account_id"]) for i in items["tanhui-test-accounts"] if "open" in i),
        "redemptions": sorted(item["state"]["S"] for item in items["tanhui-test-redemptions"]),
        "messages": len(items["tanhui-test-messages"]),
        "catalogue": sorted((i["kind"]["S"], i["id"]["S"]) for i in items["tanhui-test-catalogue"]),
    }


@pytest.fixture
def city(tables: None, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Waiting:
    """January: a lot that expired, one that is due, vouchers due and redeemed, sheets open, things to pass on."""
    add_bucket()
    waiting = Waiting()
    monkeypatch.setattr(queues, "_sqs", lambda: waiting)
    monkeypatch.setattr(queues, "_queue_url", lambda name: f"x-{name}")
    in_one_piece(monkeypatch.setattr)
    monkeypatch.setattr(reminders, "_UNITS", tuple((stage, 0) for stage in reminders.STAGES))
    add_shop(points=5)
    change_profile(monkeypatch, expiry_years_after_earning=0)
    for who in ("res_a", "res_b"):
        record(who, "old", at=NOW, now=NOW)
    settle_open_sheets(NOW + timedelta(days=1), never)
    for number in range(2):
        take_voucher("res_a", f"red_{number}", "off_coat", YEAR_END)
    expire_account("res_b", date(2027, 1, 17), datetime(2027, 1, 16, 19, tzinfo=UTC))
    change_profile(monkeypatch, expiry_years_after_earning=1)
    token = voucher_token("res_a", "red_0", YEAR_END)
    redeem_voucher(CASHIER, token, "sto_1", "scan_0", YEAR_END + timedelta(hours=1))
    for who in ("res_b", "res_c"):
        record(who, "new", at=IN_JANUARY - timedelta(days=1), now=IN_JANUARY)
    return waiting


@pytest.mark.parametrize("job", [job for job in SCHEDULES if job not in ("catch_up", "close")])
def test_a_job_killed_at_every_write_and_run_again_ends_as_if_it_had_not_been(
    job: str, city: Waiting, clock: Clock
) -> None:
    kept = stored()
    attempts = iter(range(1_000_000))

    def begin() -> None:
        restore(kept)
        city.jobs.clear()

    def run() -> None:
        # Whoever was killed holds its lease until it ends; what was in the queue is delivered again.
        clock.now = IN_JANUARY + next(attempts) * LEASE / 1000 + (LEASE if is_begun() else timedelta(0))
        calendar.in_turn(job, work._JOBS[job], {}, clock.now, never)
        while city.jobs:
            work.handle(city.jobs[0], clock.now, never)
            city.jobs.pop(0)

    def is_begun() -> bool:
        return any(item["kind"]["S"] == "calendar" for item in stored()["tanhui-test-runs"])

    begin()
    run()
    expected = outcome()

    def check() -> None:
        assert outcome() == expected

    assert killed_at_every_write(begin, run, check) >= 2
    assert [f for f in run_audit().findings if f.invariant != 12] == []
