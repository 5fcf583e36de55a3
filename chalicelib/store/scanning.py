"""Owns the reading of whole tables, or of stretches of an index, in segments, each from where an earlier one stopped.

Must not know what an item says. What is read in one go is a *group*: all items of one account, or one single item; a
scan goes key by key, so the items of one partition follow each other and stay in one segment.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, groupby
from typing import Any

from chalicelib.config import config
from chalicelib.store.client import Item, dynamodb, query_all, text

Cursor = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """A table or index to read: `group_by` names what makes a group (its first part is the group's id), `key` what a
    reading needs to go on behind an item. An index cannot be read consistently; a table need not, at half the price.
    """

    name: str
    table: str
    group_by: tuple[str, ...]
    key: tuple[str, ...]
    index: str | None = None
    is_consistent: bool = True


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a segment reads of one partition of an index: the items from `low` to `high`, both included."""

    partition: str
    low: str
    high: str


ACCOUNTS = Source("accounts", "accounts", ("account_id",), ("account_id", "item"))
ENTRIES = Source("entries", "entries", ("account_id",), ("account_id", "seq"))
REDEMPTIONS = Source("redemptions", "redemptions", ("redemption_id",), ("redemption_id",))
STANDINGS = Source("standings", "standings", ("board", "item"), ("board", "item"))
BY_EXPIRY = Source(
    "by_expiry",
    "accounts",
    ("account_id",),
    ("expiry_shard", "expiry_on", "account_id", "item"),
    "by_expiry",
    is_consistent=False,
)
BY_COUNTERPARTY = Source(
    "by_counterparty",
    "entries",
    ("account_id", "seq"),
    ("counterparty", "at", "account_id", "seq"),
    "by_counterparty",
    is_consistent=False,
)


class Group:
    """Some items that belong together, read as they are iterated over; `cursor` is where to go on behind them."""

    def __init__(self, source: Source, items: Iterator[Item]) -> None:
        self._source = source
        self._rest = items
        self._first = next(items)
        self.id = str(next(iter(self._first[source.group_by[0]].values())))
        self.cursor: Cursor = _cursor(source, self._first)
        self.items = self._watched()

    def drain(self) -> None:
        """Read what nobody has read of this group; the cursor is right afterwards."""
        for _ in self.items:
            pass

    def _watched(self) -> Iterator[Item]:
        yield self._first
        for item in self._rest:
            self.cursor = _cursor(self._source, item)
            yield item


def scan_groups(source: Source, segment: int, segments: int, after: Cursor | None) -> Iterator[Group]:
    """Yield the groups of one segment, behind the group that ended at `after` when given. Drain each before the next.

    Items that joined an earlier group meanwhile are left out: they belong to a group that was read.
    """
    items = _scan(source, segment, segments, after)
    if after is not None:
        known = _group_key(source, after)
        items = dropwhile(lambda item: _group_key(source, item) == known, items)
    for _, found in groupby(items, key=lambda item: _group_key(source, item)):
        yield Group(source, found)


def query_groups(source: Source, stretches: Sequence[Stretch], after: Cursor | None) -> Iterator[Group]:
    """Yield the groups of some stretches of an index, one after the other, behind `after` when given.

    The first two names in the source's `key` are the index's own. What left the index meanwhile is not seen.
    """
    partition_name = source.key[0]
    for number, stretch in enumerate(stretches):
        is_here = after is not None and after[partition_name] == text(stretch.partition)
        if after is not None and not is_here:
            assert number + 1 < len(stretches), "a cursor stands in one of its segment's stretches"
            continue
        items = query_all(_query(source, stretch, after))
        after = None
        for _, found in groupby(items, key=lambda item: _group_key(source, item)):
            yield Group(source, found)


def _query(source: Source, stretch: Stretch, after: Cursor | None) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "TableName": config().table(source.table),
        "IndexName": source.index,
        "KeyConditionExpression": "#partition = :partition AND #range BETWEEN :low AND :high",
        "ExpressionAttributeNames": {"#partition": source.key[0], "#range": source.key[1]},
        "ExpressionAttributeValues": {
            ":partition": text(stretch.partition),
            ":low": text(stretch.low),
            ":high": text(stretch.high),
        },
    }
    return arguments if after is None else {**arguments, "ExclusiveStartKey": after}


def _scan(source: Source, segment: int, segments: int, after: Cursor | None) -> Iterator[Item]:
    arguments: dict[str, Any] = {
        "TableName": config().table(source.table),
        "Segment": segment,
        "TotalSegments": segments,
        "ConsistentRead": source.is_consistent,
    }
    if source.index is not None:
        arguments["IndexName"] = source.index
    if after is not None:
        arguments["ExclusiveStartKey"] = after
    while True:
        answer = dynamodb().scan(**arguments)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _group_key(source: Source, item: Item) -> list[dict[str, Any]]:
    return [item[name] for name in source.group_by]


def _cursor(source: Source, item: Item) -> Cursor:
    return {name: item[name] for name in source.key}
