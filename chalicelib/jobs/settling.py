"""Nightly settling: what open sheets hold is booked."""

from datetime import datetime

from chalicelib.jobs.running import ShouldStop, run_job
from chalicelib.services.settling import settle_open_sheets


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Run for the instant `now`, bounded and resumable; return `done` or `unfinished`."""
    return run_job("settle", settle_open_sheets, now, should_stop)
