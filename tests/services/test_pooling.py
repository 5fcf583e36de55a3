"""What expired goes to the city's pool by day and vintage, once, whatever is killed, raced, repeated or late."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.entries import SYS_EXPIRED, SYS_POOL, parse_entry
from chalicelib.domain.pooling import pool_entries
from chalicelib.services import pooling
from chalicelib.services.auditing import run_audit
from chalicelib.services.expiring import expire_account, expire_due_lots
from chalicelib.services.findings import list_findings
from chalicelib.services.pooling import POOL, due_params, passed_on_through, read_pool, sweep_id_of
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.sweeps import run_sweep_now
from chalicelib.store import transactions
from chalicelib.store.client import dynamodb
from chalicelib.store.entries import add_entry, journal_of
from chalicelib.store.transactions import Transaction
from tests.killing import run_killed
from tests.services.ledger import NOW, change_profile, record

NEW_YEAR = datetime(2028, 12, 31, 16, 0, tzinfo=UTC)
BOOKED_AT = NEW_YEAR + timedelta(hours=2, minutes=40)
NEXT_NIGHT = NEW_YEAR + timedelta(days=1, hours=1, minutes=30)
pytestmark = pytest.mark.usefixtures("tables")


def never() -> bool:
    return False


def pass_on(now: datetime) -> dict[str, Any]:
    params = due_params(now, None)
    assert params is not None
    return run_sweep_now(POOL, sweep_id_of(params), params, now)


def earn(*residents: str, at: datetime = NOW) -> None:
    for resident in residents:
        record(resident, f"e{at:%Y%m%d}", at=at - timedelta(days=1), now=at)
    settle_open_sheets(at, never)


@pytest.fixture
def two_vintages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three residents whose lots of two years expire at the same new year."""
    change_profile(monkeypatch, expiry_years_after_earning=2)
    earn("res_a", "res_b")
    change_profile(monkeypatch, expiry_years_after_earning=1)
    earn("res_a", "res_c", at=NOW + timedelta(days=365))
    expire_due_lots(BOOKED_AT, never)


def passed() -> list[tuple[str, int, int, int]]:
    """Return day, vintage, points and grams of the city's entries."""
    entries = [parse_entry(body) for body, _ in journal_of(SYS_EXPIRED)]
    assert all((one.kind, one.debit, one.credit) == ("pool", SYS_EXPIRED, SYS_POOL) for one in entries)
    return [(one.facts["day"], one.lots[0].vintage, one.points, one.grams_co2e) for one in entries]


EXPECTED = [("2029-01-01", 2026, 102, 1030), ("2029-01-01", 2027, 103, 1030)]


def test_a_days_expired_lots_are_passed_on_after_its_end_one_entry_a_vintage(two_vintages: None) -> None:
    assert pass_on(BOOKED_AT)["days"] == 0, "the day is not over"
    assert pass_on(NEXT_NIGHT) == {"expirations": 3, "days": 1, "points": 205, "grams_co2e": 2060}
    assert [(day, vintage, grams) for day, vintage, _, grams in passed()] == [
        (day, vintage, grams) for day, vintage, _, grams in EXPECTED
    ]
    report = run_audit()
    assert report.findings == []
    parties = report.totals.grams_by_party
    assert (parties["sys_expired"], parties["sys_pool"]) == (0, 2060)
    assert passed_on_through() == date(2029, 1, 1)
    assert [vintage["grams_co2e"] for vintage in read_pool()["vintages"]] == [1030, 1030]


def test_nothing_is_due_twice_and_a_day_looked_at_again_moves_nothing(two_vintages: None) -> None:
    pass_on(NEXT_NIGHT)
    before = passed()
    assert due_params(NEXT_NIGHT, None) is None
    again = due_params(NEXT_NIGHT + timedelta(days=1), None)
    assert again == {"from_on": "2028-12-30", "to_on": "2029-01-02", "at": None}
    pass_on(NEXT_NIGHT + timedelta(days=1))
    assert passed() == before


def test_what_came_late_is_made_up_for_the_next_night(two_vintages: None) -> None:
    pass_on(NEXT_NIGHT)
    earn("res_late", at=NOW + timedelta(days=365))
    expire_account("res_late", date(2029, 1, 1), BOOKED_AT)
    assert {finding.invariant for finding in run_audit().findings} == {12}, "the audit sees what is missing"
    pass_on(NEXT_NIGHT + timedelta(days=1))
    assert passed()[2:] == [("2029-01-01", 2027, 51, 515)]
    assert run_audit().findings == []


