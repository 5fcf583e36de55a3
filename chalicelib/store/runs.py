"""Owns the runs table: file imports, job runs and approved backfills, each one item that only its last reader replaces.

Must not decide what a state means; the services do.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pynamodb.exceptions import PutError

from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict, NotFound
from chalicelib.store.tables import RunItem

_CONDITION_FAILED = "ConditionalCheckFailedException"


@dataclass(frozen=True, slots=True)
class Run:
    """One run as stored. `kind` is `import#<partner>`, `job#<name>`, `sweep#<name>` …; `started_at` orders lists."""

    run_id: str
    kind: str
    started_at: str
    state: str
    body: dict[str, Any]


def add_run(run: Run) -> bool:
    """Store a new run; return False when its id is taken (and change nothing)."""
    try:
        _item(run).save(RunItem.run_id.does_not_exist())
    except PutError as error:
        if error.cause_response_code != _CONDITION_FAILED:
            raise
        return False
    return True


def find_run(run_id: str) -> Run | None:
    """Return the run, or None; a strongly consistent read."""
    try:
        return _run(RunItem.get(run_id, consistent_read=True))
    except RunItem.DoesNotExist:
        return None


def find_runs(run_ids: Iterable[str]) -> list[Run]:
    """Return those of the runs that exist, in no order; strongly consistent reads."""
    return [_run(item) for item in RunItem.batch_get(list(run_ids), consistent_read=True)]


def get_run(run_id: str, code: str = "run-unknown") -> Run:
    """Return the run; NotFound with `code`."""
    run = find_run(run_id)
    if run is None:
        raise NotFound(code, f"there is no run {run_id!r}", id=run_id)
    return run


def replace_run(read: Run, changed: Run) -> None:
    """Store `changed` if the run is still as it was `read`; Conflict `run-changed` otherwise."""
    assert read.run_id == changed.run_id, "a run keeps its id"
    unchanged = (RunItem.body == canonical_json(read.body)) & (RunItem.state == read.state)
    try:
        _item(changed).save(unchanged)
    except PutError as error:
        if error.cause_response_code != _CONDITION_FAILED:
            raise
        raise Conflict("run-changed", "another worker has taken this run on", id=read.run_id) from None


def list_runs(kind: str, limit: int, cursor: str | None = None) -> Page:
    """Return a page of the runs of one kind, newest first, as dicts of all their fields."""
    last_key = json.loads(cursor) if cursor else None
    found = RunItem.by_kind.query(kind, scan_index_forward=False, limit=limit, last_evaluated_key=last_key)
    items = [_shown(_run(item)) for item in found]
    more = found.last_evaluated_key if len(items) == limit else None
    return Page(items, json.dumps(more, separators=(",", ":")) if more else None)


def _shown(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "kind": run.kind,
        "started_at": run.started_at,
        "state": run.state,
        **run.body,
    }


def _item(run: Run) -> RunItem:
    return RunItem(
        run.run_id, kind=run.kind, started_at=run.started_at, state=run.state, body=canonical_json(run.body)
    )


def _run(item: RunItem) -> Run:
    return Run(item.run_id, item.kind, item.started_at, item.state, json.loads(item.body))
