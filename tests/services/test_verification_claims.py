"""Claims of verification batches: no day of a methodology and source is in two open batches, whoever is first."""

from typing import Any

import pytest

from chalicelib.errors import Conflict
from chalicelib.services.verifications import get_batch, open_batch, reject_batch
from chalicelib.store import cases
from chalicelib.store.transactions import Transaction
from tests.services import delivering
from tests.services.ledger import NOW
from tests.services.verifying import ASKED, SUN, Queue, demand_verification, return_clothes

OTHER = {**ASKED, "batch_id": "batch-0002"}


@pytest.fixture
def queue(tables: None, monkeypatch: pytest.MonkeyPatch) -> Queue:
    """A resident whose clothes wait, and the queue."""
    delivering.add_bucket()
    demand_verification(monkeypatch)
    return_clothes("res_0", "bag-1")
    return Queue(monkeypatch)


@pytest.mark.parametrize(
    "changes", [{}, {"from_on": "2026-11-21", "to_on": "2026-11-30"}, {"to_on": "2026-11-18"}]
)
def test_days_that_overlap_wait_for_the_open_batch(queue: Queue, changes: dict[str, Any]) -> None:
    first = open_batch(ASKED, SUN, NOW)
    with pytest.raises(Conflict) as refused:
        open_batch({**OTHER, **changes}, SUN, NOW)
    assert (refused.value.code, refused.value.facts["batch_id"]) == (
        "verification-overlaps",
        first["batch_id"],
    )


@pytest.mark.parametrize("changes", [{"source": "other"}, {"from_on": "2026-11-22", "to_on": "2026-11-22"}])
def test_other_days_and_other_sources_do_not_wait(queue: Queue, changes: dict[str, Any]) -> None:
    open_batch(ASKED, SUN, NOW)
    assert open_batch({**OTHER, **changes}, SUN, NOW)["state"] == "drawing"


def test_a_closed_batch_gives_its_days_free(queue: Queue) -> None:
    first = open_batch(ASKED, SUN, NOW)
    queue.work_off()
    reject_batch(first["batch_id"], "回收单对不上", SUN, NOW)
    with pytest.raises(Conflict, match="verification-overlaps"):
        open_batch(OTHER, SUN, NOW)
    queue.work_off()
    assert open_batch(OTHER, SUN, NOW)["state"] == "drawing"


def test_of_two_opened_at_once_one_is_refused(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    commit, calls = Transaction.commit, []

    def overtaken(self: Transaction) -> None:
        calls.append(1)
        if len(calls) == 1:
            open_batch(OTHER, SUN, NOW)
        commit(self)

    monkeypatch.setattr(Transaction, "commit", overtaken)
    with pytest.raises(Conflict, match="verification-overlaps"):
        open_batch(ASKED, SUN, NOW)
    assert get_batch("ver_batch-0002")["state"] == "drawing"
    assert cases.find_case_of_any_kind("ver_batch-0001") is None


def test_the_same_batch_opened_twice_at_once_is_one(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    commit, calls = Transaction.commit, []

    def overtaken(self: Transaction) -> None:
        calls.append(1)
        if len(calls) == 1:
            open_batch(ASKED, SUN, NOW)
        commit(self)

    monkeypatch.setattr(Transaction, "commit", overtaken)
    assert open_batch(ASKED, SUN, NOW)["_hit"]


def test_an_id_that_stands_for_something_else_is_refused(queue: Queue) -> None:
    cases.add_case(
        cases.Case("ver_batch-0001", "activity-verification", "deciding", "res_0", "2026", "9999", {})
    )
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        open_batch(ASKED, SUN, NOW)
