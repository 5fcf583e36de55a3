"""The handing over of due messages to the queue that sends them, every five minutes."""

from datetime import datetime

from chalicelib.jobs.running import ShouldStop, run_job
from chalicelib.services.sending import requeue_due


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Run for the instant `now`, bounded and resumable; return `done` or `unfinished`."""
    return run_job("redeliver", requeue_due, now, should_stop)
