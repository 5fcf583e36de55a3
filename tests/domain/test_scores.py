"""Scores: what counts for which period, late, corrected, counted again; how much room they take."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.accounts import Account, Booking
from chalicelib.domain.activities import Activity
from chalicelib.domain.lots import Lot
from chalicelib.domain.scores import (
    NO_SCORES,
    Score,
    Scores,
    Scoring,
    bumped,
    closes_on,
    count_day,
    is_open,
    open_periods,
    recounted,
)
from chalicelib.domain.sheets import Sheet
from chalicelib.domain.till_marks import TillMarks
from chalicelib.store.accounts import account_item, parse_account

TODAY = date(2026, 11, 21)
SCORING = Scoring(TODAY, 7)


def sheet(on: date, second: int = 3600) -> Sheet:
    activity = Activity("k", "sm1-x", second, (), 515, 51500, "szt", "operator-signed", "b1")
    return Sheet("res_a", on, {"k": activity})


def grams_of(scores: Scores) -> dict[str, int]:
    return {period: score.grams_co2e for period, score in scores.by_period.items()}


def test_a_day_counts_for_its_week_its_month_and_its_year() -> None:
    scores = count_day(NO_SCORES, sheet(TODAY), 515, SCORING)
    assert grams_of(scores) == {"2026-W47": 515, "2026-11": 515, "2026": 515}
    assert scores.version == 1
    assert count_day(scores, sheet(TODAY), 0, SCORING) is scores


def test_a_late_day_counts_for_its_own_period_until_that_closes() -> None:
    on, last = date(2026, 10, 31), date(2026, 11, 8)
    assert closes_on("2026-10", 7) == last
    late = count_day(NO_SCORES, sheet(on), 100, Scoring(last, 7))
    assert grams_of(late) == {"2026-W44": 100, "2026-10": 100, "2026": 100}
    too_late = count_day(NO_SCORES, sheet(on), 100, Scoring(last + timedelta(days=1), 7))
    assert grams_of(too_late) == {"2026-W44": 100, "2026": 100}


def test_everything_the_window_takes_is_settled_before_its_period_closes() -> None:
    """The window's last day for a period is settled in the night after: that booking still counts."""
    end = date(2026, 11, 30)
    recorded_last, settled_on = end + timedelta(days=7), end + timedelta(days=8)
    assert recorded_last < settled_on
    assert is_open("2026-11", Scoring(settled_on, 7))
    assert not is_open("2026-11", Scoring(settled_on + timedelta(days=1), 7))


def test_what_is_taken_back_counts_less_and_never_below_nothing() -> None:
    scores = count_day(NO_SCORES, sheet(TODAY), 515, SCORING)
    assert grams_of(count_day(scores, sheet(TODAY), -200, SCORING))["2026-11"] == 315
    assert grams_of(count_day(scores, sheet(TODAY), -900, SCORING))["2026-11"] == 0


def test_ties_are_broken_by_the_last_activity_not_by_the_order_of_booking() -> None:
    days = [sheet(date(2026, 11, 19), 100), sheet(date(2026, 11, 20), 50)]
    forth = count_day(count_day(NO_SCORES, days[0], 10, SCORING), days[1], 10, SCORING)
    back = count_day(count_day(NO_SCORES, days[1], 10, SCORING), days[0], 10, SCORING)
    assert forth == back


def test_closed_periods_are_forgotten_a_week_after_they_close() -> None:
    old = count_day(NO_SCORES, sheet(date(2026, 10, 31)), 100, Scoring(date(2026, 11, 1), 7))
    kept = count_day(old, sheet(date(2026, 11, 15)), 100, Scoring(date(2026, 11, 15), 7))
    assert "2026-10" in kept.by_period
    gone = count_day(old, sheet(date(2026, 11, 16)), 100, Scoring(date(2026, 11, 16), 7))
    assert "2026-10" not in gone.by_period


def test_open_periods_are_those_now_and_those_that_still_take_late_days() -> None:
    assert open_periods(Scoring(date(2026, 11, 21), 7)) == ["2026-W47", "2026-11", "2026", "2026-W46"]
    assert set(open_periods(Scoring(date(2027, 1, 3), 7))) == {
        "2026-W53", "2027-01", "2027", "2026-W52", "2026-12", "2026"
    }  # fmt: skip
    assert "2026-W45" in open_periods(Scoring(TODAY, 14))


