"""What the tests of messages share: residents who want them outside the app, queues, the local channel's lines."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from chalicelib.profiles import current_profile
from chalicelib.services.consents import give_consent
from chalicelib.services.local_sendings import list_local_sendings
from chalicelib.services.message_preferences import put_preferences
from chalicelib.store.client import Item, dynamodb
from chalicelib.store.queues import _queue_url, _sqs

# 12:00 and 22:00 in the city
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
VOIDED = {"points": 10, "redemption_id": "red_1"}


def queues() -> Iterator[Any]:
    """Create the queues of messages; use with `yield from` in a fixture that has the tables."""
    _sqs.cache_clear()
    _queue_url.cache_clear()
    client = boto3.client("sqs")
    for name in ("deliveries", "notices-dlq", "jobs"):
        client.create_queue(QueueName=f"tanhui-test-{name}")
    yield client
    _sqs.cache_clear()
    _queue_url.cache_clear()


def want_all(account_id: str, channel: str = "local") -> None:
    """Let a resident agree to messages outside the app and want every kind over `channel`."""
    version = current_profile().consents["messages"]["version"]
    give_consent(account_id, "messages", version, NOON)
    put_preferences(account_id, {channel: ["voucher-voided", "points-expiring", "voucher-due"]})


def asked_for(queue: Any) -> list[Any]:
    """Return and remove the attempts that were handed to the queue, those that are kept back included."""
    url = queue.get_queue_url(QueueName="tanhui-test-deliveries")["QueueUrl"]
    backend = _backend().get_queue("tanhui-test-deliveries")
    found = [message.body for message in backend._messages]
    backend._messages.clear()
    assert url
    return found


def _backend() -> Any:
    from moto.sqs.models import sqs_backends

    return sqs_backends["123456789012"]["cn-northwest-1"]


def given() -> list[dict[str, Any]]:
    """Return what the local channel was given, newest first."""
    return list_local_sendings(100, None).items


def stored() -> list[Item]:
    """Return everything in the messages table, in the order of its keys."""
    items = dynamodb().scan(TableName="tanhui-test-messages")["Items"]
    return sorted(items, key=lambda item: (item["account_id"]["S"], item["message_id"]["S"]))


def clear() -> None:
    """Remove everything in the messages table."""
    for item in stored():
        key = {name: item[name] for name in ("account_id", "message_id")}
        dynamodb().delete_item(TableName="tanhui-test-messages", Key=key)


def break_channel(monkeypatch: pytest.MonkeyPatch, failure: BaseException) -> list[Any]:
    """Let the local channel raise `failure`; return the list of what it is given meanwhile."""
    from chalicelib.services.channels import local

    tried: list[Any] = []

    def send(outgoing: Any) -> str:
        tried.append(outgoing)
        raise failure

    monkeypatch.setattr(local, "send", send)
    return tried
