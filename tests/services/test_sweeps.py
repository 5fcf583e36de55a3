"""Sweeps: every account once, whatever is cut, killed, delivered twice or raced."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.errors import Conflict
from chalicelib.services import sweep_slices
from chalicelib.services.sweep_slices import sweep_through
from chalicelib.services.sweeps import (
    DONE,
    OVERTAKEN,
    RUNNING,
    UNFINISHED,
    Result,
    Slice,
    Sweep,
    list_sweeps,
    run_sweep_now,
    start_sweep,
    work_on,
)
from chalicelib.store import queues, runs
from chalicelib.store.scanning import ACCOUNTS, ENTRIES, Group
from chalicelib.store.sheets import parse_sheet
from tests.services.ledger import NOW, record

RESIDENTS = 12


def count(here: Slice, groups: Iterator[Group]) -> Result:
    """Count accounts and activities, and which account was seen how often."""
    seen: Counter[str] = Counter()
    activities = 0
    for group in groups:
        seen[group.id] += 1
        items = [item for item in group.items if item["item"]["S"] != "account"]
        activities += sum(parse_sheet(item).version for item in items)
    return {"seen": dict(seen), "activities": activities}


def add(one: Result, other: Result) -> Result:
    return {
        "seen": dict(Counter(one["seen"]) + Counter(other["seen"])),
        "activities": one["activities"] + other["activities"],
    }


def finish(here: Slice, result: Result) -> Result:
    return {**result, "factor": here.params["factor"]}


COUNT = Sweep("count", count, add, finish, segments=3, slice_groups=2)
PARAMS = {"factor": 7}
EXPECTED = {
    "seen": {f"res_{number:02d}": 1 for number in range(RESIDENTS)},
    "activities": RESIDENTS + 1,
    "factor": 7,
}


@pytest.fixture
def residents(tables: None) -> None:
    """Twelve residents with a ride each; one of them has a second sheet."""
    for number in range(RESIDENTS):
        record(f"res_{number:02d}", "e1")
    record("res_05", "e2", at=NOW)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The messages that are waiting."""
    waiting: list[dict[str, Any]] = []
    monkeypatch.setattr(queues, "send_message", lambda _, body: waiting.append(body))
    return waiting


def after(calls: int) -> Any:
    """Return a `should_stop` that says stop from that call on."""
    left = [calls]

    def should_stop() -> bool:
        left[0] -= 1
        return left[0] < 0

    return should_stop


def work(message: dict[str, Any], calls: int = 1000) -> str:
    return work_on(COUNT, message["sweep"], message["part"], NOW, after(calls))


def test_a_sweep_done_at_once_sees_every_account_once(residents: None, queue: list[Any]) -> None:
    heard: list[dict[str, int]] = []
    assert run_sweep_now(COUNT, "swp_1", PARAMS, NOW, heard.append) == EXPECTED
    assert [progress["parts_done"] for progress in heard] == [1, 2, 3]
    assert heard[-1]["groups"] == RESIDENTS
    assert queue == []


def test_a_sweep_may_be_done_without_a_record_of_it(residents: None, queue: list[Any]) -> None:
    heard: list[dict[str, int]] = []
    assert sweep_through(COUNT, "swp_1", PARAMS, NOW, heard.append) == EXPECTED
    assert heard[-1] == {"parts": 3, "parts_done": 3, "groups": RESIDENTS}
    assert list_sweeps("count", 10).items == []


def test_a_queued_sweep_goes_on_through_the_queue_and_ends_with_the_same(
    residents: None, queue: list[Any]
) -> None:
    start_sweep(COUNT, "swp_1", PARAMS, NOW)
    assert len(queue) == 3
    states = []
    while queue:
        states.append(work(queue.pop(0), calls=1))
    assert UNFINISHED in states
    assert states[-1] == DONE
    (shown,) = list_sweeps("count", 10).items
    assert shown["result"] == EXPECTED
    assert (shown["state"], shown["progress"]) == (DONE, {"parts": 3, "parts_done": 3, "groups": RESIDENTS})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    picks=st.lists(st.integers(0, 5), max_size=20),
    stops=st.lists(st.integers(0, 5), max_size=12),
    kills=st.lists(st.none() | st.integers(0, 2), max_size=12),
    twice=st.lists(st.booleans(), max_size=12),
    number=st.integers(0, 10**12),
)
def test_killed_anywhere_and_delivered_twice_a_sweep_gives_the_same_result(
    residents: None,
    picks: list[int],
    stops: list[int],
    kills: list[int | None],
    twice: list[bool],
    number: int,
) -> None:
    waiting: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queues, "send_message", lambda _, body: waiting.append(body))
        start_sweep(COUNT, f"swp_{number}", PARAMS, NOW)
        while waiting:
            message = waiting.pop(picks.pop() % len(waiting) if picks else 0)
            if twice and twice.pop():
                waiting.append(message)
            with pytest.MonkeyPatch.context() as killing:
                if kills and (writes := kills.pop()) is not None:
                    _kill_after(killing, writes)
                try:
                    work(message, stops.pop() if stops else 1000)
                except KeyboardInterrupt:
                    waiting.append(message)
    assert runs.get_run(f"swp_{number}").body["result"] == EXPECTED


