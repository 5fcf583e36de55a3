"""Working days: announced holidays and exchanged weekends, plain weeks in years nobody has announced."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.services.working_days import is_working_day, working_days_after, working_days_between

DAYS = st.dates(date(2024, 1, 1), date(2029, 12, 31))


def test_the_spring_festival_is_no_working_time_and_its_exchanged_saturday_is() -> None:
    assert not any(is_working_day(date(2026, 2, day)) for day in range(16, 24))
    assert is_working_day(date(2026, 2, 14)), "a Saturday worked in exchange"


def test_a_time_over_new_year_goes_on_in_a_year_that_is_not_announced() -> None:
    assert working_days_after(date(2026, 12, 30), 4) == date(2027, 1, 5)


@given(DAYS, st.integers(1, 60))
def test_a_time_ends_on_a_working_day_and_holds_exactly_its_days(on: date, days: int) -> None:
    ends_on = working_days_after(on, days)
    assert is_working_day(ends_on)
    assert working_days_between(on, ends_on) == days
    assert working_days_between(on, ends_on - timedelta(days=1)) == days - 1
