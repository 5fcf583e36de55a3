"""Owns the queue of jobs that ran out of time: each message names a job, which goes on where it stopped."""

import json
from datetime import datetime

from chalicelib.jobs import expiring, redelivering, releasing, reminding, settling
from chalicelib.jobs.running import ShouldStop

_JOBS = {
    "settle": settling.run,
    "expire": expiring.run,
    "release": releasing.run,
    "remind": reminding.run,
    "redeliver": redelivering.run,
}


def handle(message: str, now: datetime, should_stop: ShouldStop) -> str:
    """Go on with the job that `message` names; KeyError for an unknown one, which ends in the dead letters."""
    return _JOBS[json.loads(message)["job"]](now, should_stop)
