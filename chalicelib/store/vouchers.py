"""Owns the stored form of vouchers in the redemptions table.

Must not decide a transition. A transition is written under the condition that the stored state is still the one read.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.days import to_text
from chalicelib.domain.vouchers import OPEN, Voucher, parse_voucher, voucher_document
from chalicelib.store.client import BATCH_GET_MAX, Item, batch_get, dynamodb, query_all, text
from chalicelib.store.sheets import SHARDS, Key, shard_of
from chalicelib.store.transactions import Transaction

VOUCHER = "voucher"


def voucher_key(redemption_id: str) -> Key:
    """Return table and key of a voucher."""
    return config().table("redemptions"), {"redemption_id": text(redemption_id)}


def voucher_item(voucher: Voucher) -> Item:
    """Return the stored form; only open vouchers stand in the index of deadlines."""
    item = {
        "redemption_id": text(voucher.redemption_id),
        "account_id": text(voucher.account_id),
        "taken_at": text(voucher.taken_at),
        "state": text(voucher.state),
        "body": text(canonical_json(voucher_document(voucher))),
    }
    if voucher.state == OPEN:
        item["due_shard"] = text(shard_of(voucher.redemption_id))
        item["due_at"] = text(voucher.due_at)
    return item


def parse_voucher_item(item: Item) -> Voucher:
    """Return the voucher stored as `item`."""
    return parse_voucher(json.loads(item["body"]["S"]))


def find_voucher(redemption_id: str) -> Voucher | None:
    """Return the voucher, or None."""
    table, key = voucher_key(redemption_id)
    answer = dynamodb().get_item(TableName=table, Key=key, ConsistentRead=True)
    return parse_voucher_item(answer["Item"]) if "Item" in answer else None


def add_new_voucher(tx: Transaction, voucher: Voucher) -> None:
    """Write a voucher that must not exist yet."""
    table, _ = voucher_key(voucher.redemption_id)
    tx.put(VOUCHER, table, voucher_item(voucher), "attribute_not_exists(redemption_id)")


def add_voucher_change(tx: Transaction, before: Voucher, after: Voucher) -> None:
    """Write a voucher's next state, if it is still in the state of `before`."""
    table, _ = voucher_key(after.redemption_id)
    names = {"state": "state"}
    tx.put(VOUCHER, table, voucher_item(after), "#state = :state", {":state": text(before.state)}, **names)


def list_vouchers(account_id: str, after: tuple[str, str] | None, limit: int) -> list[Voucher]:
    """Return up to `limit` vouchers of a resident, newest first, those after (taken_at, redemption_id) when given."""
    arguments: dict[str, Any] = {
        "TableName": config().table("redemptions"),
        "IndexName": "by_resident",
        "KeyConditionExpression": "account_id = :a",
        "ExpressionAttributeValues": {":a": text(account_id)},
        "ScanIndexForward": False,
        "Limit": limit,
    }
    if after is not None:
        taken_at, redemption_id = after
        start = {"account_id": account_id, "taken_at": taken_at, "redemption_id": redemption_id}
        arguments["ExclusiveStartKey"] = {name: text(value) for name, value in start.items()}
    ids = [item["redemption_id"]["S"] for item in query_all(arguments, limit)]
    found = batch_get([voucher_key(redemption_id) for redemption_id in ids]) if ids else []
    by_id = {item["redemption_id"]["S"]: parse_voucher_item(item) for _, item in found}
    return [by_id[redemption_id] for redemption_id in ids]


def due_vouchers(now: datetime) -> Iterator[Voucher]:
    """Yield the open vouchers whose deadline is not after `now`, shard by shard."""
    for shard in range(SHARDS):
        arguments = {
            "TableName": config().table("redemptions"),
            "IndexName": "by_due",
            "KeyConditionExpression": "due_shard = :shard AND due_at <= :now",
            "ExpressionAttributeValues": {":shard": text(f"{shard:02d}"), ":now": text(to_text(now))},
        }
        keys: list[Key] = []
        for item in query_all(arguments):
            keys.append(voucher_key(item["redemption_id"]["S"]))
            if len(keys) == BATCH_GET_MAX:
                yield from _read(keys)
                keys = []
        yield from _read(keys)


def _read(keys: list[Key]) -> list[Voucher]:
    return [parse_voucher_item(item) for _, item in batch_get(keys)] if keys else []


def redemption_items_of(account_id: str) -> Iterator[Item]:
    """Yield every redemption of a resident as stored, a hundred at a time; the index may be a moment behind."""
    arguments: dict[str, Any] = {
        "TableName": config().table("redemptions"),
        "IndexName": "by_resident",
        "KeyConditionExpression": "account_id = :a",
        "ExpressionAttributeValues": {":a": text(account_id)},
    }
    found = (item["redemption_id"]["S"] for item in query_all(arguments))
    while ids := list(islice(found, BATCH_GET_MAX)):
        yield from redemption_items(ids)


def redemption_items(redemption_ids: list[str]) -> Iterator[Item]:
    """Yield those of at most 100 redemptions that exist, as stored; strongly consistent."""
    yield from (item for _, item in batch_get([voucher_key(one) for one in redemption_ids]))
