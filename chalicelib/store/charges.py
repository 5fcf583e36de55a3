"""Owns the stored form of charges in the redemptions table, beside the vouchers, under ids that begin with `chg_`.

Must not decide a transition. A change is written under the condition that the stored version is still the one read.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.charges import BLOCKED, IN_REVIEW, Charge, charge_document, parse_charge
from chalicelib.domain.days import to_text
from chalicelib.keys import keyed_digest
from chalicelib.store.client import BATCH_GET_MAX, Item, batch_get, dynamodb, number, query_all, text
from chalicelib.store.sheets import SHARDS, Key, shard_of
from chalicelib.store.transactions import Transaction

CHARGE = "charge"
ID_PREFIX = "chg_"


def redemption_id_of(maker: str, own_id: str) -> str:
    """Return our id of the charge that `maker` (a merchant or a resident) knows as `own_id`.

    Ids of one maker never meet those of another: nobody can block or read what somebody else will use.
    """
    return ID_PREFIX + keyed_digest("charge-id", maker, own_id)


def is_charge_id(redemption_id: str) -> bool:
    """Tell the id of a charge from that of a voucher."""
    return redemption_id.startswith(ID_PREFIX)


def charge_key(redemption_id: str) -> Key:
    """Return table and key of a charge."""
    return config().table("redemptions"), {"redemption_id": text(redemption_id)}


def charge_item(charge: Charge) -> Item:
    """Return the stored form; a blocked id stands in no index, a charge in review in that of the deadlines."""
    item = {
        "redemption_id": text(charge.redemption_id),
        "kind": text(CHARGE),
        "state": text(charge.state),
        "version": number(charge.version),
        "body": text(canonical_json(charge_document(charge))),
    }
    if charge.state != BLOCKED:
        item["account_id"] = text(charge.account_id)
        item["taken_at"] = text(charge.taken_at)
    if charge.state == IN_REVIEW:
        assert charge.due_at is not None, "a review has a deadline"
        item["due_shard"] = text(shard_of(charge.redemption_id))
        item["due_at"] = text(charge.due_at)
    return item


def parse_charge_item(item: Item) -> Charge:
    """Return the charge stored as `item`."""
    return parse_charge(json.loads(item["body"]["S"]))


def find_charge(redemption_id: str) -> Charge | None:
    """Return the charge, or None; strongly consistent."""
    table, key = charge_key(redemption_id)
    answer = dynamodb().get_item(TableName=table, Key=key, ConsistentRead=True)
    return parse_charge_item(answer["Item"]) if "Item" in answer else None


def add_new_charge(tx: Transaction, charge: Charge) -> None:
    """Write a charge whose id nothing has used yet."""
    table, _ = charge_key(charge.redemption_id)
    tx.put(CHARGE, table, charge_item(charge), "attribute_not_exists(redemption_id)")


def add_charge_change(tx: Transaction, before: Charge, after: Charge) -> None:
    """Write a charge's next version, if `before` is still the stored one."""
    assert after.version == before.version + 1, "every change is one version"
    table, _ = charge_key(after.redemption_id)
    values = {":read": number(before.version)}
    tx.put(CHARGE, table, charge_item(after), "#version = :read", values, version="version")


def put_blocked(charge: Charge) -> bool:
    """Block an id that nothing has used; False when something has meanwhile."""
    client = dynamodb()
    try:
        client.put_item(
            TableName=config().table("redemptions"),
            Item=charge_item(charge),
            ConditionExpression="attribute_not_exists(redemption_id)",
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def list_charges(account_id: str, after: tuple[str, str] | None, limit: int) -> list[Charge]:
    """Return up to `limit` charges of a resident, newest first, those after (taken_at, redemption_id) when given."""
    arguments: dict[str, Any] = {
        "TableName": config().table("redemptions"),
        "IndexName": "by_resident",
        "KeyConditionExpression": "account_id = :a",
        "ExpressionAttributeValues": {":a": text(account_id)},
        "ScanIndexForward": False,
        "Limit": 2 * limit,
    }
    if after is not None:
        start = {"account_id": account_id, "taken_at": after[0], "redemption_id": after[1]}
        arguments["ExclusiveStartKey"] = {name: text(value) for name, value in start.items()}
    own = (item["redemption_id"]["S"] for item in query_all(arguments))
    ids = list(islice((one for one in own if is_charge_id(one)), limit))
    by_id = {charge.redemption_id: charge for charge in _read([charge_key(one) for one in ids])}
    return [by_id[one] for one in ids]


def due_reviews(now: datetime) -> Iterator[Charge]:
    """Yield the charges in review whose deadline is not after `now`, shard by shard."""
    for shard in range(SHARDS):
        arguments = {
            "TableName": config().table("redemptions"),
            "IndexName": "by_due",
            "KeyConditionExpression": "due_shard = :shard AND due_at <= :now",
            "ExpressionAttributeValues": {":shard": text(f"{shard:02d}"), ":now": text(to_text(now))},
        }
        ids = (item["redemption_id"]["S"] for item in query_all(arguments))
        keys = [charge_key(one) for one in ids if is_charge_id(one)]
        for start in range(0, len(keys), BATCH_GET_MAX):
            yield from _read(keys[start : start + BATCH_GET_MAX])


def _read(keys: list[Key]) -> list[Charge]:
    return [parse_charge_item(item) for _, item in batch_get(keys)] if keys else []
