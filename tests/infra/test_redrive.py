"""Dead letters go back into their queue, and by hand a job says what became of it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from chalicelib.store.queues import _queue_url, _sqs, send_message
from infra import job
from infra.redrive import redrive
from tests.services.telling import queues


@pytest.fixture
def queue(tables: None) -> Iterator[Any]:
    for client in queues():
        client.create_queue(QueueName="tanhui-test-jobs-dlq")
        yield client


def test_dead_letters_are_in_their_queue_again_and_nowhere_else(queue: Any) -> None:
    for part in range(12):
        send_message("jobs-dlq", {"sweep": "expire-2028-01-01", "part": part})
    assert redrive("jobs") == (12, 0)
    assert redrive("jobs") == (0, 0)
    url = queue.get_queue_url(QueueName="tanhui-test-jobs")["QueueUrl"]
    found = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(found[0]["Body"])["sweep"] == "expire-2028-01-01"
    assert (_sqs.cache_info().currsize, _queue_url.cache_info().currsize) == (1, 2)
    assert boto3.client("sqs")


def test_a_job_that_does_not_exist_is_named_with_those_that_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["job", "none"])
    assert job.main() == 2
    assert "settle, expire, publish" in capsys.readouterr().err


def test_a_run_by_hand_says_how_it_ended(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: dict[str, dict[str, Any]] = {
        "settle": {"state": "done"},
        "audit": {"errorType": "ValueError", "errorMessage": "broken"},
        "expire": {"errorType": "Refused", "errorMessage": "time-travel-refused"},
    }
    monkeypatch.setattr(job, "invoke", lambda name, at: answers[name])
    assert [job.run(name, "") for name in answers] == [0, 1, 2]
    said = capsys.readouterr()
    assert "settle: done" in said.out
    assert "audit failed: ValueError broken" in said.err


def test_the_event_by_hand_names_its_instant_in_the_detail_only_when_there_is_one() -> None:
    assert job.event_of("settle", "")["detail"] == {}
    assert job.event_of("settle", "2027-01-01T00:00:00Z")["detail"] == {"at": "2027-01-01T00:00:00Z"}


def test_without_a_stack_the_table_is_shown_all_the_same() -> None:
    assert job.timetable().splitlines()[2].startswith("settle     cron(10 18 * * ? *)")
