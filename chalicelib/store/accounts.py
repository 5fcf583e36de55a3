"""Owns the stored form of account items and the joining of a booking (account and its entries) to a transaction.

Must not decide. The account is written whole under the condition that its `seq` is still the one that was read.
"""

import json
from collections.abc import Iterator
from dataclasses import astuple
from datetime import date, timedelta
from typing import Any

from chalicelib.config import config
from chalicelib.domain.accounts import Account, Booking, earliest_expiry
from chalicelib.domain.bearing import Loss
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.lots import Lot
from chalicelib.domain.scores import NO_SCORES, Score, Scores
from chalicelib.domain.till_marks import marks_document, parse_marks
from chalicelib.store.client import Item, batch_get, dynamodb, number, query_all, text
from chalicelib.store.entries import add_entry
from chalicelib.store.scanning import Stretch
from chalicelib.store.sheets import Key, shard_of
from chalicelib.store.transactions import Transaction

ACCOUNT = "account"
NEWS = "news"
"""Stands on an account only after a write that boards must hear of: the stream's consumer is called for no other."""


def account_key(account_id: str) -> Key:
    """Return table and key of an account item."""
    return config().table("accounts"), {"account_id": text(account_id), "item": text("account")}


def parse_account(item: Item) -> Account:
    """Return the account stored as `item`."""
    state = json.loads(item["state"]["S"])
    return Account(
        account_id=item["account_id"]["S"],
        seq=int(item["seq"]["N"]),
        head_hash=item["head_hash"]["S"],
        lots=tuple(sorted(Lot(date.fromisoformat(e), v, p, g) for v, e, p, g in state["lots"])),
        held_points=state["held"][0],
        held_grams_co2e=state["held"][1],
        millipoints_carry=state["carry"],
        settled={day: (grams, millipoints) for day, (grams, millipoints) in state["settled"].items()},
        till=parse_marks(state.get("till", {})),
        borne=tuple(Loss(*fields) for fields in state.get("borne", ())),
        scores=_parse_scores(state.get("scores")),
    )


def account_item(account: Account) -> Item:
    """Return the stored form; it stays under 1 KB."""
    state = {
        "carry": account.millipoints_carry,
        "held": [account.held_points, account.held_grams_co2e],
        "lots": [
            [lot.vintage, lot.expires_on.isoformat(), lot.points, lot.grams_co2e] for lot in account.lots
        ],
        "settled": {day: list(totals) for day, totals in account.settled.items()},
    }
    if till := marks_document(account.till):
        state["till"] = till
    if account.borne:
        state["borne"] = [astuple(loss) for loss in account.borne]
    if account.scores != NO_SCORES:
        by_period = {period: [s.grams_co2e, s.reached] for period, s in account.scores.by_period.items()}
        state["scores"] = {"v": account.scores.version, "by": by_period}
    item = {
        **account_key(account.account_id)[1],
        "seq": number(account.seq),
        "head_hash": text(account.head_hash),
        "state": text(canonical_json(state)),
    }
    due = earliest_expiry(account)
    if due is not None:
        item["expiry_shard"] = text(shard_of(account.account_id))
        item["expiry_on"] = text(due.isoformat())
    return item


def _parse_scores(document: dict[str, Any] | None) -> Scores:
    if document is None:
        return NO_SCORES
    return Scores(document["v"], {period: Score(*score) for period, score in document["by"].items()})


def find_account(account_id: str) -> Account | None:
    """Return the account, or None when nothing was ever booked on it."""
    table, key = account_key(account_id)
    answer = dynamodb().get_item(TableName=table, Key=key, ConsistentRead=True)
    return parse_account(answer["Item"]) if "Item" in answer else None


