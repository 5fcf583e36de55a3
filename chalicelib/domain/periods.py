"""Owns the periods of boards: ISO weeks, months and years of the city's calendar, each under one short name.

Must not know what is counted in them, nor when they close.
"""

import re
from datetime import date, timedelta

from chalicelib.domain.months import month_after, parse_month

WEEK, MONTH, YEAR = "week", "month", "year"
KINDS = (WEEK, MONTH, YEAR)
PATTERN = "^20[0-9]{2}(-(W(0[1-9]|[1-4][0-9]|5[0-3])|0[1-9]|1[0-2]))?$"
_FORM = re.compile(PATTERN)


def periods_of(on: date) -> tuple[str, str, str]:
    """Return the week, the month and the year in which a day lies.

    >>> periods_of(date(2027, 1, 1))
    ('2026-W53', '2027-01', '2027')
    """
    iso = on.isocalendar()
    return f"{iso.year}-W{iso.week:02d}", f"{on:%Y-%m}", f"{on:%Y}"


def kind_of(period: str) -> str:
    """Return `week`, `month` or `year`.

    >>> [kind_of(period) for period in ("2026-W47", "2026-11", "2026")]
    ['week', 'month', 'year']
    """
    if len(period) == 4:
        return YEAR
    return WEEK if "W" in period else MONTH


def bounds_of(period: str) -> tuple[date, date]:
    """Return the first and the last day of a period; ValueError when the text names none.

    >>> bounds_of("2026-W53")
    (datetime.date(2026, 12, 28), datetime.date(2027, 1, 3))
    >>> bounds_of("2027-W53")
    Traceback (most recent call last):
    ValueError: Invalid week: 53
    """
    if not _FORM.fullmatch(period):
        raise ValueError("not a week, month or year")
    if kind_of(period) == YEAR:
        return date(int(period), 1, 1), date(int(period), 12, 31)
    if kind_of(period) == WEEK:
        first = date.fromisocalendar(int(period[:4]), int(period[6:]), 1)
        return first, first + timedelta(days=6)
    first = parse_month(period)
    return first, month_after(first) - timedelta(days=1)


def period_before(period: str) -> str:
    """Return the period of the same kind that ends where this one begins.

    >>> [period_before(period) for period in ("2027-W01", "2027-01", "2027")]
    ['2026-W53', '2026-12', '2026']
    """
    first, _ = bounds_of(period)
    return periods_of(first - timedelta(days=1))[KINDS.index(kind_of(period))]
