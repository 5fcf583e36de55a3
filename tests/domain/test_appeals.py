"""The rules of appeals: what is told of many, when two have to agree."""

from datetime import UTC, date, datetime

import pytest

from chalicelib.domain import appeals as rules
from chalicelib.domain.appeals import Month, months_of, public_month
from chalicelib.profiles import current_profile


@pytest.mark.parametrize(("millipoints", "needed"), [(0, False), (100_000, False), (100_001, True)])
def test_only_what_is_above_the_threshold_needs_two(millipoints: int, needed: bool) -> None:
    assert rules.needs_second(current_profile(), millipoints) is needed


def days_between(from_on: date, to_on: date) -> int:
    """Every day is worked."""
    return (to_on - from_on).days


def appeal(state: str, opened: str, decided: str | None = None, due: str = "2026-12-20") -> dict[str, object]:
    at = "T04:00:00.000Z"
    return {
        "state": state,
        "opened_at": opened + at,
        "due_at": due + at,
        "decided_at": decided + at if decided else None,
    }


def test_appeals_are_counted_by_the_month_of_their_opening_with_the_working_days_they_took() -> None:
    told = [
        appeal("upheld", "2026-11-02", "2026-11-04"),
        appeal("rejected", "2026-11-02", "2026-12-25"),
        appeal("withdrawn", "2026-11-30", "2026-12-01"),
        appeal("asked", "2026-11-30", due="2026-12-01"),
        appeal("open", "2026-12-01"),
    ]
    months = months_of(told, current_profile(), datetime(2026, 12, 2, tzinfo=UTC), days_between)
    assert months == {
        "2026-11": Month(4, upheld=1, rejected=1, withdrawn=1, waiting=1, overdue=2, days=(2, 53)),
        "2026-12": Month(1, waiting=1),
    }


def test_of_a_month_with_few_appeals_nothing_is_told_but_that() -> None:
    few = public_month("2026-11", Month(received=9, upheld=9, days=(1,) * 9))
    assert few.pop("is_small") is True
    assert [value for name, value in few.items() if name != "month"] == [None] * (len(few) - 1)
    many = public_month("2026-11", Month(received=10, upheld=9, rejected=1, days=(1,) * 9 + (8,)))
    assert (many["received"], many["days_median"], many["days_max"]) == (10, 1, 8)
