"""Owns what operators see of scheduled work: which job ran when, and how it ended. Must not start any."""

from typing import Any

from chalicelib.domain.pages import Page
from chalicelib.errors import NotFound
from chalicelib.store import runs

JOBS = ("settle", "expire", "release", "publish", "audit", "remind", "redeliver")


def list_jobs() -> list[dict[str, Any]]:
    """Return every job with its newest run, None when it never ran."""
    newest = [(name, runs.list_runs(f"job#{name}", 1).items) for name in JOBS]
    return [{"job": name, "last_run": items[0] if items else None} for name, items in newest]


def list_job_runs(job: str, limit: int, cursor: str | None) -> Page:
    """Return a page of one job's runs, newest first; NotFound `job-unknown`."""
    if job not in JOBS:
        raise NotFound("job-unknown", "there is no such job", jobs=list(JOBS))
    return runs.list_runs(f"job#{job}", limit, cursor)
