"""Owns the stored pages of boards: of each board and period the first hundred, apart from it how scores are spread.

Must not rank. A page has a version: who replaces it read it before they read what goes into it, so that a resident
who was taken off meanwhile does not come back. Pages hold nicknames and tags, never accounts; winners stand apart.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.boards import Page, Ranked, Spread
from chalicelib.domain.canonical import canonical_json
from chalicelib.store.client import BATCH_GET_MAX, Item, batch_get, dynamodb, number, text
from chalicelib.store.standings import table


@dataclass(frozen=True, slots=True)
class Board:
    """Which board: level (`community`, `district`, `city`), its id, the period."""

    level: str
    id: str
    period: str


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page as stored. `version` 0: none is; `closed_at` is empty while the period is open."""

    page: Page
    as_of: str = ""
    version: int = 0
    closed_at: str = ""


NO_PAGE = StoredPage(Page(0, ()))


def find_pages(boards: Iterable[Board], consistent: bool = False) -> dict[Board, StoredPage]:
    """Return the pages that exist; one round trip for up to a hundred."""
    return {board: _parsed_page(item) for board, item in _found("page", boards, consistent)}


def find_spreads(boards: Iterable[Board]) -> dict[Board, dict[int, int]]:
    """Return the spreads that exist."""
    found = _found("spread", boards, consistent=False)
    return {board: {int(b): n for b, n in json.loads(item["body"]["S"]).items()} for board, item in found}


def replace_page(board: Board, read: StoredPage, page: Page, as_of: str, closed_at: str = "") -> bool:
    """Store `page` if the stored one is still as it was read; return whether it was.

    The same page again is not written. A closed one stays closed.
    """
    closed_at = closed_at or read.closed_at
    if (page, closed_at) == (read.page, read.closed_at) and read.version:
        return True
    body = {"residents": page.residents, "top": page.top, "as_of": as_of, "closed_at": closed_at}
    item = {
        **_key("page", board),
        "body": text(canonical_json(body)),
        "version": number(read.version + 1),
    }
    condition = "#v = :read" if read.version else "attribute_not_exists(board) AND :read = :read"
    client = dynamodb()
    try:
        client.put_item(
            TableName=table(),
            Item=item,
            ConditionExpression=condition,
            ExpressionAttributeValues={":read": number(read.version)},
            **({"ExpressionAttributeNames": {"#v": "version"}} if read.version else {}),
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def put_spread(board: Board, spread: Spread) -> None:
    """Store how the scores of a board are spread."""
    body = {str(bucket): count for bucket, count in spread.items()}
    item = {**_key("spread", board), "body": text(canonical_json(body))}
    dynamodb().put_item(TableName=table(), Item=item)


def add_winners(board: Board, winners: list[Any]) -> list[Any]:
    """Keep who won a closed board; return who did: the first answer stands."""
    client = dynamodb()
    item = {**_key("winners", board), "body": text(canonical_json(winners))}
    try:
        client.put_item(TableName=table(), Item=item, ConditionExpression="attribute_not_exists(board)")
    except client.exceptions.ConditionalCheckFailedException:
        return find_winners(board) or []
    return winners


def find_winners(board: Board) -> list[Any] | None:
    """Return who won a board; None while it is not closed."""
    answer = dynamodb().get_item(TableName=table(), Key=_key("winners", board), ConsistentRead=True)
    return json.loads(answer["Item"]["body"]["S"]) if "Item" in answer else None


def _found(what: str, boards: Iterable[Board], consistent: bool) -> list[tuple[Board, Item]]:
    by_key = {_key_text(what, board): board for board in boards}
    keys = [(table(), _key(what, board)) for board in by_key.values()]
    found: list[tuple[Board, Item]] = []
    for start in range(0, len(keys), BATCH_GET_MAX):
        for _, item in batch_get(keys[start : start + BATCH_GET_MAX], consistent):
            found.append((by_key[item["board"]["S"], item["item"]["S"]], item))
    return found


def _parsed_page(item: Item) -> StoredPage:
    body: Mapping[str, Any] = json.loads(item["body"]["S"])
    page = Page(body["residents"], tuple(Ranked(*line) for line in body["top"]))
    return StoredPage(page, body["as_of"], int(item["version"]["N"]), body["closed_at"])


def _key_text(what: str, board: Board) -> tuple[str, str]:
    return f"{what}#{board.level}#{board.id}", board.period


def _key(what: str, board: Board) -> Item:
    partition, sort = _key_text(what, board)
    return {"board": text(partition), "item": text(sort)}
