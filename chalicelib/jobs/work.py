"""Owns the queue of work that one run is too short for: a message names a job that goes on, or a segment of a sweep."""

import json
from datetime import datetime

from chalicelib.jobs import expiring, releasing, settling, sweeping
from chalicelib.jobs.running import ShouldStop

_JOBS = {"settle": settling.run, "expire": expiring.run, "release": releasing.run}


def handle(message: str, now: datetime, should_stop: ShouldStop) -> str:
    """Go on with what `message` names; KeyError for something unknown, which ends in the dead letters."""
    asked = json.loads(message)
    if "sweep" in asked:
        return sweeping.run(asked, now, should_stop)
    return _JOBS[asked["job"]](now, should_stop)
