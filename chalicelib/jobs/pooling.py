"""Nightly passing on of what expired to the city's pool, through the day that is over; worked off through the queue."""

from datetime import datetime

from chalicelib.jobs.running import ShouldStop, travelled_at
from chalicelib.services.pooling import POOL, due_params, sweep_id_of
from chalicelib.services.sweeps import DONE, start_sweep


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Begin with the first days due, or send what is left of them into the queue again; return their state."""
    params = due_params(now, travelled_at())
    if params is None:
        return DONE
    return start_sweep(POOL, sweep_id_of(params), params, now).state
