"""The nightly publication of the day that is over: the root over all accounts and the day's totals."""

from datetime import datetime, timedelta

from chalicelib.domain.days import local_day
from chalicelib.jobs.running import ShouldStop, run_job
from chalicelib.profiles import current_profile
from chalicelib.services.proofs import Published, publish_day


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Publish yesterday, as of `now`; a day published before stays as it is."""

    def publish(now: datetime, should_stop: ShouldStop) -> Published:
        yesterday = local_day(now, current_profile().tz) - timedelta(days=1)
        return publish_day(yesterday, now, should_stop)

    return run_job("publish", publish, now, should_stop)
