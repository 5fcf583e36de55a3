"""Verification batches: a sample anyone can redraw, judged, then all of it decided once, whatever is cut short."""

from collections.abc import Callable
from datetime import timedelta
from itertools import chain, repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.sheets import standing_of
from chalicelib.domain.verifying import draw_sample, rank_of
from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused
from chalicelib.services import corrections, verification_runs, verifications
from chalicelib.services.accreditations import Verifier
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.pending import decide_pending, list_pending, wanted_of
from chalicelib.services.verifications import (
    confirm_batch,
    get_batch,
    judge_sample,
    list_batches,
    open_batch,
    population_link,
    reject_batch,
    withdraw_batch,
)
from chalicelib.store import cases, files
from chalicelib.store.sheets import find_sheet, shard_of
from tests.services import delivering
from tests.services.ledger import NOW
from tests.services.verifying import ASKED, SUN, YESTERDAY, Queue, demand_verification, return_clothes

RESIDENTS = [f"res_{number}" for number in range(6)]


@pytest.fixture
def queue(tables: None, monkeypatch: pytest.MonkeyPatch) -> Queue:
    """Six residents whose clothes wait, and the queue."""
    delivering.add_bucket()
    demand_verification(monkeypatch)
    for resident in RESIDENTS:
        return_clothes(resident, f"bag-{resident}")
    return Queue(monkeypatch)


def opened(queue: Queue, **changes: Any) -> dict[str, Any]:
    """Open a batch and let its sample be drawn; return it."""
    made = open_batch({**ASKED, **changes}, SUN, NOW)
    queue.work_off()
    return get_batch(made["batch_id"])


def judge_all(batch: dict[str, Any], failing: int = 0) -> None:
    """Judge the whole sample, the first `failing` as not ok."""
    for drawn in batch["sample"]:
        result = "not-ok" if drawn["number"] <= failing else "ok"
        judge_sample(batch["batch_id"], drawn["number"], result, "看过回收单", SUN, NOW)


def outcomes() -> list[str]:
    """Return how the six activities stand, by resident."""
    found = []
    for resident in RESIDENTS:
        sheet = find_sheet(resident, YESTERDAY)
        assert sheet is not None
        found += [standing_of(sheet, key).outcome for key in sheet.activities]
    return found


def grams() -> int:
    return sum(read_balance(resident, NOW)["grams_co2e"] for resident in RESIDENTS)


def test_a_batch_goes_from_its_sample_to_credit_and_what_failed_is_rejected(queue: Queue) -> None:
    batch = opened(queue)
    assert (batch["state"], batch["population"], batch["drawn"], batch["judged"]) == ("open", 6, 3, 0)
    assert grams() == 0
    judge_all(batch, failing=1)
    decided = confirm_batch(batch["batch_id"], SUN, NOW)
    assert (decided["state"], decided["failures"]) == ("confirming", 1)
    assert queue.work_off() == ["confirmed"]
    done = get_batch(batch["batch_id"])
    assert done["result"] == {"credited": 5, "withheld": 0, "rejected": 1, "decided_before": 0, "no_room": 0}
    assert sorted(outcomes()) == ["accepted"] * 5 + ["rejected"]
    assert grams() == 5 * 2560
    assert run_audit().findings == []


def test_a_rejected_batch_leaves_all_of_it_without_worth(queue: Queue) -> None:
    batch = opened(queue)
    reject_batch(batch["batch_id"], "回收单对不上", SUN, NOW)
    assert queue.work_off() == ["rejected"]
    done = get_batch(batch["batch_id"])
    assert (done["reason"], done["result"]["rejected"]) == ("回收单对不上", 6)
    assert outcomes() == ["rejected"] * 6
    assert grams() == 0


def test_the_sample_can_be_drawn_again_from_the_seed_and_the_list(queue: Queue) -> None:
    batch = opened(queue)
    assert population_link(batch["batch_id"])["valid_s"] == 900
    listed = files.read_bytes(verifications.population_key(batch["batch_id"])).decode().split()
    assert len(listed) == 6
    assert not any("res_" in one for one in listed)
    drawn = [one["activity_id"] for one in batch["sample"]]
    assert drawn == sorted(listed, key=lambda one: rank_of(batch["seed"], one))[:3]


