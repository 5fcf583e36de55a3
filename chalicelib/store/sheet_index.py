"""Owns the reading of the indexes of day sheets page by page: those that wait for a verifier, those not settled yet.

Must not change a sheet. An index may be a moment behind the sheets; what is read of a sheet itself is not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.config import config
from chalicelib.domain.sheets import Sheet
from chalicelib.store.client import BATCH_GET_MAX, batch_get, dynamodb, text
from chalicelib.store.sheets import parse_sheet, sheet_key

PAGE_SHEETS = BATCH_GET_MAX
_ATTRIBUTES = {"by_pending": "pending", "by_open_day": "open"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reading of one shard of an index goes on: behind this sheet."""

    on: date
    account_id: str


@dataclass(frozen=True, slots=True)
class Found:
    """Some sheets of a shard, oldest day first, as they are now, and where to go on; None at the end of the shard."""

    sheets: tuple[Sheet, ...]
    next: Place | None


def read_page(
    index: str, shard: str, from_on: date, to_on: date, after: Place | None = None, limit: int = PAGE_SHEETS
) -> Found:
    """Return up to `limit` sheets of the days [from_on, to_on] in one shard of `by_pending` or `by_open_day`."""
    assert 0 < limit <= PAGE_SHEETS, "a page is one batched read"
    attribute = _ATTRIBUTES[index]
    arguments: dict[str, Any] = {
        "TableName": config().table("accounts"),
        "IndexName": index,
        "KeyConditionExpression": "#shard = :shard AND #item BETWEEN :low AND :high",
        "ExpressionAttributeNames": {"#shard": attribute, "#item": "item"},
        "ExpressionAttributeValues": {
            ":shard": text(shard),
            ":low": text(f"sheet#{from_on.isoformat()}"),
            ":high": text(f"sheet#{to_on.isoformat()}"),
        },
        "Limit": limit,
    }
    if after is not None:
        key = sheet_key(after.account_id, after.on)[1]
        arguments["ExclusiveStartKey"] = {**key, attribute: text(shard)}
    answer = dynamodb().query(**arguments)
    places = [
        Place(date.fromisoformat(item["item"]["S"].removeprefix("sheet#")), item["account_id"]["S"])
        for item in answer["Items"]
    ]
    more = places[-1] if places and "LastEvaluatedKey" in answer else None
    return Found(tuple(read_sheets(places)), more)


def read_pages(index: str, shard: str, from_on: date, to_on: date, after: Place | None) -> Iterator[Found]:
    """Yield one page after the other until the shard ends."""
    while True:
        found = read_page(index, shard, from_on, to_on, after)
        yield found
        if found.next is None:
            return
        after = found.next


def read_sheets(places: Sequence[Place]) -> list[Sheet]:
    """Return the sheets at some places, in their order, as they are now; those that are not there are left out."""
    keys = [sheet_key(place.account_id, place.on) for place in dict.fromkeys(places)]
    found: dict[Place, Sheet] = {}
    for start in range(0, len(keys), BATCH_GET_MAX):
        for _, item in batch_get(keys[start : start + BATCH_GET_MAX]):
            sheet = parse_sheet(item)
            found[Place(sheet.on, sheet.account_id)] = sheet
    return [found[place] for place in dict.fromkeys(places) if place in found]
