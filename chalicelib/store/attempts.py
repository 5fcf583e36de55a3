"""Owns the short-lived counters of the till, in the idempotency table; its TTL cleans up after them.

Must not decide when there are too many. A counter is written under the condition that it is still the one read.
"""

from typing import Any

from chalicelib.config import config
from chalicelib.store.client import Item, dynamodb, number, text
from chalicelib.store.sheets import Key
from chalicelib.store.transactions import Transaction

_DAY_S = 86_400


def counter_key(name: str) -> Key:
    """Return table and key of the counter `name`."""
    return config().table("idempotency"), {"idempotency_key": text(f"counter#{name}")}


def count_of(item: Item | None) -> int:
    """Return what a counter's item says; 0 when there is none."""
    return 0 if item is None else int(item["count"]["N"])


def find_count(name: str) -> int:
    """Return the counter; 0 when nothing was counted."""
    table, key = counter_key(name)
    return count_of(dynamodb().get_item(TableName=table, Key=key, ConsistentRead=True).get("Item"))


def replace_count(name: str, read: int, changed: int, purge_after_s: int) -> bool:
    """Write the counter if it is still as it was `read`; False otherwise."""
    client = dynamodb()
    table, item = _written(name, changed, purge_after_s)
    try:
        client.put_item(TableName=table, Item=item, **_unchanged(read))
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def add_count(tx: Transaction, name: str, read: int, changed: int, purge_after_s: int) -> None:
    """Join the writing of a counter to a transaction, if it is still as it was `read`; lost as `count`."""
    table, item = _written(name, changed, purge_after_s)
    condition = _unchanged(read)
    values, names = condition.get("ExpressionAttributeValues"), {"count": "count"} if read else {}
    tx.put("count", table, item, condition["ConditionExpression"], values, **names)


def _written(name: str, count: int, purge_after_s: int) -> tuple[str, Item]:
    table, key = counter_key(name)
    purge_at_epoch_s = number(purge_after_s + _DAY_S)
    return table, {**key, "count": number(count), "purge_at_epoch_s": purge_at_epoch_s}


def _unchanged(read: int) -> dict[str, Any]:
    if read == 0:
        return {"ConditionExpression": "attribute_not_exists(idempotency_key)"}
    return {
        "ConditionExpression": "#count = :read",
        "ExpressionAttributeNames": {"#count": "count"},
        "ExpressionAttributeValues": {":read": number(read)},
    }