def test_other_news_raises_the_version_and_nothing_else() -> None:
    scores = count_day(NO_SCORES, sheet(TODAY), 515, SCORING)
    assert bumped(scores) == replace(scores, version=2)


bookings = st.lists(
    st.tuples(st.integers(0, 45), st.integers(0, 12), st.integers(-500, 2000)), min_size=1, max_size=40
)


@given(bookings)
def test_scores_are_the_fold_of_what_was_booked_while_each_period_was_open(
    booked: list[tuple[int, int, int]],
) -> None:
    """Days settle late, are corrected and corrected again, in the order of the calendar of bookings."""
    begin, scores, totals = date(2026, 12, 1), NO_SCORES, dict[date, int]()
    expected: dict[str, int] = {}
    for day, lateness, change in sorted(booked, key=lambda one: one[0] + one[1]):
        on, today = begin + timedelta(days=day), begin + timedelta(days=day + lateness)
        grams = max(change, -totals.get(on, 0))
        totals[on] = totals.get(on, 0) + grams
        scoring = Scoring(today, 7)
        for period in {*open_periods(scoring)}:
            if on in Days(period):
                expected[period] = expected.get(period, 0) + grams
        scores = count_day(scores, sheet(on), grams, scoring)
    last = Scoring(begin + timedelta(days=max(day + late for day, late, _ in booked)), 7)
    for period in open_periods(last):
        assert scores.by_period.get(period, Score()).grams_co2e == expected.get(period, 0)
    again, wrong = recounted(scores, [(sheet(on), grams) for on, grams in totals.items()], last)
    assert (again, wrong) == (scores, [])


class Days:
    """The days of a period, for `in`."""

    def __init__(self, period: str) -> None:
        from chalicelib.domain.periods import bounds_of

        self.first, self.last = bounds_of(period)

    def __contains__(self, on: date) -> bool:
        return self.first <= on <= self.last


def test_wrong_scores_are_found_and_mended_and_closed_periods_left_alone() -> None:
    right = count_day(NO_SCORES, sheet(TODAY), 515, SCORING)
    booked = [(sheet(TODAY), 515)]
    wrong = Scores(1, {**right.by_period, "2026-11": Score(1), "2026-W45": Score(7)})
    mended, periods = recounted(wrong, booked, SCORING)
    assert periods == ["2026-11"]
    assert grams_of(mended) == {"2026-W47": 515, "2026-11": 515, "2026": 515, "2026-W45": 7}
    assert mended.version == 2
    missing, periods = recounted(NO_SCORES, booked, SCORING)
    assert (grams_of(missing), len(periods)) == (grams_of(right), 3)


@pytest.mark.parametrize("today", [date(2026, 12, 31), date(2027, 1, 8)])
def test_an_account_with_all_its_scores_stays_under_a_kilobyte(today: date) -> None:
    scores = NO_SCORES
    for back in range(40, -1, -1):
        on = today - timedelta(days=back)
        scores = count_day(scores, sheet(on, 86_399), 20_000, Scoring(on, 7))
    days = [today - timedelta(days=back) for back in range(8)]
    account = Account(
        "res_0123456789abcdefghij",
        seq=123_456,
        lots=tuple(Lot(date(year + 1, 12, 31), year, 12_345, 1_234_567) for year in (2025, 2026)),
        held_points=1200,
        held_grams_co2e=12_000,
        millipoints_carry=999,
        settled={on.isoformat(): (20_000, 200_000) for on in days[:4]},
        till=TillMarks({"abcdefgh": 12_345_678}, today.isoformat(), 12, 3000),
        scores=replace(scores, version=1234),
    )
    item = account_item(account)
    size = sum(len(name) + len(str(next(iter(value.values()))).encode()) for name, value in item.items())
    assert size <= 1000
    assert parse_account(item) == account
    assert Booking(account).account.scores.by_period


def test_the_clock_of_the_city_decides_what_day_it_is() -> None:
    from chalicelib.profiles import current_profile

    assert current_profile().scoring(datetime.fromisoformat("2026-11-30T16:30:00+00:00")).today == date(
        2026, 12, 1
    )
