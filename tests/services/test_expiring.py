"""Expiry as a sweep over the index of due accounts: fanned out, bounded, killed anywhere; holds outlive their lots."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.days import local_day, to_text
from chalicelib.errors import Refused
from chalicelib.jobs import expiring as job
from chalicelib.jobs import work
from chalicelib.profiles import current_profile, load_profile
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.entries import list_entries
from chalicelib.services.expiring import EXPIRE, expire_due_lots, params_of, sweep_id_of
from chalicelib.services.releasing import release_due_vouchers
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.sweeps import list_sweeps, run_sweep_now, start_sweep, work_on
from chalicelib.services.tills import redeem_voucher
from chalicelib.services.vouchers import take_voucher, void_voucher, voucher_token
from chalicelib.store import queues, transactions
from chalicelib.store.accounts import find_account, scan_accounts
from chalicelib.store.client import dynamodb
from tests.killing import run_killed
from tests.services.ledger import CASHIER, NOW, add_shop, change_profile, record

NEW_YEAR_2028 = datetime(2027, 12, 31, 16, 0, tzinfo=UTC)
EVE = NEW_YEAR_2028 - timedelta(hours=5)
pytestmark = pytest.mark.usefixtures("tables")


def never() -> bool:
    return False


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was put into the queue."""
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(queues, "send_message", lambda queue, body: messages.append(body))
    return messages


def earn(*residents: str, at: datetime = NOW - timedelta(days=1), now: datetime = NOW) -> None:
    for resident in residents:
        record(resident, f"e{at:%Y%m%d}", at=at, now=now)
    settle_open_sheets(now, never)


def expire_all(now: datetime) -> dict[str, Any]:
    on = local_day(now, current_profile().tz)
    return run_sweep_now(EXPIRE, sweep_id_of(on, None), params_of(on, None), now)


def kinds(resident: str) -> list[str]:
    return [entry["kind"] for entry in list_entries(resident, 30, None).items][::-1]


def test_the_starter_fans_out_the_shards_and_the_last_one_through_adds_up(sent: list[Any]) -> None:
    earn(*(f"res_{number}" for number in range(5)))
    assert job.run(NEW_YEAR_2028, never) == "running"
    assert len(sent) == 16
    states = [work.handle(json.dumps(message), NEW_YEAR_2028, never) for message in list(sent)]
    assert states[-1] == "done"
    (run,) = list_sweeps("expire", 2).items
    assert run["result"] == {"accounts": 5, "points": 255, "grams_co2e": 2575, "failed": 0}
    assert run_audit().findings == []


def test_accounts_with_nothing_due_are_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    earn("res_due")
    earn("res_later", at=NEW_YEAR_2028 - timedelta(days=1), now=NEW_YEAR_2028)
    read: list[str] = []
    real = dynamodb().batch_get_item

    def note(RequestItems: Any) -> Any:
        read.extend(key["account_id"]["S"] for table in RequestItems.values() for key in table["Keys"])
        return real(RequestItems=RequestItems)

    monkeypatch.setattr(dynamodb(), "batch_get_item", note)
    assert expire_all(NEW_YEAR_2028)["accounts"] == 1
    assert "res_later" not in read


