"""What two sources tell, stored and judged: over midnight, of every kind a city names, delivered by two partners."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.days import day_start
from chalicelib.domain.sheets import Sheet, activity_id, standing_of, worth_of
from chalicelib.keys import asset_digest
from chalicelib.profiles import current_profile
from chalicelib.services import double_counting, rechecking
from chalicelib.services.activities import record_day
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.corrections import reverse_activity
from chalicelib.services.explaining import explain_activity
from chalicelib.services.rechecking import recheck_open_sheets
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.vouchers import take_voucher
from chalicelib.store.entries import list_entries
from chalicelib.store.sheets import find_sheet
from tests.services import delivering
from tests.services.delivering import bind, file_of, import_file, tap
from tests.services.ledger import NOW, add_shop, observation

ME = "res_a"
DAY_BEFORE, YESTERDAY, TODAY = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21)
BIKE: dict[str, Any] = {"methodology_id": "shared-bicycle", "inputs": {"distance_m": 5000}}
CHARGING: dict[str, Any] = {"methodology_id": "yc-ev-charging", "inputs": {"charged_wh": 20_000}}


@pytest.fixture(autouse=True)
def _sound(tables: None) -> Any:
    """Whatever a test does, the stored ledger is sound afterwards."""
    yield
    assert run_audit().findings == []


def never() -> bool:
    return False


def tell(
    event_id: str, on: date, second: int, source: str = "szt", now: datetime = NOW, **changes: Any
) -> str:
    """Record one activity by itself; return its key."""
    at = day_start(on, current_profile().tz) + timedelta(seconds=second)
    (recorded,) = record_day(ME, on, [observation(event_id, at, source=source, **changes)], now)
    return recorded.activity_id.partition("-")[2]


def sheet_of(on: date) -> Sheet:
    sheet = find_sheet(ME, on)
    assert sheet is not None
    return sheet


def standing(on: date, key: str) -> str:
    return standing_of(sheet_of(on), key).outcome


def paid() -> int:
    """Return how many activities of these days are paid."""
    sheets = [sheet for on in (DAY_BEFORE, YESTERDAY) if (sheet := find_sheet(ME, on))]
    return sum(worth_of(sheet, key).grams_co2e > 0 for sheet in sheets for key in sheet.activities)


def test_a_trip_split_over_midnight_by_two_sources_is_paid_once_after_the_night() -> None:
    first = tell("a", DAY_BEFORE, 86_340)
    second = tell("b", YESTERDAY, 60, source="hlj")
    assert paid() == 2
    assert recheck_open_sheets(NOW, never).reversed == 1
    assert (standing(DAY_BEFORE, first), standing(YESTERDAY, second)) == ("accepted", "reversed")
    assert read_balance(ME, NOW)["grams_co2e"] == 515
    assert recheck_open_sheets(NOW + timedelta(days=1), never).reversed == 0


def test_what_is_told_after_midnight_is_compared_with_the_day_that_is_closed_already() -> None:
    weaker = {**BIKE, "evidence": "platform-observed"}
    first = tell("a", DAY_BEFORE, 86_340, source="app", **weaker)
    for night in (recheck_open_sheets, settle_open_sheets):
        night(NOW - timedelta(days=1), never)
    assert not sheet_of(DAY_BEFORE).is_open
    second = tell("b", YESTERDAY, 60, **BIKE)
    recheck_open_sheets(NOW, never)
    assert (standing(DAY_BEFORE, first), standing(YESTERDAY, second)) == ("reversed", "accepted")
    settle_open_sheets(NOW, never)
    assert read_balance(ME, NOW)["grams_co2e"] == 200


def test_what_was_told_of_the_day_that_still_runs_is_left_to_its_own_night() -> None:
    tell("a", YESTERDAY, 86_340)
    late = tell("b", TODAY, 60, source="hlj")
    recheck_open_sheets(NOW, never)
    assert standing(TODAY, late) == "accepted"
    settle_open_sheets(NOW, never)
    assert not sheet_of(YESTERDAY).is_open
    recheck_open_sheets(NOW + timedelta(days=1), never)
    assert standing(TODAY, late) == "reversed"


def test_the_stronger_evidence_that_came_later_counts_from_the_night_on_and_the_resident_reads_it() -> None:
    first = tell("a", YESTERDAY, 30_000, source="app", **BIKE, evidence="platform-observed")
    second = tell("b", YESTERDAY, 30_060, **BIKE)
    assert (standing(YESTERDAY, first), standing(YESTERDAY, second)) == ("accepted", "same-event")
    result = recheck_open_sheets(NOW, never)
    assert (result.reversed, result.credited, result.failed) == (1, 1, 0)
    assert (standing(YESTERDAY, first), standing(YESTERDAY, second)) == ("reversed", "accepted")
    assert read_balance(ME, NOW)["grams_co2e"] == 200
    told = "".join(explain_activity(ME, activity_id(YESTERDAY, second))["steps"])
    assert "改为计入这一次：200 克、20 积分" in told
    assert "同一次行为只计一次" in "".join(explain_activity(ME, activity_id(YESTERDAY, first))["steps"])


def test_points_of_the_loser_that_are_spent_already_are_borne_and_repaid_by_what_counts_instead() -> None:
    add_shop(points=16)
    tell("a", YESTERDAY, 30_000, source="app", **BIKE, evidence="platform-observed")
    take_voucher(ME, "red_1", "off_coat", NOW)
    tell("b", YESTERDAY, 30_060, **BIKE)
    recheck_open_sheets(NOW, never)
    assert read_balance(ME, NOW)["points_available"] == 4
    kinds = [body for body, _ in list_entries(ME, None, 20)]
    assert sum('"kind":"repay"' in body for body in kinds) == 1


def test_what_lost_counts_once_its_winner_is_reversed_however_long_ago_its_day_was_closed() -> None:
    winner = tell("a", YESTERDAY, 30_000)
    loser = tell("b", YESTERDAY, 30_060, source="hlj")
    for night in (recheck_open_sheets, settle_open_sheets):
        night(NOW, never)
    later = NOW + timedelta(days=20)
    reverse_activity(ME, YESTERDAY, winner, "job_1", later)
    assert recheck_open_sheets(later, never).credited == 1
    assert standing(YESTERDAY, loser) == "accepted"
    settle_open_sheets(later, never)
    assert read_balance(ME, later)["grams_co2e"] == 515
    assert recheck_open_sheets(later, never).credited == 0


def test_over_midnight_too_what_lost_counts_once_its_winner_is_reversed() -> None:
    winner = tell("a", DAY_BEFORE, 86_340)
    loser = tell("b", YESTERDAY, 60, source="hlj")
    for night in (recheck_open_sheets, settle_open_sheets):
        night(NOW, never)
    later = NOW + timedelta(days=3)
    reverse_activity(ME, DAY_BEFORE, winner, "job_1", later)
    assert recheck_open_sheets(later, never).credited == 1
    assert standing(YESTERDAY, loser) == "accepted"


def test_a_night_killed_between_reversing_and_crediting_is_made_up_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tell("a", YESTERDAY, 30_000, source="app", **BIKE, evidence="platform-observed")
    second = tell("b", YESTERDAY, 30_060, **BIKE)

    class Killed(BaseException):
        pass

    def killed(*_: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("chalicelib.services.rechecking._now_counts", killed)
        with pytest.raises(Killed):
            recheck_open_sheets(NOW, never)
    assert paid() == 0
    settle_open_sheets(NOW, never)
    assert sheet_of(YESTERDAY).is_open
    assert recheck_open_sheets(NOW, never).credited == 1
    assert standing(YESTERDAY, second) == "accepted"


def test_a_winner_of_another_day_reversed_before_the_very_commit_leaves_the_loser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both corrections write the account: the later one is lost, and decided again."""
    winner = tell("a", DAY_BEFORE, 86_340)
    loser = tell("b", YESTERDAY, 60, source="hlj")
    decide = rechecking._still_loses

    def overtaken(*arguments: Any) -> Any:
        decided = decide(*arguments)
        if paid() == 2:
            reverse_activity(ME, DAY_BEFORE, winner, "job_1", NOW)
        return decided

    monkeypatch.setattr(rechecking, "_still_loses", overtaken)
    assert recheck_open_sheets(NOW, never).reversed == 0
    assert (standing(DAY_BEFORE, winner), standing(YESTERDAY, loser)) == ("reversed", "accepted")


