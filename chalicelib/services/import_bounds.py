"""Owns the instants between which an import records: the window, an opened backfill, what a resident consented to.

Must not judge a tap; `domain.trips` does.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from chalicelib.domain.days import day_start, local_day
from chalicelib.domain.trips import Bounds
from chalicelib.profiles import current_profile
from chalicelib.services.activities import FUTURE_SKEW, Backfill
from chalicelib.store.people import Binding


def bounds_of(judged_at: datetime, opened: Backfill | None) -> Bounds:
    """Return the instants that may be recorded: those of the window as of `judged_at`, and of an opened backfill."""
    profile = current_profile()
    oldest = local_day(judged_at, profile.tz) - timedelta(days=profile.window_days)
    bounds = Bounds(_epoch_s(oldest), int((judged_at + FUTURE_SKEW).timestamp()))
    if opened is None:
        return bounds
    day_after = opened.to_on + timedelta(days=1)
    return replace(
        bounds, opened_from_epoch_s=_epoch_s(opened.from_on), opened_to_epoch_s=_epoch_s(day_after)
    )


def covers_from_epoch_s(binding: Binding | None) -> int | None:
    """Return the first instant that the holder of a card consented to; None for a card that nobody has bound."""
    return None if binding is None else _epoch_s(date.fromisoformat(binding.covers_from_on))


@lru_cache(maxsize=1024)
def _epoch_s(on: date) -> int:
    return int(day_start(on, current_profile().tz).timestamp())
