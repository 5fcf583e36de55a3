"""Owns which instants an import may record: the window of the day it is judged on, what a backfill opened, consent.

Must not look at rows; `domain.trips` judges them by these bounds.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from chalicelib.domain.days import day_start, local_day
from chalicelib.domain.trips import Bounds
from chalicelib.profiles import current_profile
from chalicelib.services.checking import FUTURE_SKEW, Backfill
from chalicelib.store.people import Binding


def import_bounds(judged_at: datetime, opened: Backfill | None) -> Bounds:
    """Return the instants that may be recorded by an import judged at `judged_at`."""
    profile = current_profile()
    oldest = local_day(judged_at, profile.tz) - timedelta(days=profile.window_days)
    bounds = Bounds(start_epoch_s(oldest), int((judged_at + FUTURE_SKEW).timestamp()))
    if opened is None:
        return bounds
    day_after = opened.to_on + timedelta(days=1)
    return replace(
        bounds,
        opened_from_epoch_s=start_epoch_s(opened.from_on),
        opened_to_epoch_s=start_epoch_s(day_after),
    )


def covers_from_epoch_s(binding: Binding | None) -> int | None:
    """Return the start of what the holder of a card consented to; None when nobody bound it."""
    return None if binding is None else start_epoch_s(date.fromisoformat(binding.covers_from_on))


@lru_cache(maxsize=1024)
def start_epoch_s(on: date) -> int:
    """Return the instant at which the local day `on` begins."""
    return int(day_start(on, current_profile().tz).timestamp())
