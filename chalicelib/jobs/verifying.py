"""Owns the taking of verification batches from the queue: each message names one, which goes on where it stopped."""

from datetime import datetime
from typing import Any

from chalicelib import clock, log
from chalicelib.jobs.running import ShouldStop
from chalicelib.services.verification_runs import work_on


def run(message: dict[str, Any], now: datetime, should_stop: ShouldStop) -> str:
    """Work on the batch that `message` names; an error leaves the message in the queue to be tried again."""
    started_at = clock.utc_now()
    state = work_on(message["verification"], now, should_stop)
    ended_at = clock.utc_now()
    ms = int((ended_at - started_at).total_seconds() * 1000)
    log.write_line(ended_at, job="verify", state=state, ms=ms)
    return state
