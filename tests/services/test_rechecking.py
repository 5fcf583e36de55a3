"""The nightly search for double counting: the loser is reversed before the day closes, once, whatever is cut."""

from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.domain.sheets import Sheet, activity_id, standing_of
from chalicelib.keys import asset_digest
from chalicelib.services import projects, rechecking
from chalicelib.services.activities import record_day
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.corrections import restore_activity, reverse_activity
from chalicelib.services.double_counting import judge_around
from chalicelib.services.explaining import explain_activity
from chalicelib.services.rechecking import recheck_open_sheets
from chalicelib.services.settling import settle_open_sheets
from chalicelib.store import runs
from chalicelib.store.sheets import find_sheet
from tests.services.ledger import NOW, change_profile, observation, record, use_methodology

ME = "res_a"
NOON = NOW - timedelta(days=1)
YESTERDAY = NOON.date()
CHARGER = asset_digest("640104-0012")
CHARGING = {"methodology_id": "yc-ev-charging", "inputs": {"charged_wh": 20_000}, "source": "zhuang"}
PROJECT = {
    "id": "ccer-1",
    "name": "充电站减排",
    "registry": "全国温室气体自愿减排",
    "from_on": "2026-01-01",
    "to_on": "2026-12-31",
}


@pytest.fixture(autouse=True)
def _sound(tables: None) -> Any:
    """Whatever a test does, the stored ledger is sound afterwards."""
    yield
    assert run_audit().findings == []


def never() -> bool:
    return False


def sheet_of(account_id: str = ME, on: date = YESTERDAY) -> Sheet:
    sheet = find_sheet(account_id, on)
    assert sheet is not None
    return sheet


def outcomes(account_id: str = ME) -> list[str]:
    """Return how the activities of yesterday stand, by source."""
    sheet = sheet_of(account_id)
    by_source = sorted(sheet.activities.values(), key=lambda activity: (activity.source, activity.event_key))
    return [standing_of(sheet, activity.event_key).outcome for activity in by_source]


def claim(number: str = "640104-0012") -> None:
    projects.register_project(PROJECT, "stf_a", NOW)
    projects.claim_assets("ccer-1", 1, [{"kind": "charger", "number": number}], NOW)


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets two trips at once be recorded, as if the rule had come later; the night knows it."""
    from chalicelib.domain.clashes import OneAtATime
    from chalicelib.profiles import current_profile

    def record_both(account_id: str = ME) -> None:
        with monkeypatch.context() as patched:
            change_profile(patched, one_at_a_time=OneAtATime(), told_once={})
            assert current_profile().one_at_a_time.codes == frozenset()
            trips = [
                observation(f"a-{account_id}", NOON),
                observation(f"b-{account_id}", NOON + timedelta(seconds=30), source="other"),
            ]
            record_day(account_id, YESTERDAY, trips, NOW)

    return record_both


def test_the_same_trip_of_two_sources_is_paid_once_after_the_night(unseen: Any) -> None:
    unseen()
    assert read_balance(ME, NOW)["grams_co2e"] == 1030
    result = recheck_open_sheets(NOW, never)
    assert (result.sheets, result.reversed, result.failed, result.is_complete) == (1, 1, 0, True)
    assert sorted(outcomes()) == ["accepted", "reversed"]
    assert read_balance(ME, NOW)["grams_co2e"] == 515
    (made,) = [made for made in sheet_of().corrections.values() if made]
    assert made[0].cause == "recheck-20261121-same-event"


def test_the_night_run_twice_changes_nothing_more(unseen: Any) -> None:
    unseen()
    recheck_open_sheets(NOW, never)
    before = sheet_of()
    assert recheck_open_sheets(NOW, never).reversed == 0
    assert recheck_open_sheets(NOW + timedelta(days=1), never).reversed == 0
    assert sheet_of() == before


def test_what_was_given_back_after_an_appeal_is_not_taken_again(unseen: Any) -> None:
    unseen()
    recheck_open_sheets(NOW, never)
    (key,) = sheet_of().corrections
    restore_activity(ME, YESTERDAY, key, "apl_1", NOW)
    assert recheck_open_sheets(NOW + timedelta(hours=20), never).reversed == 0
    assert read_balance(ME, NOW)["grams_co2e"] == 1030


def test_a_day_that_is_still_running_is_left_alone(unseen: Any) -> None:
    record(ME, "today", at=NOW)
    assert recheck_open_sheets(NOW, never).sheets == 0


def test_a_charge_that_a_project_claims_meanwhile_is_reversed() -> None:
    record(ME, "c1", at=NOON, asset=CHARGER, **CHARGING)
    record("res_b", "c2", at=NOON, asset=asset_digest("640104-9999"), **CHARGING)
    claim()
    assert recheck_open_sheets(NOW, never).reversed == 1
    assert (outcomes(), outcomes("res_b")) == (["reversed"], ["accepted"])
    assert [made[0].cause for made in sheet_of().corrections.values()] == [
        "recheck-20261121-claimed-by-project"
    ]


def test_a_charge_outside_the_period_of_the_project_stays() -> None:
    record(ME, "c1", at=NOON, asset=CHARGER, **CHARGING)
    projects.register_project({**PROJECT, "to_on": "2026-11-19"}, "stf_a", NOW)
    projects.claim_assets("ccer-1", 1, [{"kind": "charger", "number": "640104-0012"}], NOW)
    assert recheck_open_sheets(NOW, never).reversed == 0


def test_what_still_waits_for_a_verifier_is_rejected_when_it_is_claimed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_methodology(monkeypatch, "yc-ev-charging", verification={"required": True})
    record(ME, "c1", at=NOON, asset=CHARGER, **CHARGING)
    claim()
    assert recheck_open_sheets(NOW, never).reversed == 1
    assert outcomes() == ["rejected"]


def test_a_sheet_that_fails_does_not_stop_the_others(unseen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for account_id in ("res_a", "res_b", "res_c"):
        unseen(account_id)
    correct = rechecking.correct_activity

    def failing(account_id: str, *more: Any) -> Any:
        if account_id == "res_b":
            raise ValueError("cannot be worked on")
        return correct(account_id, *more)

    with monkeypatch.context() as patched:
        patched.setattr(rechecking, "correct_activity", failing)
        result = recheck_open_sheets(NOW, never)
    assert (result.reversed, result.failed) == (2, 1)
    assert recheck_open_sheets(NOW, never).reversed == 1


def test_a_loser_whose_winner_was_reversed_meanwhile_stays(
    unseen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision is made on the sheet as it is when it is written."""
    unseen()
    sheet = sheet_of()
    ((_, loser, _),) = judge_around(sheet, NOW.date()).reversals
    (winner,) = set(sheet.activities) - {loser}
    reverse_activity(ME, YESTERDAY, winner, "job_1", NOW)
    result = rechecking.Rechecked()
    rechecking.recheck_sheets([sheet], NOW, result)
    assert (result.reversed, result.failed) == (0, 0)
    assert standing_of(sheet_of(), loser).outcome == "accepted"


