"""The handing over of due messages to the queue that sends them, every five minutes."""

from datetime import datetime

from chalicelib.jobs.running import ShouldStop, run_job
from chalicelib.services import webhook_deliveries
from chalicelib.services.sending import Requeued, requeue_due


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Run for the instant `now`, bounded and resumable; return `done` or `unfinished`."""
    return run_job("redeliver", _requeue, now, should_stop)


def _requeue(now: datetime, should_stop: ShouldStop) -> Requeued:
    """Hand over messages, then, if time is left, what merchants' systems are to be told; counts add up."""
    result = requeue_due(now, should_stop)
    if not result.is_complete:
        return result
    done, failed, is_complete = webhook_deliveries.requeue_due(now, should_stop)
    return Requeued(result.sendings + done, result.failed + failed, is_complete)
