"""The nightly publication of the day that is over, begun here and worked off through the queue."""

from datetime import datetime, timedelta

from chalicelib.domain.days import local_day
from chalicelib.jobs.running import ShouldStop
from chalicelib.profiles import current_profile
from chalicelib.services.proofs import PUBLISH, is_published, params_of, sweep_id_of
from chalicelib.services.sweeps import DONE, start_sweep


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Begin the publication of yesterday, or send what is left of it into the queue again; return its state.

    A day published before stays as it is.
    """
    yesterday = local_day(now, current_profile().tz) - timedelta(days=1)
    if is_published(yesterday):
        return DONE
    return start_sweep(PUBLISH, sweep_id_of(yesterday), params_of(yesterday), now).state