def add_booking(tx: Transaction, stored: Account, booking: Booking) -> None:
    """Write the account and its new entries, if the account still is as `stored`: by `seq`, and by its whole state,
    because settling may move what was settled to a sheet without an entry.
    """
    item = account_item(booking.account)
    if booking.account.scores.version != stored.scores.version:
        item[NEWS] = number(booking.account.scores.version)
    table = config().table("accounts")
    if stored.seq == 0:
        tx.put(ACCOUNT, table, item, "attribute_not_exists(account_id)")
    else:
        values = {":seq": number(stored.seq), ":state": account_item(stored)["state"]}
        tx.put(ACCOUNT, table, item, "seq = :seq AND #state = :state", values, state="state")
    for entry, digest in booking.entries:
        add_entry(tx, entry, digest)


def find_accounts(account_ids: list[str]) -> dict[str, Account]:
    """Return those of at most 100 accounts that exist, by id, in one round trip; strongly consistent."""
    found = batch_get([account_key(account_id) for account_id in account_ids])
    return {item["account_id"]["S"]: parse_account(item) for _, item in found}


def due_stretch(shard: int, before: date) -> Stretch:
    """Return where in the index of expiry one shard's accounts stand with a lot whose last day is before `before`."""
    return expiring_stretch(shard, date.min, before - timedelta(days=1))


def expiring_stretch(shard: int, first_on: date, last_on: date) -> Stretch:
    """Return where one shard's accounts stand whose earliest last day is between two days, both included."""
    return Stretch(f"{shard:02d}", first_on.isoformat(), last_on.isoformat())


def due_accounts(shard: str, before: date) -> Iterator[str]:
    """Yield the ids of accounts in one index shard that hold a lot whose last day is before `before`."""
    arguments = {
        "TableName": config().table("accounts"),
        "IndexName": "by_expiry",
        "KeyConditionExpression": "expiry_shard = :shard AND expiry_on < :before",
        "ExpressionAttributeValues": {":shard": text(shard), ":before": text(before.isoformat())},
    }
    for item in query_all(arguments):
        yield item["account_id"]["S"]


def accounts_expiring(
    shard: int, first_on: date, last_on: date, after: tuple[str, str] | None
) -> Iterator[tuple[str, str]]:
    """Yield (expiry day, account id) of one index shard's accounts whose earliest lot ends between two days, both
    included, in the order of the index; only those after the pair `after` when given.
    """
    arguments: dict[str, Any] = {
        "TableName": config().table("accounts"),
        "IndexName": "by_expiry",
        "KeyConditionExpression": "expiry_shard = :shard AND expiry_on BETWEEN :first AND :last",
        "ExpressionAttributeValues": {
            ":shard": text(f"{shard:02d}"),
            ":first": text(first_on.isoformat()),
            ":last": text(last_on.isoformat()),
        },
    }
    if after is not None:
        start = {
            **account_key(after[1])[1],
            "expiry_shard": text(f"{shard:02d}"),
            "expiry_on": text(after[0]),
        }
        arguments["ExclusiveStartKey"] = start
    for item in query_all(arguments):
        yield item["expiry_on"]["S"], item["account_id"]["S"]


def scan_accounts() -> Iterator[Item]:
    """Yield every account item and day sheet; those of one account follow each other (a scan goes key by key)."""
    pages = (
        dynamodb().get_paginator("scan").paginate(TableName=config().table("accounts"), ConsistentRead=True)
    )
    for page in pages:
        yield from page["Items"]


def missing_accounts(account_ids: list[str]) -> list[str]:
    """Return those of at most 100 accounts that have no account item; strongly consistent."""
    found = batch_get([account_key(account_id) for account_id in account_ids])
    known = {item["account_id"]["S"] for _, item in found}
    return [account_id for account_id in account_ids if account_id not in known]


def items_of(account_id: str) -> Iterator[Item]:
    """Yield the account item and all day sheets of one account, strongly consistent."""
    arguments = {
        "TableName": config().table("accounts"),
        "KeyConditionExpression": "account_id = :a",
        "ExpressionAttributeValues": {":a": text(account_id)},
        "ConsistentRead": True,
    }
    yield from query_all(arguments)
