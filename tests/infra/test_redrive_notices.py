"""Dead letters of the journal's consumer: worked off once what was wrong is mended."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.services.messages import list_messages
from chalicelib.services.settling import settle_open_sheets
from chalicelib.store.queues import send_message
from infra.redrive_notices import redrive
from tests.services.ledger import NOW, record
from tests.services.telling import queues


@pytest.fixture
def queue(tables: None) -> Iterator[Any]:
    yield from queues()


def letters(queue: Any) -> list[Any]:
    """Return what still waits."""
    url = queue.get_queue_url(QueueName="tanhui-test-notices-dlq")["QueueUrl"]
    queue.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
    found = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [json.loads(message["Body"]) for message in found.get("Messages", [])]


def test_an_entry_whose_fault_is_mended_becomes_its_message_and_the_rest_stays(queue: Any) -> None:
    record("res_a", "e1")
    settle_open_sheets(NOW, lambda: False)
    for keys in ({"account_id": "res_a", "seq": "1"}, {"account_id": "res_x", "seq": "9"}):
        send_message("notices-dlq", {"table": "entries", "keys": keys, "error": "KeyError"})
    send_message("notices-dlq", {"DDBStreamBatchInfo": {"batchSize": 3}})
    assert redrive(NOW) == (1, 2)
    (message,) = list_messages("res_a", False, "zh-CN", 10, None).items
    assert message["kind"] == "points-granted"


def test_working_off_nothing_ends_at_once(queue: Any) -> None:
    assert redrive(NOW) == (0, 0)
    assert letters(queue) == []