def test_passing_on_killed_at_every_write_and_run_again_ends_the_same(two_vintages: None) -> None:
    params = due_params(NEXT_NIGHT, None)
    assert params is not None
    small = {field: getattr(POOL, field) for field in POOL.__dataclass_fields__} | {"name": "pool"}
    sweep = POOL.__class__(**small)
    for after in (False, True):
        for at in (1, 2, 20, 33, 34, 35):
            run_killed(lambda: run_sweep_now(sweep, sweep_id_of(params), params, NEXT_NIGHT), at, after)
            assert len(passed()) in (0, 2), "a day is passed on as a whole"
    run_sweep_now(sweep, sweep_id_of(params), params, NEXT_NIGHT)
    assert len(passed()) == 2
    assert run_audit().findings == []


def test_of_two_that_pass_on_a_day_at_once_one_does(
    two_vintages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = due_params(NEXT_NIGHT, None)
    assert params is not None
    real, raced = transactions.Transaction.commit, []

    def race(self: Transaction) -> None:
        if not raced:
            raced.append(True)
            run_sweep_now(POOL, "pool-other", params, NEXT_NIGHT)
        real(self)

    monkeypatch.setattr(transactions.Transaction, "commit", race)
    pass_on(NEXT_NIGHT)
    assert raced
    assert len(passed()) == 2
    assert run_audit().findings == []


def test_after_a_long_silence_the_days_are_made_up_for_in_bounded_spans(two_vintages: None) -> None:
    pass_on(NEXT_NIGHT - timedelta(days=200))
    spans = []
    while (params := due_params(NEXT_NIGHT, None)) is not None:
        spans.append((params["from_on"], params["to_on"]))
        run_sweep_now(POOL, sweep_id_of(params), params, NEXT_NIGHT)
    assert len(spans) == 4
    assert spans[-1][1] == "2029-01-01"
    assert len(passed()) == 2


def break_hash() -> None:
    key = {"account_id": {"S": SYS_EXPIRED}, "seq": {"N": "1"}}
    update = {"UpdateExpression": "SET #h = :h", "ExpressionAttributeNames": {"#h": "hash"}}
    dynamodb().update_item(
        TableName="tanhui-test-entries", Key=key, **update, ExpressionAttributeValues={":h": {"S": "0" * 64}}
    )


def drop_last() -> None:
    key = {"account_id": {"S": SYS_EXPIRED}, "seq": {"N": "2"}}
    dynamodb().delete_item(TableName="tanhui-test-entries", Key=key)


def pass_on_too_much() -> None:
    *_, (body, digest) = journal_of(SYS_EXPIRED)
    entry = parse_entry(body)
    tx = Transaction()
    for more in pool_entries("2029-01-01", entry.lots, (entry.seq, digest), NEXT_NIGHT):
        add_entry(tx, *more)
    tx.commit()


@pytest.mark.parametrize("tamper", [break_hash, drop_last, pass_on_too_much])
def test_the_audit_finds_what_is_wrong_with_the_citys_journal(
    two_vintages: None, tamper: Callable[[], None]
) -> None:
    pass_on(NEXT_NIGHT)
    assert run_audit().findings == []
    tamper()
    assert 12 in {finding.invariant for finding in run_audit().findings}


def test_more_passed_on_than_expired_is_found_when_the_day_is_looked_at_again(two_vintages: None) -> None:
    pass_on(NEXT_NIGHT)
    pass_on_too_much()
    pass_on(NEXT_NIGHT + timedelta(days=1))
    (finding,) = list_findings("open", 10, None).items
    assert finding["detail"] == "2029-01-01: more was passed on than expired"
    assert len(passed()) == 3


def test_the_newest_entries_are_enough_to_know_what_of_a_span_was_passed_on(two_vintages: None) -> None:
    pass_on(NEXT_NIGHT)
    last, found = pooling._newest("2029-01-02")
    assert last is not None
    assert (last[0], found) == (2, [])
    assert [entry.seq for entry in pooling._newest("2029-01-01")[1]] == [2, 1]
