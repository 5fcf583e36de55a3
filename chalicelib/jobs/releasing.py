"""The release of vouchers nobody spent, and of those whose merchant no longer honours them, every five minutes.

With it goes the age of the newest published day: whoever measures it must not be the one that publishes.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial

from chalicelib import log
from chalicelib.config import config
from chalicelib.jobs.running import ShouldStop, run_job
from chalicelib.services.failures import attempted
from chalicelib.services.merchant_releasing import release_of_merchants
from chalicelib.services.public_days import newest_age_hours
from chalicelib.services.releasing import Released, release_due_vouchers


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Run for the instant `now`, bounded and resumable; return `done` or `unfinished`."""
    attempted(partial(_measure_publication, now))
    return run_job("release", _release, now, should_stop)


def _measure_publication(now: datetime) -> None:
    """Write how old the newest published day is; nothing published, no measurement, which alarms too."""
    hours = newest_age_hours(now)
    if hours is not None:
        log.write_metric(now, config().stage, "PublishedDayAgeHours", hours)


def _release(now: datetime, should_stop: ShouldStop) -> Released:
    """Release what is due, then, if time is left, what merchants do not honour; counts add up."""
    due = release_due_vouchers(now, should_stop)
    if not due.is_complete:
        return due
    more = release_of_merchants(now, should_stop)
    return replace(
        due,
        vouchers=due.vouchers + more.vouchers,
        points=due.points + more.points,
        failed=due.failed + more.failed,
        is_complete=more.is_complete,
    )
