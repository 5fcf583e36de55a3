"""The release of vouchers nobody spent, every five minutes."""

from datetime import datetime

from chalicelib.jobs.running import ShouldStop, run_job
from chalicelib.services.releasing import release_due_vouchers


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Run for the instant `now`, bounded and resumable; return `done` or `unfinished`."""
    return run_job("release", release_due_vouchers, now, should_stop)
