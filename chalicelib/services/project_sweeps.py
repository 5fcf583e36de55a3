"""Owns the search for what a project claims in days that are closed already: a sweep over all accounts, once a list.

Must not decide what a claim means; `services.rechecking` reverses. Open days are looked at every night anyway.
"""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import count
from typing import Any

from chalicelib.domain.days import local_day
from chalicelib.domain.rechecking import assets_on
from chalicelib.domain.sheets import Sheet
from chalicelib.profiles import current_profile
from chalicelib.services.projects import BATCH, KIND
from chalicelib.services.rechecking import Rechecked, recheck_sheets
from chalicelib.services.sweeps import DONE, Result, Slice, Sweep, start_sweep
from chalicelib.store import runs
from chalicelib.store.catalogue import list_documents
from chalicelib.store.scanning import Group
from chalicelib.store.sheets import parse_sheet

_SHEETS_AT_ONCE = 100


def visit(here: Slice, groups: Iterator[Group]) -> Result:
    """Recheck every sheet of the project's period that has an asset on it."""
    from_on, to_on = (date.fromisoformat(here.params[name]) for name in ("from_on", "to_on"))
    result, waiting = Rechecked(), list[Sheet]()
    for group in groups:
        for item in group.items:
            if not item["item"]["S"].startswith("sheet#"):
                continue
            sheet = parse_sheet(item)
            if from_on <= sheet.on <= to_on and assets_on(sheet):
                waiting.append(sheet)
        if len(waiting) >= _SHEETS_AT_ONCE:
            recheck_sheets(waiting, here.now, result)
            waiting.clear()
    recheck_sheets(waiting, here.now, result)
    return {"sheets": result.sheets, "reversed": result.reversed, "failed": result.failed}


def add(one: Result, other: Result) -> Result:
    """Return the counts of two slices together."""
    return {name: one[name] + other[name] for name in one}


def finish(_here: Slice, result: Result) -> Result:
    """Return the counts as they are."""
    return result


PROJECT_ASSETS = Sweep("project-assets", visit, add, finish)


def start_due_sweeps(now: datetime) -> list[str]:
    """Start a sweep for every project with days past whose list of assets has grown since its last; return their ids.

    A list is known by how many batches it has: batches are written once. A sweep that was cut off is gone on with; one
    in which sheets failed is followed by another.
    """
    today = local_day(now, current_profile().tz).isoformat()
    started = []
    for project in list_documents(KIND):
        batches = list_documents(BATCH, f"{project['id']}.")
        if not batches or project["from_on"] >= today:
            continue
        sweep_id = _due_sweep(f"sweep-{project['id']}-{len(batches)}")
        if sweep_id is not None:
            start_sweep(PROJECT_ASSETS, sweep_id, _params(project), now)
            started.append(sweep_id)
    return started


def _due_sweep(first_id: str) -> str | None:
    """Return the sweep over one list that has still to be begun or gone on with; None when one went through whole."""
    for number in count():
        sweep_id = f"{first_id}-r{number}" if number else first_id
        run = runs.find_run(sweep_id)
        if run is None or run.state != DONE:
            return sweep_id
        if run.body["result"]["failed"] == 0:
            return None
    raise AssertionError("counting does not end")


def _params(project: dict[str, Any]) -> dict[str, Any]:
    return {"project_id": project["id"], "from_on": project["from_on"], "to_on": project["to_on"]}
