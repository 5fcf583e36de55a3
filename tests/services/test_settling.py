"""Nightly settling and expiry: bounded, resumable, safe to run twice."""

import contextlib
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.services.activities import Backfill, record_day
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.entries import list_entries
from chalicelib.services.expiring import expire_due_lots
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.vouchers import take_voucher
from chalicelib.store import transactions
from tests.services.ledger import NOW, add_shop, observation, record

NEW_YEAR_2028 = datetime(2027, 12, 31, 16, 0, tzinfo=UTC)


def never():
    return False


def test_settling_closes_days_that_are_over_and_leaves_today_open(tables):
    record("res_a", "e1")
    record("res_a", "e2", at=NOW)
    result = settle_open_sheets(NOW, never)
    assert (result.sheets, result.points, result.is_complete) == (1, 51, True)
    assert settle_open_sheets(NOW, never).sheets == 0
    assert read_balance("res_a", NOW)["unsettled"]["points"] == 52
    assert run_audit().findings == []


def test_a_late_activity_opens_its_sheet_again_and_only_the_difference_is_booked(tables):
    record("res_a", "e1")
    settle_open_sheets(NOW, never)
    record("res_a", "e2")
    assert settle_open_sheets(NOW, never).sheets == 1
    grants = [e for e in list_entries("res_a", 10, None).items if e["kind"] == "grant"]
    assert [g["grams_co2e"] for g in grants] == [515, 515]
    assert run_audit().findings == []


def test_what_a_spend_has_settled_is_not_granted_again_by_night(tables):
    add_shop()
    record("res_a", "e1")
    take_voucher("res_a", "red_1", "off_coat", NOW)
    result = settle_open_sheets(NOW, never)
    assert (result.sheets, result.points) == (1, 0)
    record("res_a", "e2")
    assert read_balance("res_a", NOW)["points_available"] == 53
    assert run_audit().findings == []


def test_a_backfilled_day_is_settled_though_it_is_old(tables):
    opened = Backfill("bf_1", date(2026, 3, 1), date(2026, 3, 31))
    at = datetime(2026, 3, 10, 4, tzinfo=UTC)
    record_day("res_a", date(2026, 3, 10), [observation("e1", at)], NOW, opened)
    assert settle_open_sheets(NOW, never).points == 51
    assert settle_open_sheets(NOW, never).sheets == 0
    assert run_audit().findings == []


def test_a_run_that_is_stopped_goes_on_where_it_was(tables):
    for number in range(6):
        record(f"res_{number}", "e1")
    steps = iter([False, False, True])
    first = settle_open_sheets(NOW, lambda: next(steps))
    assert (first.sheets, first.is_complete) == (2, False)
    assert settle_open_sheets(NOW, never).sheets == 4


def test_a_record_that_comes_between_reading_and_writing_is_not_lost(tables, monkeypatch):
    record("res_a", "e1")
    real, raced = transactions.Transaction.commit, []

    def race(self):
        if not raced:
            raced.append(True)
            record("res_a", "e2")
        return real(self)

    monkeypatch.setattr(transactions.Transaction, "commit", race)
    assert settle_open_sheets(NOW, never).points == 103
    assert run_audit().findings == []


def test_lots_expire_when_their_last_day_has_passed_and_are_booked_once(tables):
    record("res_a", "e1")
    settle_open_sheets(NOW, never)
    last_minute = NEW_YEAR_2028 - timedelta(minutes=1)
    assert read_balance("res_a", last_minute)["points_available"] == 51
    assert expire_due_lots(last_minute, never).accounts == 0
    assert read_balance("res_a", NEW_YEAR_2028)["points_available"] == 0
    result = expire_due_lots(NEW_YEAR_2028, never)
    assert (result.accounts, result.points, result.grams_co2e, result.is_complete) == (1, 51, 515, True)
    assert expire_due_lots(NEW_YEAR_2028, never).accounts == 0
    assert run_audit().totals.points_by_party["sys_expired"] == 51


@pytest.mark.parametrize("job", [settle_open_sheets, expire_due_lots])
def test_a_job_killed_at_any_write_and_run_again_ends_the_same(tables, monkeypatch, job):
    for number in range(3):
        record(f"res_{number}", "e1")
    now = NOW
    if job is expire_due_lots:
        settle_open_sheets(NOW, never)
        now = NEW_YEAR_2028
    real = transactions.Transaction.commit
    for after_write in (False, True):
        for kill_at in range(1, 3):
            writes = []

            def killed(self, writes=writes, kill_at=kill_at, after_write=after_write):
                writes.append(1)
                if len(writes) == kill_at and not after_write:
                    raise KeyboardInterrupt
                real(self)
                if len(writes) == kill_at:
                    raise KeyboardInterrupt

            monkeypatch.setattr(transactions.Transaction, "commit", killed)
            with contextlib.suppress(KeyboardInterrupt):
                job(now, never)
            monkeypatch.setattr(transactions.Transaction, "commit", real)
            assert run_audit().findings == []
    assert job(now, never).is_complete
    kinds = [e["kind"] for number in range(3) for e in list_entries(f"res_{number}", 10, None).items]
    assert sorted(kinds) == (["expire"] * 3 + ["grant"] * 3 if job is expire_due_lots else ["grant"] * 3)


def test_one_account_that_fails_does_not_hold_up_the_others(tables):
    from chalicelib.store.client import dynamodb
    from chalicelib.store.sheets import sheet_key

    for number in range(6):
        record(f"res_{number}", "e1")
    table, key = sheet_key("res_3", (NOW - timedelta(days=1)).date())
    changed = {":much": {"N": "999999"}}
    dynamodb().update_item(
        TableName=table, Key=key, UpdateExpression="SET sg = :much", ExpressionAttributeValues=changed
    )
    result = settle_open_sheets(NOW, never)
    assert (result.sheets, result.failed, result.is_complete) == (5, 1, True)
