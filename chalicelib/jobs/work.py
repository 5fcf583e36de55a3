"""Owns the queue of work that one call is too short for: a job that goes on, a segment of a sweep, a verification."""

import json
from datetime import datetime

from chalicelib.jobs import (
    closing,
    escalating,
    expiring,
    rechecking,
    redelivering,
    releasing,
    reminding,
    settling,
    sweeping,
    verifying,
)
from chalicelib.jobs.running import ShouldStop

_JOBS = {
    "settle": settling.run,
    "expire": expiring.run,
    "release": releasing.run,
    "remind": reminding.run,
    "escalate": escalating.run,
    "redeliver": redelivering.run,
    "recheck": rechecking.run,
    "close": closing.run,
    "check-statements": closing.check,
}


def handle(message: str, now: datetime, should_stop: ShouldStop) -> str:
    """Go on with what `message` names; KeyError for something unknown, which ends in the dead letters."""
    asked = json.loads(message)
    if "sweep" in asked:
        return sweeping.run(asked, now, should_stop)
    if "verification" in asked:
        return verifying.run(asked, now, should_stop)
    return _JOBS[asked["job"]](now, should_stop)
