"""Owns calendar months of the city: reading one, its first day and the next one's, the ones before it.

Must not know what a month is used for.
"""

import re
from datetime import date

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def parse_month(text: str) -> date:
    """Return the first day of the month in a text from outside, `2026-11`, years 2000 to 2099.

    >>> parse_month("2026-11")
    datetime.date(2026, 11, 1)
    >>> parse_month("2026-13")
    Traceback (most recent call last):
    ValueError: not a month
    """
    if not _MONTH.fullmatch(text) or not text.startswith("20"):
        raise ValueError("not a month")
    return date(int(text[:4]), int(text[5:]), 1)


def month_after(first: date) -> date:
    """Return the first day of the next month.

    >>> month_after(date(2026, 12, 1))
    datetime.date(2027, 1, 1)
    """
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def months_until(day: date, count: int) -> list[date]:
    """Return the first days of the last `count` months, the one of `day` last.

    >>> [first.isoformat() for first in months_until(date(2026, 2, 17), 3)]
    ['2025-12-01', '2026-01-01', '2026-02-01']
    """
    assert count >= 1, "at least the month itself"
    index = day.year * 12 + day.month - 1
    return [date(i // 12, i % 12 + 1, 1) for i in range(index - count + 1, index + 1)]


def month_text(day: date) -> str:
    """Return the month of `day` as text.

    >>> month_text(date(2026, 11, 20))
    '2026-11'
    """
    return f"{day:%Y-%m}"
