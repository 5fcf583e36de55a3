"""Nightly expiry: lots whose last day has passed are booked."""

from datetime import datetime

from chalicelib.jobs.running import ShouldStop, run_job
from chalicelib.services.expiring import expire_due_lots


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Run for the instant `now`, bounded and resumable; return `done` or `unfinished`."""
    return run_job("expire", expire_due_lots, now, should_stop)
