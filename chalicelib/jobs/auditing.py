"""The nightly audit: the invariants over everything stored, begun here and worked off through the queue."""

from datetime import datetime

from chalicelib.domain.days import local_day
from chalicelib.jobs.running import ShouldStop
from chalicelib.profiles import current_profile
from chalicelib.services.auditing import AUDIT, IN_USE
from chalicelib.services.sweeps import start_sweep


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Begin the audit of this local day, or send what is left of it into the queue again; return its state."""
    sweep_id = f"audit-{local_day(now, current_profile().tz).isoformat()}"
    return start_sweep(AUDIT, sweep_id, IN_USE, now).state
