"""Owns the keeping of the calendar: one item a job in the table of runs, replaced only by whoever read it last.

Must not run a job; `jobs.calendar` does. A run that is cut off leaves a lease, which ends by itself.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from chalicelib.domain import calendar as domain
from chalicelib.domain.calendar import Standing, is_taken
from chalicelib.domain.days import from_text, to_text
from chalicelib.domain.schedules import SCHEDULES
from chalicelib.errors import Conflict, Unavailable
from chalicelib.store import runs
from chalicelib.store.client import pause
from chalicelib.store.runs import Run

KIND = "calendar"
_ATTEMPTS_MAX = 5
_KEPT = "kept"
_INSTANTS = frozenset({"done_for", "done_at", "begun_for", "since", "lease_until", "failed_at", "asked_at"})


def take_turn(job: str, owner: str, now: datetime, is_drill: bool = False) -> bool:
    """Take the job for `owner`; return False when somebody else is at it. A drill begins nothing of the calendar."""

    def change(standing: Standing) -> Standing | None:
        if is_taken(standing, now):
            return None
        taken = domain.taken(standing, owner, now)
        return taken if is_drill else domain.begun(taken, SCHEDULES[job], now)

    return _changed(job, now, change).owner == owner


def end_turn(job: str, owner: str, is_through: bool, now: datetime) -> None:
    """Give the job back; `is_through`: all instants up to its beginning are. Whoever lost the lease changes nothing."""

    def change(standing: Standing) -> Standing | None:
        if standing.owner != owner:
            return None
        ended = domain.released(standing)
        return domain.through(ended, now) if is_through else ended

    _changed(job, now, change)


def fail_turn(job: str, owner: str, now: datetime) -> None:
    """Give the job back after a failure, which counts."""
    _changed(job, now, lambda found: domain.failed(found, now) if found.owner == owner else None)


def note_through(job: str, now: datetime) -> None:
    """Note that the sweep which the job began has come to its end; noting it again changes nothing."""

    def change(standing: Standing) -> Standing | None:
        is_new = standing.begun_for is not None and standing.begun_for > standing.done_for
        return domain.through(standing, now) if is_new else None

    _changed(job, now, change)


def ask_for_missed(ask: Callable[[str], Any], now: datetime) -> list[str]:
    """Call `ask` for every job to be caught up, in the order of the table; return their names.

    Noted before it is asked: killed in between, the job is asked for half an hour later.
    """
    asked = []
    for job, schedule in SCHEDULES.items():
        if schedule.step < domain.ASK_AGAIN:
            continue  # the next run comes sooner than a question would
        run = _kept(job, now)
        standing = _parsed(run.body)
        if not domain.is_to_catch_up(standing, schedule, now):
            continue
        try:
            _replace(run, replace(standing, asked_at=now))
        except Conflict:
            continue  # somebody begins it, or asks for it, at this moment
        ask(job)
        asked.append(job)
    return asked


def list_standings() -> dict[str, Standing]:
    """Return how every job stands that was ever run or looked at, by name."""
    found = runs.list_runs(KIND, len(SCHEDULES) + 100).items
    return {item["job"]: _parsed(item) for item in found if item["job"] in SCHEDULES}


def _changed(job: str, now: datetime, change: Callable[[Standing], Standing | None]) -> Standing:
    """Return the standing as changed, or as it is when `change` returns None."""
    for number in range(1, _ATTEMPTS_MAX + 1):
        run = _kept(job, now)
        standing = _parsed(run.body)
        changed = change(standing)
        if changed is None:
            return standing
        try:
            _replace(run, changed)
        except Conflict:
            pause(number)
            continue
        return changed
    raise Unavailable("too-busy", "too many changes at once; the same request may be sent again")


def _kept(job: str, now: datetime) -> Run:
    """Return the item of a job; one never seen before has nothing to catch up on before `now`."""
    run = runs.find_run(_run_id(job))
    if run is not None:
        return run
    first = Standing(job, SCHEDULES[job].newest(now - domain.GRACE))
    runs.add_run(Run(_run_id(job), KIND, to_text(now), _KEPT, _body(first)))
    return runs.get_run(_run_id(job))


def _replace(run: Run, changed: Standing) -> None:
    runs.replace_run(run, replace(run, body=_body(changed)))


def _run_id(job: str) -> str:
    return f"calendar-{job}"


def _body(standing: Standing) -> dict[str, Any]:
    values = {field.name: getattr(standing, field.name) for field in fields(standing)}
    return {name: to_text(v) if isinstance(v, datetime) else v for name, v in values.items()}


def _parsed(body: dict[str, Any]) -> Standing:
    values: dict[str, Any] = {field.name: body[field.name] for field in fields(Standing)}
    found: dict[str, Any] = {
        name: from_text(v) if name in _INSTANTS and v else v for name, v in values.items()
    }
    return Standing(**found)
