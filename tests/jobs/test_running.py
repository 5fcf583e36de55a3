"""Jobs: noted, bounded, handed on."""

import json
from datetime import timedelta

import pytest

from chalicelib.jobs import auditing, expiring, releasing, running, settling, work
from chalicelib.services.job_runs import list_jobs
from chalicelib.store.accounts import find_account
from chalicelib.store.client import dynamodb
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


def test_every_job_runs_on_an_empty_deployment(tables, sent):
    for job in (settling, expiring, releasing, auditing):
        assert job.run(NOW, lambda: False) == "done"


def test_an_audit_that_finds_something_fails(tables, sent):
    record("res_a", "e1")
    settling.run(NOW, lambda: False)
    account = find_account("res_a")
    assert account is not None
    changed = {":state": {"S": '{"carry":500,"held":[0,0],"lots":[[2026,"2027-12-31",99,515]],"settled":{}}'}}
    key = {"account_id": {"S": "res_a"}, "item": {"S": "account"}}
    dynamodb().update_item(
        TableName="tanhui-test-accounts",
        Key=key,
        UpdateExpression="SET #s = :state",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues=changed,
    )
    with pytest.raises(auditing.AuditFailed):
        auditing.run(NOW + timedelta(hours=1), lambda: False)
    assert last_run("audit")["counts"]["findings"] == 1


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