@pytest.mark.parametrize(
    ("kind", "apart_s", "more", "others"),
    [
        ("online-bill", 600, {}, {}),
        ("e-statement", 600, {}, {}),
        ("yc-electricity-saved", 30_000, {"inputs": {"electricity_wh": 5_000}}, {}),
        ("clothes-return", 30_000, {"inputs": {"clothes_g": 2000}}, {}),
        ("clothes-return", 1200, {"inputs": {"clothes_g": 2000}}, {"inputs": {"clothes_g": 2100}}),
        ("yc-ev-charging", 3600, {**CHARGING, "asset": asset_digest("c1")}, {}),
        ("yc-ev-charging", 3600, {**CHARGING, "duration_s": 4000}, {}),
    ],
)
@pytest.mark.parametrize("is_together", [True, False])
def test_other_kinds_told_by_two_sources_are_known_when_they_are_recorded(
    kind: str, apart_s: int, more: dict[str, Any], others: dict[str, Any], is_together: bool
) -> None:
    fields = {"inputs": {}, **more, "methodology_id": kind}
    if is_together:
        start = day_start(YESTERDAY, current_profile().tz) + timedelta(hours=9)
        both = [
            observation("a", start, **fields),
            observation("b", start + timedelta(seconds=apart_s), **{**fields, **others}, source="hlj"),
        ]
        outcomes = [one.outcome for one in record_day(ME, YESTERDAY, both, NOW)]
    else:
        keys = [
            tell("a", YESTERDAY, 32_400, **fields),
            tell("b", YESTERDAY, 32_400 + apart_s, **{**fields, **others}, source="hlj"),
        ]
        outcomes = [standing(YESTERDAY, key) for key in keys]
    assert outcomes == ["accepted", "same-event"]
    assert recheck_open_sheets(NOW, never).reversed == 0


