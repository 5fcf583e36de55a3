"""The calendar of jobs: one at a time, caught up when missed, run by hand for another instant on a demonstration."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import config as configuration
from chalicelib.domain.calendar import ASK_AGAIN, FAILURES_MAX, GRACE, LEASE
from chalicelib.errors import InvalidInput, Refused
from chalicelib.jobs import calendar, running, settling, work
from chalicelib.services import calendar as kept
from chalicelib.services.job_calendar import show_jobs
from chalicelib.store import queues
from tests.conftest import Clock
from tests.killing import run_killed
from tests.services.ledger import record

AT_NIGHT = datetime(2026, 11, 21, 18, 10, 1, tzinfo=UTC)


@pytest.fixture
def sent(tables: None, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The messages sent to queues; the clock stands at 18:10 UTC, when settling begins."""
    messages: list[dict[str, Any]] = []

    def send(queue: str, body: dict[str, Any], delay_s: int = 0) -> None:
        messages.append(body)

    for module in (calendar, running, queues):
        monkeypatch.setattr(module, "send_message", send)
    clock.now = AT_NIGHT
    return messages


def settle(clock: Clock, run: Any = settling.run, **asked: Any) -> str:
    return calendar.in_turn("settle", run, asked, clock.now, lambda: False)


def shown(job: str, clock: Clock) -> dict[str, Any]:
    return next(row for row in show_jobs(clock.now) if row["job"] == job)


def watch(clock: Clock) -> None:
    calendar.run(clock.now, lambda: False)


def test_a_run_that_succeeds_is_through_with_its_instant(sent: list[Any], clock: Clock) -> None:
    assert settle(clock) == "done"
    job = shown("settle", clock)
    assert (job["done_for"], job["missed"], job["running_since"]) == ("2026-11-21T18:10:00.000Z", 0, None)
    assert job["next_run_at"] == "2026-11-22T18:10:00.000Z"
    assert job["last_success_at"] is not None


def test_two_never_run_a_job_at_once_and_a_dead_owners_lease_ends(sent: list[Any], clock: Clock) -> None:
    states = []

    def meet(now: datetime, should_stop: Any) -> str:
        clock.pass_(minutes=1)
        states.append(settle(clock))
        assert shown("settle", clock)["running_since"] == "2026-11-21T18:10:01.000Z"
        return "done"

    assert settle(clock, meet) == "done"
    assert states == ["busy"]

    def die(now: datetime, should_stop: Any) -> str:
        raise KeyboardInterrupt

    clock.pass_(days=1)
    with pytest.raises(KeyboardInterrupt):
        settle(clock, die)
    clock.now += LEASE - timedelta(seconds=1)
    assert settle(clock) == "busy"
    clock.pass_(seconds=1)
    assert settle(clock) == "done"


def test_work_that_comes_before_its_sender_gave_the_job_back_is_kept_for_later(
    sent: list[Any], clock: Clock
) -> None:
    message = '{"job": "settle"}'
    kept.take_turn("settle", "own_1", clock.now)
    assert work.handle(message, clock.now, lambda: False) == "busy"
    assert sent == [{"job": "settle"}]
    kept.end_turn("settle", "own_1", False, clock.now)
    assert work.handle(message, clock.now, lambda: False) == "done"
    assert len(sent) == 1


def test_an_owner_that_lost_its_lease_changes_nothing_any_more(sent: list[Any], clock: Clock) -> None:
    def be_overtaken(now: datetime, should_stop: Any) -> str:
        clock.now += LEASE
        assert settle(clock, lambda now, should_stop: "unfinished") == "unfinished"
        return "done"

    assert settle(clock, be_overtaken) == "done"
    assert shown("settle", clock)["done_for"] == "2026-11-20T18:10:00.000Z", "the other one is not through"


