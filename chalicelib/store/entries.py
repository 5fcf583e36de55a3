"""Owns the stored journal: an entry is put once, under its account and seq, and never written again.

Must not decide what is booked.
"""

from collections.abc import Iterator
from typing import Any

from chalicelib.config import config
from chalicelib.domain.entries import Entry, entry_body
from chalicelib.store.client import Item, dynamodb, number, query_all, text
from chalicelib.store.scanning import Stretch
from chalicelib.store.transactions import Transaction

SHARDS = 16


def entry_item(entry: Entry, digest: str) -> Item:
    """Return the stored form."""
    return {**entry_place(entry, digest), "body": text(entry_body(entry)), "hash": text(digest)}


def entry_place(entry: Entry, digest: str) -> Item:
    """Return where an entry stands: its keys; one with somebody outside stands in that one's index as well."""
    item: Item = {
        "account_id": text(entry.account_id),
        "seq": number(entry.seq),
        "at": text(entry.at),
    }
    if entry.counterparty is not None:
        shard = int(digest[:2], 16) % SHARDS
        item["counterparty"] = text(counterparty_key(entry.counterparty, entry.at[:10], shard))
    return item


def add_entry(tx: Transaction, entry: Entry, digest: str) -> None:
    """Append `entry`; lost when the account already has an entry of that seq."""
    condition = "attribute_not_exists(account_id)"
    tx.put(f"entry {entry.seq}", config().table("entries"), entry_item(entry, digest), condition)


def counterparty_key(party: str, day: str, shard: int) -> str:
    """Return the index key under which a merchant's or system account's entries of one UTC day stand."""
    return f"{party}#{day}#{shard:02d}"


def list_entries(
    account_id: str, before_seq: int | None, limit: int, consistent: bool = False
) -> list[tuple[str, str]]:
    """Return up to `limit` entries as (body, hash), newest first, only those before `before_seq` when given."""
    upper = before_seq - 1 if before_seq is not None else 10**15
    arguments: dict[str, Any] = {
        "TableName": config().table("entries"),
        "KeyConditionExpression": "account_id = :a AND seq BETWEEN :one AND :upper",
        "ExpressionAttributeValues": {
            ":a": text(account_id),
            ":one": number(1),
            ":upper": number(max(upper, 1)),
        },
        "ScanIndexForward": False,
        "Limit": limit,
        "ConsistentRead": consistent,
    }
    if upper < 1:
        return []
    return [(item["body"]["S"], item["hash"]["S"]) for item in query_all(arguments, limit)]


def find_entry_body(account_id: str, seq: int) -> str | None:
    """Return the body of one entry, or None."""
    key = {"account_id": text(account_id), "seq": number(seq)}
    answer = dynamodb().get_item(TableName=config().table("entries"), Key=key, ConsistentRead=True)
    return str(answer["Item"]["body"]["S"]) if "Item" in answer else None


def journal_of(account_id: str) -> Iterator[tuple[str, str]]:
    """Yield every entry of an account as (body, hash), oldest first."""
    for item in entry_items_of(account_id):
        yield item["body"]["S"], item["hash"]["S"]


def entry_items_of(account_id: str, consistent: bool = True) -> Iterator[Item]:
    """Yield every entry of an account as stored, oldest first."""
    arguments = {
        "TableName": config().table("entries"),
        "KeyConditionExpression": "account_id = :a",
        "ExpressionAttributeValues": {":a": text(account_id)},
        "ConsistentRead": consistent,
    }
    yield from query_all(arguments)


def newest_entries(account_id: str) -> Iterator[tuple[str, str]]:
    """Yield every entry of an account as (body, hash), newest first; strongly consistent."""
    arguments = {
        "TableName": config().table("entries"),
        "KeyConditionExpression": "account_id = :a",
        "ExpressionAttributeValues": {":a": text(account_id)},
        "ConsistentRead": True,
        "ScanIndexForward": False,
    }
    for item in query_all(arguments):
        yield item["body"]["S"], item["hash"]["S"]


def party_stretch(party: str, day: str, shard: int, from_at: str, to_at: str) -> Stretch:
    """Return where in the index a party's entries of one UTC day stand in one shard, between two instants."""
    return Stretch(counterparty_key(party, day, shard), from_at, to_at)


def entries_of_party(party: str, day: str, shard: int, from_at: str = "0", to_at: str = "9") -> Iterator[str]:
    """Yield the bodies of a merchant's or system account's entries of one UTC day in one shard, oldest first.

    Only those from `from_at` to `to_at`, both included.
    """
    arguments = {
        "TableName": config().table("entries"),
        "IndexName": "by_counterparty",
        "KeyConditionExpression": "counterparty = :party AND #at BETWEEN :from AND :to",
        "ExpressionAttributeNames": {"#at": "at"},
        "ExpressionAttributeValues": {
            ":party": text(counterparty_key(party, day, shard)),
            ":from": text(from_at),
            ":to": text(to_at),
        },
    }
    for item in query_all(arguments):
        yield item["body"]["S"]
