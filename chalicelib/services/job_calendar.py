"""Owns how operators see the scheduled jobs: due when, done through when, missed how often, running since when.

Must not run or change anything.
"""

from datetime import datetime
from typing import Any

from chalicelib.domain.calendar import Standing, is_taken, missed
from chalicelib.domain.days import to_text
from chalicelib.domain.schedules import SCHEDULES
from chalicelib.services import job_runs
from chalicelib.services.calendar import list_standings


def show_jobs(now: datetime) -> list[dict[str, Any]]:
    """Return every job with its newest run, and of the scheduled ones how they stand in the calendar."""
    standings = list_standings()
    return [{**job, **_calendar_of(job, standings.get(job["job"]), now)} for job in job_runs.list_jobs()]


def _calendar_of(job: dict[str, Any], standing: Standing | None, now: datetime) -> dict[str, Any]:
    schedule, run = SCHEDULES.get(job["job"]), job["last_run"]
    is_sweeping = run is not None and run["state"] == "running" and "progress" in run
    since = run["started_at"] if is_sweeping else None
    if standing is not None and is_taken(standing, now):
        since = _text(standing.since)
    return {
        "about": schedule.about if schedule else None,
        "schedule": schedule.expression if schedule else None,
        "next_run_at": to_text(schedule.next(now)) if schedule else None,
        "last_success_at": _text(standing.done_at) if standing else None,
        "done_for": to_text(standing.done_for) if standing else None,
        "missed": missed(standing, schedule, now) if standing and schedule else 0,
        "failures": standing.failures if standing else 0,
        "running_since": since,
        "progress": run["progress"] if is_sweeping else None,
    }


def _text(instant: datetime | None) -> str | None:
    return to_text(instant) if instant is not None else None
