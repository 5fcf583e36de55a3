"""Periods: weeks over the turn of the year, their days and what comes before."""

from datetime import date, timedelta

import pytest

from chalicelib.domain.periods import bounds_of, kind_of, period_before, periods_of


def test_every_day_lies_in_its_periods_and_in_no_other() -> None:
    on = date(2024, 12, 20)
    while on < date(2027, 1, 20):
        for period in periods_of(on):
            first, last = bounds_of(period)
            assert first <= on <= last
            assert bounds_of(period_before(period))[1] == first - timedelta(days=1)
            assert kind_of(period_before(period)) == kind_of(period)
        on += timedelta(days=1)


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-W54", "2025-W53", "26-11", "2026-W00", "1999", "2026-11-01"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a|Invalid week"):
        bounds_of(text)