def test_out_of_time_the_next_run_goes_on_where_this_one_stopped(
    unseen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        unseen(f"res_{number}")
    steps = iter([False] * 6 + [True])
    first = recheck_open_sheets(NOW, lambda: next(steps))
    assert not first.is_complete
    second = recheck_open_sheets(NOW, never)
    assert second.is_complete
    assert first.sheets + second.sheets == 5
    assert first.reversed + second.reversed == 5


class Killed(BaseException):
    """The process is gone; nothing may catch it."""


@pytest.mark.parametrize("call_no", [1, 2, 3, 4, 5, 6])
def test_killed_anywhere_the_night_is_made_up_for(
    unseen: Any, monkeypatch: pytest.MonkeyPatch, call_no: int
) -> None:
    for number in range(3):
        unseen(f"res_{number}")
    calls = 0

    def lethal(inner: Any) -> Any:
        def call(*arguments: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == call_no and call_no % 2:
                raise Killed
            result = inner(*arguments)
            if calls >= call_no:
                raise Killed
            return result

        return call

    with monkeypatch.context() as patched:
        patched.setattr(runs, "replace_run", lethal(runs.replace_run))
        patched.setattr(rechecking, "correct_activity", lethal(rechecking.correct_activity))
        with pytest.raises(Killed):
            recheck_open_sheets(NOW, never)
    recheck_open_sheets(NOW, never)
    assert [sorted(outcomes(f"res_{number}")) for number in range(3)] == [["accepted", "reversed"]] * 3


def test_of_two_nights_at_once_one_goes_on_where_the_other_is(
    unseen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        unseen(f"res_{number}")
    read, calls = rechecking.read_page, []

    def overtaken(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            assert recheck_open_sheets(NOW, never).is_complete
        return read(*arguments)

    monkeypatch.setattr(rechecking, "read_page", overtaken)
    assert recheck_open_sheets(NOW, never).is_complete
    assert len(calls) < 3 + 2 * 16
    assert [sorted(outcomes(f"res_{number}")) for number in range(3)] == [["accepted", "reversed"]] * 3


def test_a_sheet_with_a_clash_is_not_closed_before_the_night_has_seen_it(unseen: Any) -> None:
    """A file that arrives between the search and the settling of that night."""
    unseen()
    settle_open_sheets(NOW, never)
    assert sheet_of().is_open
    recheck_open_sheets(NOW + timedelta(days=1), never)
    settle_open_sheets(NOW + timedelta(days=1), never)
    assert not sheet_of().is_open
    assert read_balance(ME, NOW)["grams_co2e"] == 515


def test_the_resident_reads_why_it_was_taken_back_and_that_they_may_object(unseen: Any) -> None:
    unseen()
    recheck_open_sheets(NOW, never)
    (key,) = sheet_of().corrections
    explained = explain_activity(ME, activity_id(YESTERDAY, key))
    told = "".join(explained["steps"])
    assert "同一次行为只计一次" in told
    assert "可以申诉" in told
