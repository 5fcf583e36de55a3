"""Nightly expiry: lots whose last day has passed are booked, shard by shard through the queue."""

from datetime import datetime

from chalicelib.domain.days import local_day
from chalicelib.jobs.running import ShouldStop, travelled_at
from chalicelib.profiles import current_profile
from chalicelib.services.expiring import EXPIRE, params_of, sweep_id_of
from chalicelib.services.sweeps import start_sweep


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Begin the expiry of this local day, or send what is left of it into the queue again; return its state."""
    on, at = local_day(now, current_profile().tz), travelled_at()
    return start_sweep(EXPIRE, sweep_id_of(on, at), params_of(on, at), now).state
