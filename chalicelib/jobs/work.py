"""Owns the queue of work that one call is too short for: a message names a job that goes on, or a verification."""

import json
from datetime import datetime

from chalicelib.jobs import expiring, rechecking, releasing, settling, verifying
from chalicelib.jobs.running import ShouldStop

_JOBS = {
    "settle": settling.run,
    "expire": expiring.run,
    "release": releasing.run,
    "recheck": rechecking.run,
}


def handle(message: str, now: datetime, should_stop: ShouldStop) -> str:
    """Go on with what `message` names; KeyError for something unknown, which ends in the dead letters."""
    body = json.loads(message)
    if "verification" in body:
        return verifying.run(body, now, should_stop)
    return _JOBS[body["job"]](now, should_stop)
