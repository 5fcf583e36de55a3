"""Owns the step between instants (aware UTC) and the city's calendar days.

Must not know what a day is used for: windows, expiry and caps live with their features.
"""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

_YEARS = range(2000, 2100)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


@lru_cache(maxsize=8)
def zone(name: str) -> ZoneInfo:
    """Return the zone `name`, e.g. `Asia/Shanghai`."""
    return ZoneInfo(name)


def local_day(instant: datetime, tz: ZoneInfo) -> date:
    """Return the calendar day of an aware `instant` in the city.

    >>> local_day(datetime(2026, 11, 20, 16, 30, tzinfo=UTC), zone("Asia/Shanghai"))
    datetime.date(2026, 11, 21)
    """
    assert instant.tzinfo is not None, "instants are aware"
    return instant.astimezone(tz).date()


@lru_cache(maxsize=256)
def day_start(on: date, tz: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which the local day `on` begins."""
    return datetime(on.year, on.month, on.day, tzinfo=tz).astimezone(UTC)


def to_text(instant: datetime) -> str:
    """Return the stored form of an instant: RFC 3339, UTC, milliseconds.

    >>> to_text(datetime(2026, 11, 20, 16, 30, tzinfo=UTC))
    '2026-11-20T16:30:00.000Z'
    """
    assert instant.tzinfo is not None, "instants are aware"
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Return the instant that `to_text` wrote.

    >>> to_text(from_text("2026-11-20T16:30:00.000Z"))
    '2026-11-20T16:30:00.000Z'
    """
    return datetime.fromisoformat(text)


def parse_instant(text: str) -> datetime:
    """Return the instant, in UTC, in a text from outside: RFC 3339 with its offset, years 2000 to 2099.

    >>> parse_instant("2026-11-20T08:30:00+08:00")
    datetime.datetime(2026, 11, 20, 0, 30, tzinfo=datetime.timezone.utc)
    >>> parse_instant("2026-11-20T08:30:00")
    Traceback (most recent call last):
    ValueError: not an instant
    """
    found = datetime.fromisoformat(text) if _INSTANT.fullmatch(text) else None
    if found is None or found.year not in _YEARS:
        raise ValueError("not an instant")
    return found.astimezone(UTC)


def parse_day(text: str) -> date:
    """Return the day in a text from outside: `2026-11-20`, years 2000 to 2099.

    >>> parse_day("2026-02-29")
    Traceback (most recent call last):
    ValueError: day is out of range for month
    """
    found = date.fromisoformat(text) if len(text) == 10 else None
    if found is None or found.year not in _YEARS:
        raise ValueError("not a day")
    return found
