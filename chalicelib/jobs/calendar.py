"""Owns the turn of a scheduled job: one at a time, noted how far it is, caught up when it was missed, run by hand.

Must not know what a job does. A run by hand for another instant, on a demonstration only, takes its turn like any
other, but says nothing about the calendar.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chalicelib import clock, ids, log
from chalicelib.config import config
from chalicelib.domain.days import parse_instant
from chalicelib.domain.schedules import SCHEDULES
from chalicelib.errors import InvalidInput, Refused
from chalicelib.jobs.running import ShouldStop, travelling
from chalicelib.services import calendar
from chalicelib.store.queues import send_message

Run = Callable[[datetime, ShouldStop], str]
BUSY, DONE = "busy", "done"


def in_turn(job: str, run: Run, asked: Mapping[str, Any], now: datetime, should_stop: ShouldStop) -> str:
    """Run a job now, or for the instant `asked["at"]`; return its state, or `busy` when somebody is at it already.

    Refused `time-travel-refused` unless this is a demonstration; InvalidInput for what is no instant.
    """
    at = _travelled(asked.get("at"))
    if job not in SCHEDULES:
        return _run(run, at, now, should_stop)
    owner = ids.new_id("own")
    if not calendar.take_turn(job, owner, now, is_drill=at is not None):
        log.write_line(now, job=job, state=BUSY)
        return BUSY
    try:
        state = _run(run, at, now, should_stop)
    except Exception:
        calendar.fail_turn(job, owner, clock.utc_now())
        raise
    calendar.end_turn(job, owner, state == DONE and at is None, clock.utc_now())
    return state


def _run(run: Run, at: datetime | None, now: datetime, should_stop: ShouldStop) -> str:
    with travelling(at):
        return run(at or now, should_stop)


def _travelled(at: Any) -> datetime | None:
    if at is None:
        return None
    if not config().demo:
        raise Refused("time-travel-refused", "only a demonstration runs a job for another instant than now")
    try:
        return parse_instant(str(at))
    except ValueError:
        raise InvalidInput.at("/at", "is not an instant like 2027-01-01T18:40:00Z") from None


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Ask every job that was missed to run, through the queue; return `done`."""
    asked = calendar.ask_for_missed(_ask, now)
    if asked:
        log.write_line(now, job="catch_up", asked=",".join(asked))
    return DONE


def _ask(job: str) -> None:
    send_message("jobs", {"job": job})
