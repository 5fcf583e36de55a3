"""Owns the stored form of vouchers in the redemptions table.

Must not decide a transition. A change is written under the condition that the stored state and version are still those
read. Charges stand in the same table (`store.charges`); every list here leaves them out.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.days import to_text
from chalicelib.domain.vouchers import OPEN, Voucher, parse_voucher, voucher_document
from chalicelib.store.charges import is_charge_id
from chalicelib.store.client import BATCH_GET_MAX, Item, batch_get, dynamodb, number, query_all, text
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
        "version": number(voucher.version),
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
    """Write a voucher's next version, if it is still in the state and version of `before`."""
    assert after.version == before.version + 1, "every change is one version"
    table, _ = voucher_key(after.redemption_id)
    # Vouchers from before there were versions have none.
    is_same = "#state = :state AND (attribute_not_exists(#version) OR #version = :read)"
    values = {":state": text(before.state), ":read": number(before.version)}
    tx.put(VOUCHER, table, voucher_item(after), is_same, values, state="state", version="version")


def list_vouchers(account_id: str, after: tuple[str, str] | None, limit: int) -> list[Voucher]:
    """Return up to `limit` vouchers of a resident, newest first, those after (taken_at, redemption_id) when given."""
    arguments: dict[str, Any] = {
        "TableName": config().table("redemptions"),
        "IndexName": "by_resident",
        "KeyConditionExpression": "account_id = :a",
        "ExpressionAttributeValues": {":a": text(account_id)},
        "ScanIndexForward": False,
        "Limit": 2 * limit,
    }
    if after is not None:
        taken_at, redemption_id = after
        start = {"account_id": account_id, "taken_at": taken_at, "redemption_id": redemption_id}
        arguments["ExclusiveStartKey"] = {name: text(value) for name, value in start.items()}
    own = (item["redemption_id"]["S"] for item in query_all(arguments))
    ids = list(islice((one for one in own if not is_charge_id(one)), limit))
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
            if is_charge_id(item["redemption_id"]["S"]):
                continue
            keys.append(voucher_key(item["redemption_id"]["S"]))
            if len(keys) == BATCH_GET_MAX:
                yield from _read(keys)
                keys = []
        yield from _read(keys)


def vouchers_due(
    shard: int, first: datetime, until: datetime, after: tuple[str, str] | None
) -> Iterator[tuple[str, str]]:
    """Yield (deadline, redemption id) of one index shard's open vouchers due from `first` to before `until`.

    In the order of the index; only those after the pair `after` when given.
    """
    arguments: dict[str, Any] = {
        "TableName": config().table("redemptions"),
        "IndexName": "by_due",
        "KeyConditionExpression": "due_shard = :shard AND due_at BETWEEN :first AND :last",
        "ExpressionAttributeValues": {
            ":shard": text(f"{shard:02d}"),
            ":first": text(to_text(first)),
            ":last": text(to_text(until - timedelta(milliseconds=1))),
        },
    }
    if after is not None:
        start = {"due_shard": f"{shard:02d}", "due_at": after[0], "redemption_id": after[1]}
        arguments["ExclusiveStartKey"] = {name: text(value) for name, value in start.items()}
    for item in query_all(arguments):
        if not is_charge_id(item["redemption_id"]["S"]):
            yield item["due_at"]["S"], item["redemption_id"]["S"]


def open_vouchers(
    shard: str, after: Mapping[str, str] | None
) -> Iterator[tuple[list[Voucher], dict[str, str]]]:
    """Yield the open vouchers of one shard of the index of deadlines, a hundred at a time, with where they end.

    Goes on after what an earlier call called its end.
    """
    arguments: dict[str, Any] = {
        "TableName": config().table("redemptions"),
        "IndexName": "by_due",
        "KeyConditionExpression": "due_shard = :shard",
        "ExpressionAttributeValues": {":shard": text(shard)},
        "Limit": BATCH_GET_MAX,
    }
    while True:
        if after is not None:
            arguments["ExclusiveStartKey"] = {name: text(value) for name, value in after.items()}
        answer = dynamodb().query(**arguments)
        ids = [item["redemption_id"]["S"] for item in answer["Items"]]
        keys = [voucher_key(one) for one in ids if not is_charge_id(one)]
        if ids:
            last = answer["Items"][-1]
            after = {name: last[name]["S"] for name in ("redemption_id", "due_shard", "due_at")}
            yield _read(keys), after
        if "LastEvaluatedKey" not in answer:
            return
        after = {name: value["S"] for name, value in answer["LastEvaluatedKey"].items()}


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


def offer_titles(redemption_ids: Sequence[str]) -> dict[str, str]:
    """Return the title of the offer behind each redemption that has one, by redemption id; for words to residents."""
    titles: dict[str, str] = {}
    for start in range(0, len(redemption_ids), BATCH_GET_MAX):
        keys = [voucher_key(redemption_id) for redemption_id in redemption_ids[start : start + BATCH_GET_MAX]]
        for _, item in batch_get(keys, consistent=False):
            title = json.loads(item["body"]["S"]).get("offer", {}).get("title")
            if title:
                titles[item["redemption_id"]["S"]] = title
    return titles
