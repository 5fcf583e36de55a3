"""Owns working days: China's calendar of public holidays and of the weekends worked in exchange for them.

Must not hold such a calendar: the library `chinesecalendar` does, year by year as the State Council announces it.
A year that is not announced yet, or older than the library, counts its Mondays to Fridays; a deadline is then never
later than by the calendar to come, but for a weekend worked.
"""

from datetime import date, timedelta
from functools import lru_cache

_SATURDAY = 5


@lru_cache(maxsize=512)
def is_working_day(on: date) -> bool:
    """Say whether `on` is worked.

    >>> [is_working_day(date(2026, 10, day)) for day in (1, 9, 10, 11)]  # a holiday, a Friday, a Saturday worked
    [False, True, True, False]
    >>> is_working_day(date(2099, 1, 1)), is_working_day(date(2099, 1, 3))  # a Thursday, a Saturday
    (True, False)
    """
    import chinese_calendar

    try:
        return bool(chinese_calendar.is_workday(on))
    except NotImplementedError:
        return on.weekday() < _SATURDAY


def working_days_after(on: date, days: int) -> date:
    """Return the last day of a time of `days` working days that begins the day after `on`.

    >>> working_days_after(date(2026, 9, 30), 1), working_days_after(date(2026, 9, 30), 3)
    (datetime.date(2026, 10, 8), datetime.date(2026, 10, 10))
    """
    assert days >= 1, "a time has at least one day"
    while days:
        on += timedelta(days=1)
        days -= is_working_day(on)
    return on


def working_days_between(from_on: date, to_on: date) -> int:
    """Return how many working days there are after `from_on`, up to and including `to_on`.

    >>> working_days_between(date(2026, 9, 30), date(2026, 10, 9))
    2
    """
    days = (to_on - from_on).days
    return sum(is_working_day(from_on + timedelta(days=n)) for n in range(1, days + 1))
