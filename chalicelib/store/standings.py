"""Owns the stored standings: a row for each resident who is shown, under their community, and what of it has changed.

Must not decide who is shown. A row has no index: it costs one write unit, for all its boards and periods; boards
are read from pages (`store.board_pages`). Attributes are short: v and e versions of scores and of the choice, t tag,
n nickname, p scores by period, b what stays behind in another community, h hidden.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from chalicelib.config import config
from chalicelib.domain.boards import Row
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.scores import Score
from chalicelib.store.client import BATCH_GET_MAX, Item, batch_get, dynamodb, number, query_all, text
from chalicelib.store.transactions import Transaction

ROWS = "row#"
CHANGED = "changed"


def put_row(community_id: str, row: Row) -> bool:
    """Write a row unless a newer one stands there; return whether it was written.

    Newer is: of a later choice, or of the same choice with later scores. A row that was taken off is of a later choice.
    """
    client = dynamodb()
    try:
        client.put_item(
            TableName=table(),
            Item=row_item(community_id, row),
            ConditionExpression="attribute_not_exists(board) OR e < :e OR (e = :e AND v < :v)",
            ExpressionAttributeValues={":e": number(row.epoch), ":v": number(row.version)},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def row_item(community_id: str, row: Row) -> Item:
    """Return the stored form of a row."""
    by_period = {period: [score.grams_co2e, score.reached] for period, score in row.by_period.items()}
    item = {
        **row_key(community_id, row.account_id),
        "e": number(row.epoch),
        "v": number(row.version),
        "t": text(row.tag),
        "n": text(row.nickname),
        "p": text(canonical_json(by_period)),
    }
    if row.base:
        item["b"] = text(canonical_json(row.base))
    if row.is_hidden:
        item["h"] = number(1)
    return item


def add_removal(tx: Transaction, community_id: str, account_id: str, epoch: int) -> None:
    """Join the taking off of a row to a transaction: what stays says only that nothing older may come back."""
    item = {**row_key(community_id, account_id), "e": number(epoch), "v": number(0)}
    tx.put("row", table(), item, "attribute_not_exists(board) OR e < :e", {":e": number(epoch)})


def overwrite_row(community_id: str, row: Row) -> None:
    """Write a row over one of the same versions that says something else; for the check, which found it wrong."""
    client = dynamodb()
    values = {":e": number(row.epoch), ":v": number(row.version)}
    condition = "attribute_not_exists(board) OR e < :e OR (e = :e AND v <= :v)"
    with suppress(client.exceptions.ConditionalCheckFailedException):
        client.put_item(
            TableName=table(),
            Item=row_item(community_id, row),
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
        )


def remove_stray(community_id: str, account_id: str, seen_epoch: int, epoch: int) -> None:
    """Take off a row that should not stand there, unless another choice has put it there since it was seen."""
    client = dynamodb()
    item = {**row_key(community_id, account_id), "e": number(max(seen_epoch, epoch)), "v": number(0)}
    with suppress(client.exceptions.ConditionalCheckFailedException):
        client.put_item(
            TableName=table(),
            Item=item,
            ConditionExpression="e = :seen",
            ExpressionAttributeValues={":seen": number(seen_epoch)},
        )


def rows_of(community_id: str, limit: int | None = None) -> Iterator[Row]:
    """Yield the rows of a community as they were written; strongly consistent."""
    arguments = {
        "TableName": table(),
        "KeyConditionExpression": "board = :board",
        "ExpressionAttributeValues": {":board": text(ROWS + community_id)},
        "ConsistentRead": True,
    }
    for item in query_all(arguments, limit):
        if "n" in item:
            yield parse_row(item)


def find_rows(places: Iterable[tuple[str, str]]) -> dict[str, Row]:
    """Return the rows at (community id, account id), by account; those not there, or taken off, are left out."""
    keys = [(table(), row_key(*place)) for place in places]
    found: dict[str, Row] = {}
    for start in range(0, len(keys), BATCH_GET_MAX):
        for _, item in batch_get(keys[start : start + BATCH_GET_MAX]):
            if "n" in item:
                row = parse_row(item)
                found[row.account_id] = row
    return found


def parse_row(item: Item) -> Row:
    """Return the row stored as `item`, which was not taken off."""
    scores: Mapping[str, list[int]] = json.loads(item["p"]["S"])
    return Row(
        account_id=item["item"]["S"],
        tag=item["t"]["S"],
        nickname=item["n"]["S"],
        by_period={period: Score(*score) for period, score in scores.items()},
        base=json.loads(item["b"]["S"]) if "b" in item else {},
        epoch=int(item["e"]["N"]),
        version=int(item["v"]["N"]),
        is_hidden="h" in item,
    )


def note_changed(community_ids: Iterable[str], note_id: str) -> None:
    """Note that rows of these communities have changed: one small item for a whole batch of rows."""
    wanted = sorted(set(community_ids))
    if wanted:
        item = {"board": text(CHANGED), "item": text(note_id), "c": text(canonical_json(wanted))}
        dynamodb().put_item(TableName=table(), Item=item)


def list_changes() -> list[tuple[str, list[str]]]:
    """Return the notes that nobody has worked off, as (note id, community ids), oldest first."""
    arguments = {
        "TableName": table(),
        "KeyConditionExpression": "board = :board",
        "ExpressionAttributeValues": {":board": text(CHANGED)},
        "ConsistentRead": True,
    }
    return [(item["item"]["S"], json.loads(item["c"]["S"])) for item in query_all(arguments)]


def forget_change(note_id: str) -> None:
    """Drop a note that is worked off."""
    dynamodb().delete_item(TableName=table(), Key={"board": text(CHANGED), "item": text(note_id)})


def row_key(community_id: str, account_id: str) -> Item:
    """Return the key of a row."""
    return {"board": text(ROWS + community_id), "item": text(account_id)}


def table() -> str:
    """Return the name of the table."""
    return config().table("standings")