@given(st.sets(st.text("abc123", min_size=1), max_size=30), st.integers(1, 10), st.text(max_size=5))
def test_a_draw_depends_on_seed_and_list_alone(population: set[str], size: int, seed: str) -> None:
    drawn = draw_sample(seed, population, size)
    assert drawn == draw_sample(seed, sorted(population, reverse=True), size)
    assert len(drawn) == min(size, len(population))
    assert set(drawn) <= population
    left_out = population - set(drawn)
    assert all(rank_of(seed, out) > rank_of(seed, one) for out in left_out for one in drawn)


def test_what_arrives_after_the_drawing_is_not_credited_with_it(queue: Queue) -> None:
    batch = opened(queue)
    return_clothes("res_0", "bag-late", at=NOW - timedelta(days=2))
    judge_all(batch)
    confirm_batch(batch["batch_id"], SUN, NOW)
    queue.work_off()
    late = find_sheet("res_0", YESTERDAY - timedelta(days=1))
    assert late is not None
    assert [standing_of(late, key).outcome for key in late.activities] == ["pending"]


def test_a_batch_of_nothing_is_empty_and_one_of_too_much_says_so(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened(queue, batch_id="batch-none", source="other")["state"] == "empty"
    monkeypatch.setattr(verification_runs, "POPULATION_MAX", 3)
    batch = opened(queue)
    assert batch["state"] == "too-large"
    with pytest.raises(Conflict, match="verification-decided"):
        confirm_batch(batch["batch_id"], SUN, NOW)
    with pytest.raises(NotFound, match="file-missing"):
        population_link(batch["batch_id"])


def test_a_small_population_is_looked_at_whole(queue: Queue) -> None:
    assert opened(queue, sample_size=200)["drawn"] == 6


def test_nothing_is_confirmed_before_every_activity_of_the_sample_is_judged(queue: Queue) -> None:
    batch = opened(queue)
    judge_sample(batch["batch_id"], 1, "ok", "", SUN, NOW)
    with pytest.raises(Conflict) as refused:
        confirm_batch(batch["batch_id"], SUN, NOW)
    assert (refused.value.code, refused.value.facts["left"]) == ("sample-not-judged", 2)


def test_a_batch_is_decided_once_and_the_same_again_changes_nothing(queue: Queue) -> None:
    batch = opened(queue)
    judge_all(batch)
    assert not confirm_batch(batch["batch_id"], SUN, NOW)["_hit"]
    assert confirm_batch(batch["batch_id"], SUN, NOW)["_hit"]
    for late in (
        lambda: reject_batch(batch["batch_id"], "改主意了", SUN, NOW),
        lambda: judge_sample(batch["batch_id"], 1, "not-ok", "", SUN, NOW),
    ):
        with pytest.raises(Conflict, match="verification-decided"):
            late()
    queue.work_off()
    assert confirm_batch(batch["batch_id"], SUN, NOW)["_hit"]
    assert queue.messages == []
    assert grams() == 6 * 2560


def test_the_same_batch_asked_for_again_keeps_its_seed(queue: Queue) -> None:
    first = open_batch(ASKED, SUN, NOW)
    again = open_batch(ASKED, SUN, NOW)
    assert (again["seed"], again["_hit"]) == (first["seed"], True)
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        open_batch({**ASKED, "sample_size": 4}, SUN, NOW)
    with pytest.raises(InvalidInput):
        open_batch({**ASKED, "batch_id": "batch-0002", "methodology_id": "flying"}, SUN, NOW)


def test_of_two_who_judge_at_once_both_are_kept(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = opened(queue)
    write, calls = cases.replace_case, []

    def overtaken(read: cases.Case, changed: cases.Case) -> cases.Case:
        calls.append(1)
        if len(calls) == 1:
            judge_sample(batch["batch_id"], 2, "not-ok", "重量不符", Verifier("stf_li", "hezheng"), NOW)
        return write(read, changed)

    monkeypatch.setattr(cases, "replace_case", overtaken)
    judged = judge_sample(batch["batch_id"], 1, "ok", "", SUN, NOW)
    assert [one["result"] for one in judged["sample"]] == ["ok", "not-ok", None]


def test_what_was_decided_singly_before_is_left_as_it_is(queue: Queue) -> None:
    batch = opened(queue)
    decide_pending(batch["sample"][0]["pending_id"], "reject", "", SUN, NOW)
    judge_all(batch)
    confirm_batch(batch["batch_id"], SUN, NOW)
    queue.work_off()
    assert get_batch(batch["batch_id"])["result"] == {
        "credited": 5,
        "withheld": 0,
        "rejected": 0,
        "decided_before": 1,
        "no_room": 0,
    }
    assert get_batch(batch["batch_id"])["sample"][0]["outcome"] == "rejected"


def test_the_source_does_not_verify_itself(queue: Queue) -> None:
    batch = opened(queue)
    own = Verifier("stf_x", "huishou")
    for attempt in (
        lambda: open_batch({**ASKED, "batch_id": "batch-0002"}, own, NOW),
        lambda: judge_sample(batch["batch_id"], 1, "ok", "", own, NOW),
        lambda: reject_batch(batch["batch_id"], "没有理由", own, NOW),
    ):
        with pytest.raises(Forbidden, match="verifier-is-source"):
            attempt()


def test_open_batches_are_listed_by_deadline_without_their_samples(queue: Queue) -> None:
    return_clothes("res_0", "bag-early", at=NOW - timedelta(days=2))
    first = opened(queue, from_on="2026-11-20")
    open_batch({**ASKED, "batch_id": "batch-0002", "to_on": "2026-11-19"}, SUN, NOW - timedelta(days=1))
    queue.work_off()
    listed = list_batches("open", 9, None).items
    assert [one["batch_id"] for one in listed] == ["ver_batch-0002", first["batch_id"]]
    assert listed[1]["due_at"] == "2026-12-05T04:00:00.000Z"
    assert "sample" not in listed[0]


def test_out_of_time_the_work_goes_on_through_the_queue(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = open_batch(ASKED, SUN, NOW)
    queue.messages.clear()
    states = work_in_small_steps(queue, made["batch_id"])
    assert states[-1] == "open"
    assert len(states) > 5
    judge_all(get_batch(made["batch_id"]))
    confirm_batch(made["batch_id"], SUN, NOW)
    queue.messages.clear()
    states = work_in_small_steps(queue, made["batch_id"])
    assert states == ["unfinished"] * (len(states) - 1) + ["confirmed"]
    assert get_batch(made["batch_id"])["result"]["credited"] == 6
    assert grams() == 6 * 2560


def work_in_small_steps(queue: Queue, case_id: str) -> list[str]:
    """Work on a batch, told to stop after every second look at the time; return the states."""
    states = []
    while not states or states[-1] == "unfinished":
        looks = chain([False, False], repeat(True))
        states.append(verification_runs.work_on(case_id, NOW, looks.__next__))
        queue.messages.clear()
    return states


class Killed(BaseException):
    """The process is gone; nothing may catch it."""


def kill_at(call_no: int, patched: pytest.MonkeyPatch) -> None:
    """Let the `call_no`-th write be the last: before it took effect when the number is odd, after it when even."""
    calls = 0

    def lethal(inner: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == call_no and call_no % 2:
                raise Killed
            result = inner(*arguments, **more)
            if calls >= call_no:
                raise Killed
            return result

        return call

    for module, name in (
        (cases, "replace_case"),
        (files, "write_bytes"),
        (corrections, "confirm_activity"),
        (corrections, "reject_activity"),
    ):
        patched.setattr(module, name, lethal(getattr(module, name)))


@pytest.mark.parametrize("call_no", [1, 2, 5, 6, 31, 32, 33, 34])
def test_a_drawing_killed_at_any_write_draws_the_same_sample(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, call_no: int
) -> None:
    made = open_batch(ASKED, SUN, NOW)
    with monkeypatch.context() as patched:
        kill_at(call_no, patched)
        with pytest.raises(Killed):
            verification_runs.work_on(made["batch_id"], NOW, lambda: False)
    assert verification_runs.work_on(made["batch_id"], NOW, lambda: False) == "open"
    batch = get_batch(made["batch_id"])
    listed = files.read_bytes(verifications.population_key(made["batch_id"])).decode().split()
    assert [one["activity_id"] for one in batch["sample"]] == draw_sample(batch["seed"], listed, 3)
    assert batch["population"] == 6


@pytest.mark.parametrize("call_no", range(1, 9))
def test_an_application_killed_at_any_write_credits_everything_once(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, call_no: int
) -> None:
    batch = opened(queue)
    judge_all(batch, failing=1)
    monkeypatch.setattr(verification_runs, "LINES_PER_SAVE", 3)
    confirm_batch(batch["batch_id"], SUN, NOW)
    with monkeypatch.context() as patched:
        kill_at(call_no, patched)
        with pytest.raises(Killed):
            verification_runs.work_on(batch["batch_id"], NOW, lambda: False)
    assert verification_runs.work_on(batch["batch_id"], NOW, lambda: False) == "confirmed"
    assert get_batch(batch["batch_id"])["result"]["credited"] == 5
    assert grams() == 5 * 2560
    assert run_audit().findings == []


def test_an_activity_that_fails_does_not_stop_the_others_and_is_tried_again(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = opened(queue)
    judge_all(batch)
    confirm_batch(batch["batch_id"], SUN, NOW)
    apply = corrections.confirm_activity

    def failing(account_id: str, *more: Any) -> Any:
        if account_id == "res_3":
            raise ValueError("cannot be worked on")
        return apply(account_id, *more)

    with monkeypatch.context() as patched:
        patched.setattr(corrections, "confirm_activity", failing)
        with pytest.raises(verification_runs.CorrectionsFailed):
            queue.work_off()
    assert sorted(outcomes()) == ["accepted"] * 5 + ["pending"]
    assert verification_runs.hand_on_unfinished() == 1
    assert queue.work_off() == ["confirmed"]
    assert get_batch(batch["batch_id"])["result"]["credited"] == 6


def test_of_two_workers_on_one_batch_the_later_gives_up(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = opened(queue)
    judge_all(batch)
    confirm_batch(batch["batch_id"], SUN, NOW)
    apply, calls = corrections.confirm_activity, []

    def overtaken(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            assert verification_runs.work_on(batch["batch_id"], NOW, lambda: False) == "confirmed"
        return apply(*arguments)

    monkeypatch.setattr(corrections, "confirm_activity", overtaken)
    assert verification_runs.work_on(batch["batch_id"], NOW, lambda: False) == "overtaken"
    assert get_batch(batch["batch_id"])["result"]["credited"] == 6
    assert grams() == 6 * 2560


def test_a_batch_whose_message_was_lost_is_found_by_the_night(queue: Queue) -> None:
    made = open_batch(ASKED, SUN, NOW)
    queue.messages.clear()
    assert verification_runs.hand_on_unfinished() == 1
    assert queue.work_off() == ["open"]
    assert get_batch(made["batch_id"])["drawn"] == 3
    assert verification_runs.hand_on_unfinished() == 0


@pytest.mark.parametrize("number", [0, 4])
def test_a_number_outside_the_sample_is_unknown(queue: Queue, number: int) -> None:
    batch = opened(queue)
    with pytest.raises(NotFound, match="sample-unknown"):
        judge_sample(batch["batch_id"], number, "ok", "", SUN, NOW)
    with pytest.raises(NotFound, match="verification-unknown"):
        get_batch("ver_nothing")


def test_a_second_worker_who_comes_late_cannot_exchange_the_list_that_was_drawn_from(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = open_batch(ASKED, SUN, NOW)
    queue.messages.clear()
    write, mine = files.write_bytes, f"/{shard_of('res_0')}-"

    def overtaken(key: str, content: bytes) -> None:
        if mine in key and get_batch(made["batch_id"])["state"] == "drawing":
            monkeypatch.setattr(files, "write_bytes", write)
            return_clothes("res_0", "bag-late", at=NOW - timedelta(days=2))
            assert verification_runs.work_on(made["batch_id"], NOW, lambda: False) == "open"
        write(key, content)

    monkeypatch.setattr(files, "write_bytes", overtaken)
    assert verification_runs.work_on(made["batch_id"], NOW, lambda: False) == "overtaken"
    batch = get_batch(made["batch_id"])
    assert batch["population"] == 7
    judge_all(batch)
    confirm_batch(batch["batch_id"], SUN, NOW)
    assert queue.work_off() == ["confirmed"]
    assert get_batch(batch["batch_id"])["result"]["credited"] == 7


def test_what_a_full_day_cannot_take_is_reported_stays_pending_and_can_be_rejected(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    return_clothes("res_0", "bag-second")
    monkeypatch.setattr("chalicelib.domain.correcting.EVENTS_MAX", 2)
    batch = opened(queue)
    judge_all(batch)
    confirm_batch(batch["batch_id"], SUN, NOW)
    assert queue.work_off() == ["confirmed"]
    assert get_batch(batch["batch_id"])["result"] == {
        **{"credited": 5, "withheld": 0, "rejected": 0, "decided_before": 0},
        "no_room": 2,
    }
    left = list_pending(wanted_of("clothes-return", "huishou", None, None, NOW), 9, None).items
    assert len(left) == 2
    with pytest.raises(Refused, match="sheet-full"):
        decide_pending(left[0]["pending_id"], "confirm", "", SUN, NOW)
    assert decide_pending(left[0]["pending_id"], "reject", "", SUN, NOW)["state"] == "rejected"
    assert run_audit().findings == []


def test_a_batch_nobody_has_looked_at_is_withdrawn_and_what_is_in_it_waits_for_another(queue: Queue) -> None:
    batch = opened(queue)
    again = [withdraw_batch(batch["batch_id"], "日期填错了", SUN, NOW) for _ in range(2)]
    assert [(one["state"], one["reason"], one["_hit"]) for one in again] == [
        ("withdrawn", "日期填错了", False),
        ("withdrawn", "日期填错了", True),
    ]
    with pytest.raises(Conflict, match="verification-decided"):
        judge_sample(batch["batch_id"], 1, "ok", "", SUN, NOW)
    assert opened(queue, batch_id="batch-0002")["population"] == 6


def test_once_an_activity_of_the_sample_was_judged_there_is_no_drawing_anew(queue: Queue) -> None:
    batch = opened(queue)
    judge_sample(batch["batch_id"], 2, "not-ok", "重量不符", SUN, NOW)
    with pytest.raises(Conflict, match="sample-judged"):
        withdraw_batch(batch["batch_id"], "想重新抽样", SUN, NOW)


def test_a_batch_withdrawn_while_it_is_drawn_stays_so(queue: Queue) -> None:
    made = open_batch(ASKED, SUN, NOW)
    withdraw_batch(made["batch_id"], "日期填错了", SUN, NOW)
    assert queue.work_off() == ["withdrawn"]
    with pytest.raises(NotFound, match="file-missing"):
        population_link(made["batch_id"])


def test_a_night_hands_on_all_that_is_left_page_after_page(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification_runs, "PAGE_CASES", 2)
    for day in range(17, 22):
        days = {"from_on": f"2026-11-{day}", "to_on": f"2026-11-{day}"}
        open_batch({**ASKED, "batch_id": f"batch-00{day}", **days}, SUN, NOW)
    queue.messages.clear()
    assert verification_runs.hand_on_unfinished() == 5
