"""The morning's look at appeals: what is overdue goes on to the regulator, the public counts are made anew."""

from datetime import datetime

from chalicelib.jobs.running import ShouldStop, run_job
from chalicelib.services.appeal_clock import look_after_appeals


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Run for the instant `now`, bounded; return `done` or `unfinished`."""
    return run_job("escalate", look_after_appeals, now, should_stop)