def _kill_after(patch: pytest.MonkeyPatch, writes: int) -> None:
    real, left = runs.replace_run, [writes]

    def replace_run(read: Any, changed: Any) -> None:
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        real(read, changed)

    patch.setattr(runs, "replace_run", replace_run)


def test_of_two_workers_at_one_segment_the_slower_is_overtaken(
    residents: None, queue: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    start_sweep(COUNT, "swp_1", PARAMS, NOW)
    real, is_first = runs.replace_run, [True]

    def replace_run(read: Any, changed: Any) -> None:
        if is_first[0]:
            is_first[0] = False
            work(queue[0])
        real(read, changed)

    monkeypatch.setattr(runs, "replace_run", replace_run)
    assert work(queue[0]) == OVERTAKEN
    assert [work(message) for message in queue] == [RUNNING, RUNNING, DONE]
    assert runs.get_run("swp_1").body["result"] == EXPECTED


def test_a_sheet_that_comes_between_two_slices_does_not_show_its_account_again(
    residents: None, queue: list[Any]
) -> None:
    sweep = Sweep("count", count, add, finish, segments=1, slice_groups=1)
    start_sweep(sweep, "swp_1", PARAMS, NOW)
    while queue:
        work_on(sweep, "swp_1", queue.pop()["part"], NOW, after(0))
        for number in range(RESIDENTS):
            record(f"res_{number:02d}", f"late{number}", at=NOW)
    result = runs.get_run("swp_1").body["result"]
    assert result["seen"] == EXPECTED["seen"]


def test_starting_a_sweep_again_changes_nothing_and_sends_only_what_is_not_through(
    residents: None, queue: list[Any]
) -> None:
    start_sweep(COUNT, "swp_1", PARAMS, NOW)
    work(queue[1])
    queue.clear()
    start_sweep(COUNT, "swp_1", PARAMS, NOW)
    assert [message["part"] for message in queue] == [0, 2]
    for message in queue[:]:
        work(message)
    queue.clear()
    assert start_sweep(COUNT, "swp_1", PARAMS, NOW).state == DONE
    assert queue == []
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        start_sweep(COUNT, "swp_1", {"factor": 8}, NOW)


def test_a_sweep_may_read_several_sources_one_after_the_other(residents: None, queue: list[Any]) -> None:
    def visit(here: Slice, groups: Iterator[Group]) -> Result:
        return {here.source: sum(1 for _ in groups)}

    def total(one: Result, other: Result) -> Result:
        return dict(Counter(one) + Counter(other))

    both = Sweep("both", visit, total, lambda _, result: result, (ACCOUNTS, ENTRIES), segments=2)
    assert run_sweep_now(both, "swp_1", {}, NOW) == {"accounts": RESIDENTS}
    assert runs.get_run("swp_1").body["parts"] == 4


def test_an_empty_deployment_is_swept_too(tables: None, queue: list[Any]) -> None:
    assert run_sweep_now(COUNT, "swp_1", PARAMS, NOW) == {"seen": {}, "activities": 0, "factor": 7}


def test_a_visit_that_does_not_read_all_its_groups_or_is_not_bounded_is_our_mistake(
    residents: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lazy = Sweep("lazy", lambda here, groups: {}, add, finish)
    with pytest.raises(AssertionError, match="reads all groups"):
        run_sweep_now(lazy, "swp_1", PARAMS, NOW)
    monkeypatch.setattr(sweep_slices, "RESULT_BYTES_MAX", 20)
    with pytest.raises(AssertionError, match="not bounded"):
        run_sweep_now(COUNT, "swp_2", PARAMS, NOW)
