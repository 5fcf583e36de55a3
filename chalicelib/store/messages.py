"""Owns the stored inbox: a message is put once and afterwards only marked as read.

Must not decide what becomes a message. The messages table holds, under a resident's account id: messages (ids begin
with a digit), `key.<digest>` for what was announced under a natural key, `to.<message>.<channel>` (`store.sendings`).
"""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.days import from_text
from chalicelib.domain.messages import KEPT_DAYS, Message
from chalicelib.store.client import BATCH_GET_MAX, Item, batch_get, dynamodb, number, query_all, text
from chalicelib.store.sheets import Key
from chalicelib.store.transactions import Transaction, TransactionLost

MESSAGE, NATURAL_KEY = "message", "natural key"
_PAST_THE_DIGITS = ":"


def message_key(account_id: str, message_id: str) -> Key:
    """Return table and key of an item of the inbox."""
    return config().table("messages"), {"account_id": text(account_id), "message_id": text(message_id)}


def purge_at(created_at: str) -> dict[str, Any]:
    """Return the second from which an item of that instant may be cleaned up."""
    return number(int((from_text(created_at) + timedelta(days=KEPT_DAYS)).timestamp()))


def message_item(message: Message) -> Item:
    """Return the stored form; only unread messages stand in the index of those."""
    item = {
        **message_key(message.account_id, message.message_id)[1],
        "kind": text(message.kind),
        "facts": text(canonical_json(dict(message.facts))),
        "created_at": text(message.created_at),
        "purge_at_epoch_s": purge_at(message.created_at),
    }
    if message.read_at is None:
        item["unread"] = text(message.message_id)
    else:
        item["read_at"] = text(message.read_at)
    return item


def parse_message(item: Item) -> Message:
    """Return the message stored as `item`."""
    return Message(
        item["account_id"]["S"],
        item["message_id"]["S"],
        item["kind"]["S"],
        json.loads(item["facts"]["S"]),
        item["created_at"]["S"],
        item["read_at"]["S"] if "read_at" in item else None,
    )


def insert_message(message: Message) -> bool:
    """Put a message; return False when it is there already, read or not, and change nothing."""
    client = dynamodb()
    table, _ = message_key(message.account_id, message.message_id)
    try:
        client.put_item(
            TableName=table,
            Item=message_item(message),
            ConditionExpression="attribute_not_exists(account_id)",
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def insert_with(message: Message, natural_key: str, items: Sequence[Item]) -> bool:
    """Put a message and what goes with it, at once or not at all; return False when it was announced before.

    `natural_key` is empty when the message's own id is one.
    """
    tx, absent = Transaction(), "attribute_not_exists(account_id)"
    table, _ = message_key(message.account_id, "")
    tx.put(MESSAGE, table, message_item(message), absent)
    if natural_key:
        marker = {
            **message_key(message.account_id, f"key.{natural_key}")[1],
            "purge_at_epoch_s": purge_at(message.created_at),
        }
        tx.put(NATURAL_KEY, table, marker, absent)
    for item in items:
        tx.put("sending", table, item, absent)
    try:
        tx.commit()
    except TransactionLost as lost:
        if lost.conflict:
            raise
        return False
    return True


def is_announced(account_id: str, natural_key: str) -> bool:
    """Return whether something was announced to the resident under that key."""
    table, key = message_key(account_id, f"key.{natural_key}")
    return "Item" in dynamodb().get_item(TableName=table, Key=key, ConsistentRead=True)


def find_message(account_id: str, message_id: str) -> Message | None:
    """Return the message, or None."""
    table, key = message_key(account_id, message_id)
    answer = dynamodb().get_item(TableName=table, Key=key, ConsistentRead=True)
    return parse_message(answer["Item"]) if "Item" in answer else None


def list_messages(account_id: str, before_id: str | None, limit: int) -> list[Message]:
    """Return up to `limit` messages, newest first, only those before `before_id` when given."""
    arguments = {
        "TableName": config().table("messages"),
        "KeyConditionExpression": "account_id = :a AND message_id < :before",
        "ExpressionAttributeValues": {":a": text(account_id), ":before": text(before_id or _PAST_THE_DIGITS)},
        "ScanIndexForward": False,
        "ConsistentRead": True,
        "Limit": limit,
    }
    return [parse_message(item) for item in query_all(arguments, limit)]


def list_unread(account_id: str, before_id: str | None, limit: int) -> list[Message]:
    """Return up to `limit` unread messages, newest first, only those before `before_id` when given."""
    ids = unread_ids(account_id, before_id or _PAST_THE_DIGITS, limit)
    found: list[Message] = []
    for start in range(0, len(ids), BATCH_GET_MAX):
        keys = [message_key(account_id, message_id) for message_id in ids[start : start + BATCH_GET_MAX]]
        found += [parse_message(item) for _, item in batch_get(keys)]
    return sorted(found, key=lambda message: message.message_id, reverse=True)


def unread_ids(account_id: str, before_id: str, limit: int) -> list[str]:
    """Return the ids of up to `limit` unread messages before `before_id`, newest first; one round trip."""
    arguments = {
        "TableName": config().table("messages"),
        "IndexName": "by_unread",
        "KeyConditionExpression": "account_id = :a AND unread < :before",
        "ExpressionAttributeValues": {":a": text(account_id), ":before": text(before_id)},
        "ScanIndexForward": False,
        "ConsistentRead": True,
        "Limit": limit,
    }
    return [item["message_id"]["S"] for item in query_all(arguments, limit)]


def count_unread(account_id: str, most: int) -> int:
    """Return how many messages are unread, counting no further than `most`."""
    return len(unread_ids(account_id, _PAST_THE_DIGITS, most))


def mark_read(account_id: str, message_ids: Iterable[str], read_at: str) -> None:
    """Mark messages as read; one that is read already keeps its first instant, one that is gone stays gone."""
    client = dynamodb()
    for message_id in message_ids:
        table, key = message_key(account_id, message_id)
        try:
            client.update_item(
                TableName=table,
                Key=key,
                UpdateExpression="SET read_at = :at REMOVE unread",
                ConditionExpression="attribute_exists(unread)",
                ExpressionAttributeValues={":at": text(read_at)},
            )
        except client.exceptions.ConditionalCheckFailedException:
            continue
