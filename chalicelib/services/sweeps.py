"""Owns sweeps: passes over all accounts (or another large table) as work that may be cut, killed and repeated anywhere.

Must not know what a sweep is for; a `Sweep` brings that. How to have one:

1. Write `visit(here, groups) -> dict`. It is handed some accounts, one `Group` each (`group.id` is the account id,
   `group.items` its account item and all its day sheets as stored; parse them with `parse_account`, `parse_sheet`), and
   returns what they add up to, as JSON of whole numbers and texts, bounded: it does not grow with the accounts.
   Without accounts it returns its zero. A visit may be repeated, with the same accounts or fewer or more of them
   behind the same first one, also by two workers at once: what it writes has natural keys (account, day, sweep id)
   and conditions. One account that cannot be worked on must not stop the rest: wrap it in `failures.attempted`.
2. Write `merge(a, b) -> dict`, associative, over results of `visit`.
3. Write `finish(here, result) -> dict`: called with everything merged, when the last segment is through. It may be
   called twice, also at once; what it returns is kept as the run's `result` (bounded, too).
4. Make `MY = Sweep("my-name", visit, merge, finish)`, add it to the table in `jobs/sweeping.py` and its name to `JOBS`
   and `SWEEPS` in `services/job_runs.py`; operators then see its runs and progress among the jobs. What it reads and
   writes, the function `work` must be allowed to; whoever starts it, to send to the queue `jobs` (`infra/policies.py`).
5. Start it by `start_sweep(MY, sweep_id, params, now)`: starting the same id again changes nothing, it only sends what
   is not through into the queue again. `run_sweep_now(MY, …)` does all of it here and returns the result;
   `sweep_slices.sweep_through` the same without keeping a run. `params` are JSON and reach `visit` and `finish` as
   `here.params`.

A sweep is one item in the runs table (`sweep#<name>`) and one for each segment (`sweep-part#<sweep id>`), so that
workers do not contend. A segment's cursor stands between accounts, never inside one, and moves together with its
result: what counts is counted once.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Any

from chalicelib.domain.days import from_text, to_text
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict
from chalicelib.services.sweep_slices import (
    OnProgress,
    Reader,
    Result,
    ShouldStop,
    Slice,
    Sweep,
    groups_of,
    merged,
    visit_slice,
)
from chalicelib.store import queues, runs
from chalicelib.store.runs import Run

__all__ = [
    "Result",
    "Slice",
    "Sweep",
    "list_sweeps",
    "progress_of",
    "run_sweep_now",
    "start_sweep",
    "work_on",
]

RUNNING, DONE, UNFINISHED, OVERTAKEN = "running", "done", "unfinished", "overtaken"


def start_sweep(sweep: Sweep, sweep_id: str, params: dict[str, Any], now: datetime) -> Run:
    """Begin the sweep, or go on with the one of that id; its segments go into the queue. Return its run.

    Conflict `idempotency-key-reused` when the id stands for another sweep or other parameters.
    """
    run = _begun(sweep, sweep_id, params, now)
    if run.state != DONE:
        for number, part in enumerate(_parts(run)):
            if part is None or part.state != DONE:
                _send(sweep_id, number)
    return run


def run_sweep_now(
    sweep: Sweep,
    sweep_id: str,
    params: dict[str, Any],
    now: datetime,
    on_progress: OnProgress = lambda progress: None,
) -> Result:
    """Do all of a sweep here and now and return its result; `on_progress` hears of every segment that is through."""
    run = _begun(sweep, sweep_id, params, now)
    for number in range(run.body["parts"]):
        state = work_on(sweep, sweep_id, number, now, lambda: False)
        assert state in (DONE, RUNNING), f"segment {number} is {state}: another worker is at it"
        on_progress(progress_of(runs.get_run(sweep_id)))
    result: Result = runs.get_run(sweep_id).body["result"]
    return result


def work_on(sweep: Sweep, sweep_id: str, number: int, now: datetime, should_stop: ShouldStop) -> str:
    """Go on with one segment until it is through or told to stop; the last one through finishes the sweep.

    Returns `done` (the sweep is), `running` (others are not through), `unfinished` (it has put itself into the queue
    again) or `overtaken` by another worker at the same segment.
    """
    run = runs.get_run(sweep_id)
    if run.state == DONE:
        return DONE
    part = _part(run, number)
    if part.state != DONE:
        try:
            is_through = _work(sweep, run, part, number, now, should_stop)
        except Conflict as error:
            if error.code != "run-changed":
                raise
            return OVERTAKEN
        if not is_through or should_stop():
            _send(sweep_id, number)
            return UNFINISHED
    return _finish_if_last(sweep, run, now)


def progress_of(run: Run) -> dict[str, int]:
    """Return `parts`, `parts_done` and the `groups` visited so far."""
    if run.state == DONE:
        return {"parts": run.body["parts"], "parts_done": run.body["parts"], "groups": run.body["groups"]}
    found = [part for part in _parts(run) if part is not None]
    return {
        "parts": run.body["parts"],
        "parts_done": sum(part.state == DONE for part in found),
        "groups": _groups_of(found),
    }


def list_sweeps(name: str, limit: int, cursor: str | None = None) -> Page:
    """Return a page of the runs of one sweep, newest first, each with its `progress`."""
    page = runs.list_runs(f"sweep#{name}", limit, cursor)
    items = [_shown(runs.get_run(item["run_id"])) for item in page.items]
    return Page(items, page.cursor)


def _shown(run: Run) -> dict[str, Any]:
    facts = {name: run.body[name] for name in ("params", "result", "ended_at")}
    return {
        "run_id": run.run_id,
        "kind": run.kind,
        "started_at": run.started_at,
        "state": run.state,
        "progress": progress_of(run),
        **facts,
    }


def _groups_of(parts: Iterable[Run]) -> int:
    return sum(part.body["groups"] for part in parts)


def _begun(sweep: Sweep, sweep_id: str, params: dict[str, Any], now: datetime) -> Run:
    body = {
        "params": params,
        "parts": sweep.parts,
        "segments": sweep.segments,
        "groups": 0,
        "result": None,
        "ended_at": None,
    }
    run = Run(sweep_id, f"sweep#{sweep.name}", to_text(now), RUNNING, body)
    if runs.add_run(run):
        return run
    known = runs.get_run(sweep_id)
    if (known.kind, known.body["params"]) != (run.kind, params):
        raise Conflict("idempotency-key-reused", "this id stands for another sweep")
    return known


def _work(sweep: Sweep, run: Run, part: Run, number: int, now: datetime, should_stop: ShouldStop) -> bool:
    """Visit slice after slice of one segment, saving each; return whether the segment is through."""
    # A deployment may change the sweep while it runs: what is cut up already stays cut as it was.
    segments = run.body["segments"]
    source, segment = sweep.sources[number // segments], number % segments
    whole = replace(_whole(run, now), source=source.name, segment=segment)
    groups = groups_of(sweep, source, whole, segments, part.body["cursor"])
    is_through = False
    while not is_through:
        here = replace(whole, number=part.body["slices"])
        reader, result = visit_slice(sweep, here, groups, should_stop)
        is_through = reader.is_at_end
        part = _saved(sweep, part, reader, result)
        if should_stop():
            break
    return is_through


def _saved(sweep: Sweep, part: Run, reader: Reader, result: Result) -> Run:
    body = {
        "cursor": reader.cursor or part.body["cursor"],
        "slices": part.body["slices"] + 1,
        "groups": part.body["groups"] + reader.count,
        "result": merged(sweep, part.body["result"], result),
    }
    changed = replace(part, state=DONE if reader.is_at_end else RUNNING, body=body)
    runs.replace_run(part, changed)
    return changed


def _finish_if_last(sweep: Sweep, run: Run, now: datetime) -> str:
    """Merge and finish when every segment is through. Of two that see it at once, both finish, one is recorded."""
    parts = [part for part in _parts(run) if part is not None and part.state == DONE]
    if len(parts) < run.body["parts"]:
        return RUNNING
    result = sweep.finish(_whole(run, now), reduce(sweep.merge, [part.body["result"] for part in parts]))
    facts = {"result": result, "ended_at": to_text(now), "groups": _groups_of(parts)}
    changed = replace(run, state=DONE, body=run.body | facts)
    try:
        runs.replace_run(run, changed)
    except Conflict:
        assert runs.get_run(run.run_id).state == DONE, "a sweep's run changes once"
    return DONE


def _whole(run: Run, now: datetime) -> Slice:
    return Slice(run.run_id, run.body["params"], from_text(run.started_at), now)


def _part_id(sweep_id: str, number: int) -> str:
    return f"{sweep_id}.{number:03d}"


def _part(run: Run, number: int) -> Run:
    """Return the item of one segment, made by whoever works on it first."""
    assert 0 <= number < run.body["parts"], f"{run.run_id} has no segment {number}"
    part_id = _part_id(run.run_id, number)
    known = runs.find_run(part_id)
    if known is not None:
        return known
    body = {"cursor": None, "slices": 0, "groups": 0, "result": None}
    part = Run(part_id, f"sweep-part#{run.run_id}", run.started_at, RUNNING, body)
    return part if runs.add_run(part) else runs.get_run(part_id)


def _parts(run: Run) -> list[Run | None]:
    ids = [_part_id(run.run_id, number) for number in range(run.body["parts"])]
    found = {part.run_id: part for part in runs.find_runs(ids)}
    return [found.get(part_id) for part_id in ids]


def _send(sweep_id: str, number: int) -> None:
    queues.send_message("jobs", {"sweep": sweep_id, "part": number})