def test_a_worker_out_of_time_hands_on_its_cursor(sent: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.store.accounts.shard_of", lambda account_id: "03")
    earn(*(f"res_{number}" for number in range(4)))
    on = date(2028, 1, 1)
    start_sweep(EXPIRE, "expire-2028-01-01", params_of(on, None), NEW_YEAR_2028)
    sent.clear()
    steps = iter([False, True, True, True])
    assert work_on(EXPIRE, "expire-2028-01-01", 3, NEW_YEAR_2028, lambda: next(steps)) == "unfinished"
    assert sent == [{"sweep": "expire-2028-01-01", "part": 3}]
    booked = Counter(kind for number in range(4) for kind in kinds(f"res_{number}"))
    assert booked["expire"] == 2
    assert work_on(EXPIRE, "expire-2028-01-01", 3, NEW_YEAR_2028, never) == "running"
    (run,) = list_sweeps("expire", 2).items
    assert run["progress"] == {"parts": 16, "parts_done": 1, "groups": 4}


def test_all_lots_of_an_account_that_are_due_leave_in_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    for year, counts_years in ((0, 3), (1, 2), (2, 1), (3, 1)):
        at = NOW + timedelta(days=365 * year)
        change_profile(monkeypatch, expiry_years_after_earning=counts_years)
        earn("res_a", at=at - timedelta(days=1), now=at)
    now = datetime(2029, 12, 31, 16, tzinfo=UTC)
    result = expire_all(now)
    assert (result["accounts"], result["grams_co2e"]) == (1, 1545)
    assert kinds("res_a") == ["grant"] * 4 + ["expire"]
    assert read_balance("res_a", now)["points_available"] > 0
    assert run_audit().findings == []


def test_expiry_killed_at_every_write_and_run_again_ends_the_same(
    sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.store.accounts.shard_of", lambda account_id: "00")
    monkeypatch.setattr("chalicelib.services.expiring.SHARDS", 1)
    small = EXPIRE.__class__(**{f: getattr(EXPIRE, f) for f in EXPIRE.__dataclass_fields__} | {"segments": 1})
    for year in range(3):
        at = NOW + timedelta(days=365 * year)
        residents = [f"res_{number}" for number in range(2)]
        earn(*residents, at=at - timedelta(days=1), now=at)
        due, on = at + timedelta(days=500), local_day(at + timedelta(days=500), current_profile().tz)
        kill_at, writes = 1, 0
        while run_killed(
            lambda due=due, on=on: run_sweep_now(small, f"expire-{on}", params_of(on, None), due),
            kill_at,
            after=year % 2 == 0,
        ):
            writes += 1
            kill_at = writes % 4 + 1
        assert run_audit().findings == []
        assert [kinds(resident).count("expire") for resident in residents] == [year + 1] * 2


def test_a_spend_that_comes_between_reading_and_booking_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    change_profile(monkeypatch, expiry_years_after_earning=0)
    earn("res_a", "res_b")
    change_profile(monkeypatch, expiry_years_after_earning=1)
    now = datetime(2026, 12, 31, 18, tzinfo=UTC)
    real, raced = transactions.Transaction.commit, []

    def race(self: Any) -> None:
        if not raced:
            raced.append(True)
            record("res_a", "late", at=now, now=now)
            add_shop(points=7)
            take_voucher("res_a", "red_1", "off_coat", now)
        real(self)

    monkeypatch.setattr(transactions.Transaction, "commit", race)
    assert expire_all(now)["accounts"] == 2
    assert run_audit().findings == []
    assert Counter(kinds("res_a")) == {"grant": 2, "hold": 1, "expire": 1}


def test_an_account_that_cannot_be_booked_is_counted_and_found_again_the_next_night(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    earn("res_a", "res_b")
    real = transactions.Transaction.commit

    def fail(self: Any) -> None:
        if any("res_a" in json.dumps(operation) for operation in self._operations):
            raise ValueError("cannot")
        real(self)

    with monkeypatch.context() as patch:
        patch.setattr(transactions.Transaction, "commit", fail)
        assert expire_all(NEW_YEAR_2028)["failed"] == 1
    assert '"ExpiryFailures":1' in capsys.readouterr().out
    assert expire_all(NEW_YEAR_2028 + timedelta(days=1))["accounts"] == 1


@pytest.mark.parametrize(
    ("city", "last_on"), [("yinchuan", date(2027, 12, 31)), ("nanjing", date(2028, 12, 31))]
)
def test_the_profile_says_how_long_a_year_counts(
    city: str, last_on: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_profile(monkeypatch, expiry_years_after_earning=load_profile(city).expiry_years_after_earning)
    earn("res_a")
    account = find_account("res_a")
    assert account is not None
    assert [lot.expires_on for lot in account.lots] == [last_on]
    assert (last_on - date(2026, 1, 1)).days < 3 * 366, "a reduction lives three years at most"
    midnight = datetime(last_on.year, last_on.month, last_on.day, 16, tzinfo=UTC)
    assert expire_due_lots(midnight - timedelta(seconds=1), never).accounts == 0
    assert expire_due_lots(midnight, never).accounts == 1


def hold_over_new_year() -> None:
    """Earn, and take a voucher for all of it in the last hours of the lot."""
    add_shop(points=51)
    earn("res_a")
    take_voucher("res_a", "red_1", "off_coat", EVE)


def test_held_points_outlive_their_lot_and_can_be_spent_until_the_vouchers_deadline() -> None:
    hold_over_new_year()
    expire_all(NEW_YEAR_2028 + timedelta(hours=3))
    in_january = NEW_YEAR_2028 + timedelta(days=5)
    redeem_voucher(CASHIER, voucher_token("res_a", "red_1", in_january), "sto_1", "scan_1", in_january)
    assert kinds("res_a") == ["grant", "hold", "post"]
    report = run_audit()
    assert report.findings == []
    assert report.totals.points_by_party["sys_expired"] == 0


def test_held_points_given_back_after_their_lots_last_day_get_the_days_of_grace() -> None:
    hold_over_new_year()
    expire_all(NEW_YEAR_2028 + timedelta(hours=3))
    back_at = NEW_YEAR_2028 + timedelta(days=5)
    void_voucher("res_a", "red_1", back_at)
    grace_on = local_day(back_at, current_profile().tz) + timedelta(days=current_profile().grace_days)
    account = find_account("res_a")
    assert account is not None
    assert [(lot.expires_on, lot.vintage, lot.points) for lot in account.lots] == [(grace_on, 2026, 51)]
    last_moment = datetime(grace_on.year, grace_on.month, grace_on.day, 15, 59, tzinfo=UTC)
    assert read_balance("res_a", last_moment)["points_available"] == 51
    assert expire_all(last_moment)["accounts"] == 0
    assert expire_all(last_moment + timedelta(minutes=1))["points"] == 51
    assert kinds("res_a") == ["grant", "hold", "void", "expire"]
    assert run_audit().findings == []


def test_a_hold_that_times_out_gives_days_of_grace_from_the_day_of_its_release() -> None:
    hold_over_new_year()
    deadline = EVE + timedelta(days=current_profile().voucher_days + 1)
    release_due_vouchers(deadline, never)
    assert read_balance("res_a", deadline)["points_available"] == 51
    with pytest.raises(Refused):
        take_voucher(
            "res_a", "red_2", "off_coat", deadline + timedelta(days=current_profile().grace_days + 1)
        )
    assert run_audit().findings == []


def test_by_hand_for_another_instant_entries_carry_that_instant() -> None:
    earn("res_a")
    on, at = date(2028, 1, 1), to_text(NEW_YEAR_2028)
    result = run_sweep_now(EXPIRE, sweep_id_of(on, at), params_of(on, at), NOW)
    assert result["accounts"] == 1
    assert list_entries("res_a", 1, None).items[0]["at"] == at
    assert sum(item["item"]["S"] == "account" for item in scan_accounts()) == 1