def test_other_kinds_over_midnight_are_found_by_the_night() -> None:
    clothes = {"methodology_id": "clothes-return", "inputs": {"clothes_g": 2000}}
    tell("a", DAY_BEFORE, 70_000, **clothes)
    tell("b", YESTERDAY, 40_000, source="hlj", **clothes)
    assert recheck_open_sheets(NOW, never).reversed == 1
    assert paid() == 1


def test_two_bills_of_one_source_and_two_of_different_hours_all_count() -> None:
    bill = {"methodology_id": "online-bill"}
    told = [("a", 30_000, "szt"), ("b", 30_100, "szt"), ("c", 40_000, "hlj")]
    keys = [tell(name, YESTERDAY, second, source=source, **bill) for name, second, source in told]
    recheck_open_sheets(NOW, never)
    assert [standing(YESTERDAY, key) for key in keys] == ["accepted"] * 3


def test_a_day_without_anything_near_midnight_costs_no_further_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    monkeypatch.setattr(double_counting, "read_sheets", lambda places: read.append(len(places)) or [])
    tell("a", YESTERDAY, 30_000)
    assert recheck_open_sheets(NOW, never).sheets == 1
    assert read == []
    tell("b", YESTERDAY, 86_350)
    recheck_open_sheets(NOW, never)
    assert read == [5]


@pytest.mark.parametrize("shift_s", [0, 40])
def test_the_same_days_file_delivered_by_two_partners_pays_once(shift_s: int) -> None:
    delivering.add_bucket()
    for partner_id in ("szt", "other"):
        delivering.register(partner_id)
        delivering.accredit(partner_id, "szt-bus-ride", "szt-metro-trip")
    bind("AAAA1111", account_id=ME)
    times = ["2026-11-19 23:59:50", "2026-11-20 07:00:00", "2026-11-20 07:01:30", "2026-11-20 12:00:00"]
    shifted = [str(datetime.fromisoformat(at) + timedelta(seconds=shift_s)) for at in times]
    for number, (partner_id, taps) in enumerate((("szt", times), ("other", shifted))):
        lines = [tap("AAAA1111", at) for at in taps]
        done = import_file(file_of(lines), f"key-0000000{number}", partner_id=partner_id)
        assert done["state"] == "done"
    recheck_open_sheets(NOW, never)
    settle_open_sheets(NOW, never)
    assert paid() == 4
    assert read_balance(ME, NOW)["grams_co2e"] == 4 * 80
