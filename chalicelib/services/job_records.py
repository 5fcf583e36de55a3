"""Owns what a job leaves behind for operators: one run per job and local day, with its counts and how it ended.

Must not start or stop anything. A job may run several times a day; its counts add up.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from chalicelib.domain.days import local_day, to_text
from chalicelib.errors import Conflict
from chalicelib.profiles import current_profile
from chalicelib.store.runs import Run, add_run, find_run, replace_run

_ATTEMPTS_MAX = 5


def note_run(job: str, started_at: datetime, ended_at: datetime, result: Any) -> str:
    """Add one run's result (a dataclass with `is_complete` and counts) to the day's record; return the state."""
    counts = asdict(result)
    state = "done" if counts.pop("is_complete") else "unfinished"
    on = local_day(started_at, current_profile().tz).isoformat()
    run_id = f"job-{job}-{on}"
    body = {"job": job, "on": on, "runs": 1, "ended_at": to_text(ended_at), "counts": counts}
    if add_run(Run(run_id, f"job#{job}", to_text(started_at), state, body)):
        return state
    for _ in range(_ATTEMPTS_MAX):
        read = find_run(run_id)
        assert read is not None, "runs are never deleted"
        summed = {name: read.body["counts"].get(name, 0) + count for name, count in counts.items()}
        changed = {**body, "runs": read.body["runs"] + 1, "counts": summed}
        try:
            replace_run(read, Run(run_id, read.kind, read.started_at, state, changed))
        except Conflict:
            continue
        return state
    return state
