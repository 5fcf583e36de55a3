"""Owns the queue of work that one call is too short for: a job that goes on, a segment of a sweep, a verification."""

import json
from datetime import datetime

from chalicelib.jobs import (
    auditing,
    boards,
    calendar,
    closing,
    escalating,
    expiring,
    pooling,
    publishing,
    rechecking,
    redelivering,
    releasing,
    reminding,
    settling,
    stars,
    sweeping,
    verifying,
)
from chalicelib.jobs.running import ShouldStop
from chalicelib.store import queues

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
    "boards": boards.run,
    "stars": stars.run,
    "close-boards": stars.close,
    "award-stars": stars.award,
    "pool": pooling.run,
    "publish": publishing.run,
    "audit": auditing.run,
}
# Work that has no schedule of its own, being the rest of a scheduled job.
_TURN_OF = {"check-statements": "close", "close-boards": "stars", "award-stars": "stars"}
_AGAIN_S = 60


def handle(message: str, now: datetime, should_stop: ShouldStop) -> str:
    """Go on with what `message` names; KeyError for something unknown, which ends in the dead letters."""
    asked = json.loads(message)
    if "sweep" in asked:
        return sweeping.run(asked, now, should_stop)
    if "verification" in asked:
        return verifying.run(asked, now, should_stop)
    job = asked["job"]
    state = calendar.in_turn(_TURN_OF.get(job, job), _JOBS[job], asked, now, should_stop)
    if state == calendar.BUSY:
        # Whoever asked for this may not have given the job back yet.
        queues.send_message("jobs", asked, delay_s=_AGAIN_S)
    return state
