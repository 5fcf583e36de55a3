"""Owns the frame around every scheduled job: run it, note what it did, hand on what is left.

Must not know what a job does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from chalicelib import clock, log
from chalicelib.domain.days import to_text
from chalicelib.services.job_records import note_run
from chalicelib.store.queues import send_message

ShouldStop = Callable[[], bool]
Job = Callable[[datetime, ShouldStop], Any]
_travelled_at: ContextVar[datetime | None] = ContextVar("travelled_at", default=None)


@contextmanager
def travelling(at: datetime | None) -> Iterator[None]:
    """Let what runs inside know that it runs for another instant than now; None: it does not."""
    token = _travelled_at.set(at)
    try:
        yield
    finally:
        _travelled_at.reset(token)


def travelled_at() -> str | None:
    """Return the instant for which a job is run by hand, None when it runs for now; whatever goes on needs it."""
    at = _travelled_at.get()
    return to_text(at) if at is not None else None


def run_job(name: str, job: Job, now: datetime, should_stop: ShouldStop) -> str:
    """Run `job` for the instant `now` and return `done` or `unfinished`; unfinished, it goes on through the queue."""
    started_at = clock.utc_now()
    result = job(now, should_stop)
    ended_at = clock.utc_now()
    state = note_run(name, now, ended_at, result)
    log.write_line(ended_at, job=name, state=state, ms=int((ended_at - started_at).total_seconds() * 1000))
    if state == "unfinished":
        at = travelled_at()
        send_message("jobs", {"job": name} | ({"at": at} if at else {}))
    if getattr(result, "failed", 0):
        raise JobFailed(f"{result.failed} could not be worked on; the log has the causes")
    return state


class JobFailed(Exception):
    """A job went through, but some of its work failed: the run fails so that its alarm rings."""
