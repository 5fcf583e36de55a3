"""Owns the stored sendings in the messages table, their index of what is due, and what the local channel wrote.

Must not decide what may be sent. A sending is made with its message and then replaced by whoever read it last.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.days import to_text
from chalicelib.domain.messages import Message, key_digest
from chalicelib.domain.sendings import Recipient, Sending
from chalicelib.store.client import Item, batch_get, dynamodb, number, query_all, text
from chalicelib.store.message_settings import parse_recipient, recipient_keys
from chalicelib.store.messages import message_key, parse_message, purge_at
from chalicelib.store.sheets import Key, shard_of

SHARDS = 16
_LOCAL_OWNER = "local"
_LOCAL_KEPT_DAYS = 7
_NOT_IN_BODY = ("account_id", "message_id", "channel")


def sending_key(account_id: str, message_id: str, channel: str) -> Key:
    """Return table and key of a sending."""
    return message_key(account_id, f"to.{message_id}.{channel}")


def sending_item(sending: Sending) -> Item:
    """Return the stored form; only a sending that has not ended stands in the index of what is due."""
    body = {name: value for name, value in asdict(sending).items() if name not in _NOT_IN_BODY}
    item = {
        **sending_key(sending.account_id, sending.message_id, sending.channel)[1],
        "of": text(sending.message_id),
        "channel": text(sending.channel),
        "body": text(canonical_json(body)),
        "purge_at_epoch_s": purge_at(sending.made_at),
    }
    if sending.due_at is not None:
        item["due_shard"] = text(shard_of(sending.sending_id))
        item["due_at"] = text(sending.due_at)
    return item


def parse_sending(item: Item) -> Sending:
    """Return the sending stored as `item`."""
    keys = {"message_id": item["of"]["S"], "channel": item["channel"]["S"]}
    return Sending(account_id=item["account_id"]["S"], **keys, **json.loads(item["body"]["S"]))


def load_sending(
    account_id: str, message_id: str, channel: str
) -> tuple[Sending | None, Message | None, Recipient]:
    """Return a sending, its message and what its resident agreed to, read in one round trip."""
    own_table, own_key = sending_key(account_id, message_id, channel)
    message_table, its_key = message_key(account_id, message_id)
    keys = [(own_table, own_key), (message_table, its_key), *recipient_keys(account_id)]
    sending, message, of_person = None, None, []
    for table, item in batch_get(keys):
        if table != own_table:
            of_person.append(item)
        elif item["message_id"] == own_key["message_id"]:
            sending = parse_sending(item)
        else:
            message = parse_message(item)
    return sending, message, parse_recipient(account_id, of_person)


def replace_sending(read: Sending, changed: Sending) -> bool:
    """Store `changed` if the sending is still as it was `read`; return False when somebody else was faster."""
    client = dynamodb()
    table, _ = sending_key(read.account_id, read.message_id, read.channel)
    try:
        client.put_item(
            TableName=table,
            Item=sending_item(changed),
            ConditionExpression="#body = :read",
            ExpressionAttributeNames={"#body": "body"},
            ExpressionAttributeValues={":read": sending_item(read)["body"]},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def due_sendings(shard: int, until: datetime) -> Iterator[tuple[str, str, str]]:
    """Yield (account_id, message_id, channel) of one shard's sendings that were due at `until`, the first due first."""
    arguments = {
        "TableName": config().table("messages"),
        "IndexName": "by_due",
        "KeyConditionExpression": "due_shard = :shard AND due_at <= :until",
        "ExpressionAttributeValues": {":shard": text(f"{shard:02d}"), ":until": text(to_text(until))},
    }
    for item in query_all(arguments):
        message_id, _, channel = item["message_id"]["S"].removeprefix("to.").rpartition(".")
        yield item["account_id"]["S"], message_id, channel


def put_local(line: dict[str, Any], sending_id: str, now: datetime) -> None:
    """Keep what the local channel was given; the same sending again is the same line."""
    table, key = message_key(_LOCAL_OWNER, f"{sending_id}.{key_digest(canonical_json(line['to']))}")
    purge_s = int((now + timedelta(days=_LOCAL_KEPT_DAYS)).timestamp())
    item = {**key, "body": text(canonical_json(line)), "purge_at_epoch_s": number(purge_s)}
    dynamodb().put_item(TableName=table, Item=item)


def list_local(before_id: str | None, limit: int) -> list[tuple[str, dict[str, Any]]]:
    """Return up to `limit` lines of the local channel as (id, line), newest first."""
    arguments = {
        "TableName": config().table("messages"),
        "KeyConditionExpression": "account_id = :a AND message_id < :before",
        "ExpressionAttributeValues": {":a": text(_LOCAL_OWNER), ":before": text(before_id or ":")},
        "ScanIndexForward": False,
        "Limit": limit,
    }
    return [(item["message_id"]["S"], json.loads(item["body"]["S"])) for item in query_all(arguments, limit)]
