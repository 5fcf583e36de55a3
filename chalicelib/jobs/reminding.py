"""The reminders of every morning: points and vouchers that are about to end."""

from datetime import datetime

from chalicelib.jobs.running import ShouldStop, run_job
from chalicelib.services.reminders import send_reminders


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Run for the instant `now`, bounded and resumable; return `done` or `unfinished`."""
    return run_job("remind", send_reminders, now, should_stop)
