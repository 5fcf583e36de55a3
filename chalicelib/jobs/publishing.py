"""The nightly publication of the day that is over, and of any missed before it; worked off through the queue."""

from datetime import date, datetime, timedelta

from chalicelib.domain.days import local_day
from chalicelib.jobs.running import ShouldStop
from chalicelib.profiles import current_profile
from chalicelib.services.proofs import PUBLISH, due_days, is_published, params_of, sweep_id_of
from chalicelib.services.sweeps import DONE, RUNNING, start_sweep


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Begin the publication of the first day due, or send what is left of it into the queue again; return its state.

    A day published before stays as it is.
    """
    due_on = next(iter(due_days(local_day(now, current_profile().tz) - timedelta(days=1))), None)
    if due_on is None:
        return DONE
    return start_sweep(PUBLISH, sweep_id_of(due_on), params_of(due_on), now).state


def go_on(day: str, now: datetime, should_stop: ShouldStop) -> str:
    """Begin the next day due once `day` (ISO) is published; while it is not, its own sweep is still at work.

    Return `done` when no day is due any more.
    """
    return run(now, should_stop) if is_published(date.fromisoformat(day)) else RUNNING
