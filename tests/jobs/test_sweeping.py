"""The queue's side of sweeps: messages find their sweep, operators see how far it is."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.jobs import sweeping, work
from chalicelib.services import job_runs
from chalicelib.services.job_runs import list_job_runs
from chalicelib.services.sweeps import Slice, Sweep, start_sweep
from chalicelib.store import queues
from chalicelib.store.scanning import Group
from tests.services.ledger import NOW, record


def visit(here: Slice, groups: Iterator[Group]) -> dict[str, Any]:
    return {"accounts": sum(1 for _ in groups)}


def add(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {"accounts": one["accounts"] + other["accounts"]}


TALLY = Sweep("tally", visit, add, lambda _, result: result, segments=2)


@pytest.fixture
def queue(tables: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The messages that are waiting, as they would arrive; the sweep `tally` is known."""
    import json

    waiting: list[str] = []
    monkeypatch.setattr(queues, "send_message", lambda _, body: waiting.append(json.dumps(body)))
    monkeypatch.setitem(sweeping.SWEEPS, "tally", TALLY)
    monkeypatch.setattr(job_runs, "JOBS", (*job_runs.JOBS, "tally"))
    monkeypatch.setattr(job_runs, "SWEEPS", (*job_runs.SWEEPS, "tally"))
    return waiting


def test_messages_carry_a_sweep_to_its_end_and_operators_see_how_far_it_is(queue: list[str]) -> None:
    for number in range(3):
        record(f"res_{number}", "e1")
    start_sweep(TALLY, "swp_1", {}, NOW)
    assert work.handle(queue.pop(0), NOW, lambda: False) == "running"
    (run,) = list_job_runs("tally", 5, None).items
    assert (run["state"], run["progress"]["parts_done"], run["progress"]["parts"]) == ("running", 1, 2)
    assert work.handle(queue.pop(0), NOW, lambda: False) == "done"
    (run,) = list_job_runs("tally", 5, None).items
    assert (run["state"], run["result"]) == ("done", {"accounts": 3})


def test_a_sweep_that_nobody_knows_ends_in_the_dead_letters(
    queue: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start_sweep(TALLY, "swp_1", {}, NOW)
    monkeypatch.delitem(sweeping.SWEEPS, "tally")
    with pytest.raises(KeyError):
        work.handle(queue[0], NOW, lambda: False)


def test_operators_see_exactly_the_sweeps_that_exist() -> None:
    assert set(job_runs.SWEEPS) == set(sweeping.SWEEPS)
    assert set(job_runs.SWEEPS) <= set(job_runs.JOBS)