def test_two_that_take_a_turn_at_once_do_not_both_get_it(
    sent: list[Any], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.take_turn("settle", "own_0", clock.now)
    kept.end_turn("settle", "own_0", False, clock.now)
    real, winners = kept._replace, []

    def race(run: Any, changed: Any) -> None:
        monkeypatch.setattr(kept, "_replace", real)
        winners.append(kept.take_turn("settle", "own_2", clock.now))
        real(run, changed)

    monkeypatch.setattr(kept, "_replace", race)
    assert kept.take_turn("settle", "own_1", clock.now) is False
    assert winners == [True]


def test_a_missed_night_is_caught_up_once_through_the_queue(sent: list[Any], clock: Clock) -> None:
    record("res_a", "e1", at=clock.now - timedelta(days=2), now=clock.now - timedelta(days=2))
    watch(clock)
    assert sent == [], "what was never seen has nothing to make up for"
    clock.pass_(days=3)
    assert shown("settle", clock)["missed"] == 3
    watch(clock)
    asked = [message["job"] for message in sent]
    assert "settle" in asked
    assert asked.index("recheck") < asked.index("settle"), "in the order of the table"
    watch(clock)
    assert len(sent) == len(asked), "nobody is asked twice while the question waits"
    message = next(message for message in sent if message["job"] == "settle")
    assert work.handle(json.dumps(message), clock.now, lambda: False) == "done"
    job = shown("settle", clock)
    assert (job["missed"], job["last_run"]["counts"]["sheets"]) == (0, 1)


def test_a_question_that_got_lost_is_asked_again(sent: list[Any], clock: Clock) -> None:
    watch(clock)
    clock.pass_(days=1)
    watch(clock)
    clock.now += ASK_AGAIN
    watch(clock)
    assert [message["job"] for message in sent].count("settle") == 2


def test_a_job_that_is_late_by_less_than_the_grace_is_not_missed(sent: list[Any], clock: Clock) -> None:
    settle(clock)
    clock.now = AT_NIGHT + timedelta(days=1) + GRACE - timedelta(seconds=2)
    assert shown("settle", clock)["missed"] == 0
    clock.pass_(seconds=2)
    assert shown("settle", clock)["missed"] == 1


def test_a_job_that_always_fails_is_given_up_until_its_next_instant(sent: list[Any], clock: Clock) -> None:
    def fail(now: datetime, should_stop: Any) -> str:
        raise ValueError("cannot")

    watch(clock)
    clock.pass_(days=1)
    for _ in range(FAILURES_MAX + 2):
        sent.clear()
        watch(clock)
        if any(message["job"] == "settle" for message in sent):
            with pytest.raises(ValueError, match="cannot"):
                settle(clock, fail)
        clock.now += ASK_AGAIN
    assert shown("settle", clock)["failures"] == FAILURES_MAX
    clock.pass_(days=1)
    sent.clear()
    watch(clock)
    assert {"job": "settle"} in sent


def test_a_job_out_of_time_goes_on_through_the_queue_and_is_not_through_before(
    sent: list[Any], clock: Clock
) -> None:
    for number in range(3):
        record(f"res_{number}", "e1", at=clock.now - timedelta(days=1), now=clock.now)
    steps = iter([False, True])
    assert calendar.in_turn("settle", settling.run, {}, clock.now, lambda: next(steps)) == "unfinished"
    assert shown("settle", clock)["done_for"] == "2026-11-20T18:10:00.000Z"
    assert sent == [{"job": "settle"}]
    assert work.handle(json.dumps(sent[0]), clock.now, lambda: False) == "done"
    assert shown("settle", clock)["done_for"] == "2026-11-21T18:10:00.000Z"


def test_a_sweep_is_through_when_its_last_part_is(sent: list[Any], clock: Clock) -> None:
    clock.now = datetime(2026, 11, 21, 18, 40, 5, tzinfo=UTC)
    assert work.handle('{"job": "expire"}', clock.now, lambda: False) == "running"
    for number, message in enumerate(list(sent)):
        assert shown("expire", clock)["done_for"] == "2026-11-20T18:40:00.000Z"
        assert shown("expire", clock)["progress"]["parts_done"] == number
        work.handle(json.dumps(message), clock.now, lambda: False)
    job = shown("expire", clock)
    assert (job["done_for"], job["progress"], job["running_since"]) == (
        "2026-11-21T18:40:00.000Z",
        None,
        None,
    )


def test_by_hand_a_job_runs_for_another_instant_and_leaves_the_calendar_alone(
    sent: list[Any], clock: Clock
) -> None:
    record("res_a", "e1", at=clock.now, now=clock.now)
    settle(clock)
    before = kept.list_standings()["settle"]
    steps = iter([True])
    later = "2026-11-25T18:10:00Z"
    assert (
        calendar.in_turn("settle", settling.run, {"at": later}, clock.now, lambda: next(steps))
        == "unfinished"
    )
    assert sent == [{"job": "settle", "at": "2026-11-25T18:10:00.000Z"}]
    assert work.handle(json.dumps(sent[0]), clock.now, lambda: False) == "done"
    assert kept.list_standings()["settle"] == before


def test_only_a_demonstration_travels_in_time_and_only_to_an_instant(
    sent: list[Any], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput):
        settle(clock, at="tomorrow")
    real = configuration.read_config({"TANHUI_STAGE": "test"})
    monkeypatch.setattr(calendar, "config", lambda: real)
    with pytest.raises(Refused) as refused:
        settle(clock, at="2027-01-01T18:40:00Z")
    assert refused.value.code == "time-travel-refused"


def test_the_watch_killed_at_any_write_asks_all_the_same(sent: list[Any], clock: Clock) -> None:
    watch(clock)
    clock.pass_(days=1)
    at = 1
    while run_killed(lambda: watch(clock), at, after=True):
        at += 1
        clock.now += ASK_AGAIN
    assert {message["job"] for message in sent} >= {"settle", "expire", "audit", "remind"}
