"""Jobs: noted, bounded, handed on."""

import json
from datetime import timedelta

import pytest

from chalicelib.jobs import auditing, expiring, releasing, running, settling, work
from chalicelib.services.job_runs import list_jobs
from chalicelib.store import queues
from tests.services.ledger import NOW, record


@pytest.fixture
def sent(monkeypatch):
    """The messages sent to queues."""
    messages: list[tuple[str, dict]] = []
    monkeypatch.setattr(running, "send_message", lambda queue, body: messages.append((queue, body)))
    return messages


def last_run(job):
    return next(row["last_run"] for row in list_jobs() if row["job"] == job)


def test_a_job_leaves_a_record_of_what_it_did(tables, sent):
    record("res_a", "e1")
    assert settling.run(NOW, lambda: False) == "done"
    run = last_run("settle")
    assert (run["state"], run["counts"], run["runs"]) == (
        "done",
        {"sheets": 1, "points": 51, "grams_co2e": 515, "failed": 0},
        1,
    )
    assert sent == []


def test_a_job_that_ran_out_of_time_goes_on_through_the_queue(tables, sent):
    for number in range(3):
        record(f"res_{number}", "e1")
    steps = iter([False, True])
    assert settling.run(NOW, lambda: next(steps)) == "unfinished"
    assert sent == [("jobs", {"job": "settle"})]
    assert work.handle(json.dumps(sent[0][1]), NOW, lambda: False) == "done"
    assert last_run("settle")["counts"]["sheets"] == 3
    assert last_run("settle")["runs"] == 2


def test_every_job_runs_on_an_empty_deployment(tables, sent, monkeypatch):
    monkeypatch.setattr(queues, "send_message", lambda queue, body: sent.append((queue, body)))
    for job in (settling, releasing):
        assert job.run(NOW, lambda: False) == "done"
    assert expiring.run(NOW, lambda: False) == "running"
    states = [work.handle(json.dumps(body), NOW, lambda: False) for _, body in sent]
    assert states == ["running"] * 15 + ["done"]


def test_the_audit_of_a_night_is_begun_once_and_worked_off_through_the_queue(tables, sent, monkeypatch):
    record("res_a", "e1")
    monkeypatch.setattr(queues, "send_message", lambda queue, body: sent.append((queue, body)))
    assert auditing.run(NOW, lambda: False) == "running"
    assert auditing.run(NOW + timedelta(minutes=1), lambda: False) == "running"
    states = [work.handle(json.dumps(body), NOW, lambda: False) for _, body in sent]
    assert states[-1] == "done"
    run = last_run("audit")
    assert (run["run_id"], run["state"], run["result"]["sheets"]) == ("audit-2026-11-21", "done", 1)


def test_a_message_that_names_no_job_is_not_swallowed(tables, sent):
    with pytest.raises(KeyError):
        work.handle('{"job": "unknown"}', NOW, lambda: False)


def test_a_job_whose_work_failed_in_part_is_noted_and_fails(tables, sent, monkeypatch):
    record("res_a", "e1")

    def fail(*_):
        raise ValueError("res_a cannot be worked on")

    monkeypatch.setattr("chalicelib.services.settling.settle_sheet", fail)
    with pytest.raises(running.JobFailed):
        settling.run(NOW, lambda: False)
    assert last_run("settle")["counts"]["failed"] == 1
