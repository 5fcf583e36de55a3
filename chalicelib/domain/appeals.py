"""Owns what an appeal is: what it may be about, its states, who may decide it, and what is told of many.

Must not store or correct anything; `services.appeals` and `services.appeal_decisions` do.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from chalicelib.domain.activities import OVERLAP, SAME_EVENT
from chalicelib.domain.days import from_text, local_day, to_text
from chalicelib.domain.profiles import MILLIPOINTS_PER_POINT, Profile
from chalicelib.domain.sheets import REJECTED as ACTIVITY_REJECTED
from chalicelib.domain.sheets import REVERSED

KIND = "appeal"
OPEN, ASKED, PROPOSED = "open", "asked", "proposed"
UPHELD, REJECTED, WITHDRAWN = "upheld", "rejected", "withdrawn"
WAITING = (OPEN, ASKED, PROPOSED)
STATES = (*WAITING, UPHELD, REJECTED, WITHDRAWN)
UPHOLD, REJECT = "uphold", "reject"
OPEN_MAX = 20
MESSAGES_MAX = 50
PHOTOS_MAX = 5
GROUP_MIN = 10
RESTORABLE = frozenset({REVERSED, ACTIVITY_REJECTED, SAME_EVENT, OVERLAP})
"""How an activity may stand that an upheld appeal credits again."""


def needs_second(profile: Profile, millipoints: int) -> bool:
    """Say whether upholding what is worth so much takes a second operator."""
    return millipoints > profile.appeals.second_person_above_points * MILLIPOINTS_PER_POINT


def may_be_missing_on(profile: Profile, on: date, today: date) -> bool:
    """Say whether a behaviour of the day `on` may be claimed as missing: the day is over, and not too long ago."""
    return today - timedelta(days=profile.appeals.missing_days) <= on < today


@dataclass(slots=True)
class Month:
    """The appeals of one month of opening, counted. Days are working days from opening to decision."""

    received: int = 0
    upheld: int = 0
    rejected: int = 0
    withdrawn: int = 0
    waiting: int = 0
    overdue: int = 0
    days: tuple[int, ...] = ()


def months_of(
    appeals: Iterable[Mapping[str, Any]],
    profile: Profile,
    now: datetime,
    days_between: Callable[[date, date], int],
) -> dict[str, Month]:
    """Return the counts of appeals (as dicts of their fields) by the local month of their opening, `YYYY-MM`.

    `days_between` counts the working days after one day, up to and including another.
    """
    months: dict[str, Month] = {}
    for one in appeals:
        opened_on = local_day(from_text(one["opened_at"]), profile.tz)
        month = months.setdefault(f"{opened_on:%Y-%m}", Month())
        month.received += 1
        if one["state"] in WAITING:
            month.waiting += 1
            month.overdue += one["due_at"] <= to_text(now)
            continue
        setattr(month, one["state"], getattr(month, one["state"]) + 1)
        if one["state"] != WITHDRAWN:
            month.overdue += one["due_at"] <= one["decided_at"]
            decided_on = local_day(from_text(one["decided_at"]), profile.tz)
            month.days += (days_between(opened_on, decided_on),)
    return months


def public_month(month: str, counted: Month) -> dict[str, Any]:
    """Return what anybody may know of a month; of fewer than ten appeals only that there were so few.

    >>> public_month("2026-11", Month(received=3, upheld=2, days=(1, 4)))["received"] is None
    True
    >>> public_month("2026-11", Month(received=12, upheld=2, days=(1, 4)))["days_median"]
    3
    """
    is_small = counted.received < GROUP_MIN
    numbers = {
        "received": counted.received,
        "upheld": counted.upheld,
        "rejected": counted.rejected,
        "withdrawn": counted.withdrawn,
        "waiting": counted.waiting,
        "overdue": counted.overdue,
        "days_median": -int(-median(counted.days) // 1) if counted.days else None,
        "days_max": max(counted.days, default=None),
    }
    return {"month": month, "is_small": is_small, **{n: None if is_small else v for n, v in numbers.items()}}
