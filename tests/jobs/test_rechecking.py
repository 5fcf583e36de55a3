"""The nightly search as a job: noted, handed on, and pushing what was cut off by day."""

import json

import pytest

from chalicelib.jobs import rechecking, running, work
from chalicelib.services import verifications
from chalicelib.services.job_runs import list_jobs
from tests.services import delivering
from tests.services.ledger import NOW, record
from tests.services.verifying import ASKED, SUN, Queue


def test_a_night_leaves_its_record_and_hands_on_what_waits(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivering.add_bucket()
    queue = Queue(monkeypatch)
    record("res_a", "e1")
    batch = verifications.open_batch(ASKED, SUN, NOW)
    queue.messages.clear()
    assert rechecking.run(NOW, lambda: False) == "done"
    run = next(row["last_run"] for row in list_jobs() if row["job"] == "recheck")
    assert run["counts"] == {"sheets": 1, "reversed": 0, "credited": 0, "failed": 0}
    assert queue.messages == [{"verification": batch["batch_id"]}]


def test_a_night_that_ran_out_of_time_goes_on_through_the_queue(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(running, "send_message", lambda queue, body: sent.append((queue, body)))
    record("res_a", "e1")
    assert rechecking.run(NOW, lambda: True) == "unfinished"
    assert sent == [("jobs", {"job": "recheck"})]
    assert work.handle(json.dumps(sent[0][1]), NOW, lambda: False) == "done"
