"""Owns what operators see of scheduled and queued work: which job ran when, how far it is, how it ended.

Must not start any.
"""

from typing import Any

from chalicelib.domain.pages import Page
from chalicelib.domain.schedules import SCHEDULES
from chalicelib.errors import NotFound
from chalicelib.services.sweeps import list_sweeps
from chalicelib.store import runs

# Those of the jobs that are sweeps; a test holds them to the table of sweeps.
SWEEPS: tuple[str, ...] = (
    "expire",
    "pool",
    "expiry-forecast",
    "publish",
    "audit",
    "methodology-effect",
    "correction-preview",
    "correction",
    "project-assets",
    "board-check",
)
# Those with a schedule, the rest of one of them, and what people begin.
_RESTS = ("check-statements", "close-boards", "award-stars")
JOBS = tuple(dict.fromkeys((*SCHEDULES, *_RESTS, *SWEEPS)))


def list_jobs() -> list[dict[str, Any]]:
    """Return every job with its newest run, None when it never ran; of a sweep with its progress."""
    newest = [(name, _runs_of(name, 1, None).items) for name in JOBS]
    return [{"job": name, "last_run": items[0] if items else None} for name, items in newest]


def list_job_runs(job: str, limit: int, cursor: str | None) -> Page:
    """Return a page of one job's runs, newest first; NotFound `job-unknown`."""
    if job not in JOBS:
        raise NotFound("job-unknown", "there is no such job", jobs=list(JOBS))
    return _runs_of(job, limit, cursor)


def _runs_of(job: str, limit: int, cursor: str | None) -> Page:
    return list_sweeps(job, limit, cursor) if job in SWEEPS else runs.list_runs(f"job#{job}", limit, cursor)
