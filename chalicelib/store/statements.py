"""Owns the stored statements: each put once with its number and its places in the lists, its lines in blocks.

Must not decide what a statement says. Blocks lie under the digest of all lines: a run that was killed before it stored
the statement leaves blocks that nobody names, never lines of another statement.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.statements import Line, Statement, blocks_of
from chalicelib.errors import Conflict, NotFound
from chalicelib.store.catalogue import (
    document_key,
    find_document,
    get_document,
    list_newest,
    parse_document,
    put_document,
)
from chalicelib.store.client import BATCH_GET_MAX, batch_get, text
from chalicelib.store.tables import CatalogueItem
from chalicelib.store.transactions import Transaction

_NEW = "attribute_not_exists(id)"


def add_statement(tx: Transaction, statement: Statement) -> None:
    """Store a statement; lost when its day or its number is taken."""
    merchant_id, store_id, on = statement["merchant_id"], statement["store_id"], statement["on"]
    reference = {"store_id": store_id, "on": on, "number": statement["number"]}
    _put(tx, "statement", _kind(merchant_id, store_id), on, statement)
    _put(tx, "number", _number_kind(merchant_id, store_id), f"{statement['number']:06d}", reference)
    _put(tx, "place", _list_kind(merchant_id), f"{on}.{store_id}", reference)
    everywhere = {**reference, "merchant_id": merchant_id}
    _put(tx, "month", _month_kind(on[:7]), f"{on}.{merchant_id}.{store_id}", everywhere)


def put_lines(merchant_id: str, lines_digest: str, lines: Sequence[Line]) -> None:
    """Store the lines whose digest this is; the same again changes nothing."""
    for number, block in enumerate(blocks_of(lines)):
        try:
            put_document(_lines_kind(merchant_id), f"{lines_digest}.{number:06d}", {"lines": block})
        except Conflict:
            continue  # what lies under a digest is what it says


def read_lines(merchant_id: str, lines_digest: str, block: int) -> list[Line]:
    """Return one block of lines, empty after the last."""
    found = find_document(_lines_kind(merchant_id), f"{lines_digest}.{block:06d}")
    return list(found["lines"]) if found else []


def find_statement(merchant_id: str, store_id: str, on: str) -> Statement | None:
    """Return the statement of a store and day, or None."""
    return find_document(_kind(merchant_id, store_id), on)


def newest_statement(merchant_id: str, store_id: str, before_on: str | None = None) -> Statement | None:
    """Return the newest statement of a store, or the newest before a day; None when there is none."""
    found = list_newest(_kind(merchant_id, store_id), before_on, 1)
    return found[0] if found else None


def statements_of_day(merchant_id: str, on: str) -> list[Statement]:
    """Return the statements of all stores of a merchant for one day, by store."""
    return read_statements(merchant_id, _references(merchant_id, on, on + ".~", None))


def list_of_store(
    merchant_id: str, store_id: str, month: str, before_on: str | None, limit: int
) -> list[Statement]:
    """Return up to `limit` statements of a store, newest first; of one month, unless `month` is empty."""
    high = before_on or (month + ".~" if month else "~")
    condition = CatalogueItem.id.between(month or "0", high)
    found = CatalogueItem.query(
        _kind(merchant_id, store_id),
        condition,
        scan_index_forward=False,
        limit=limit + 1,
        consistent_read=True,
    )
    documents = [_parsed(item) for item in found]
    return [one for one in documents if one["on"] != before_on][:limit]


def list_references(
    merchant_id: str, month: str, before: str | None, limit: int | None
) -> list[dict[str, Any]]:
    """Return {store_id, on, number} of a merchant's statements, newest first, those before `before` (`on.store`)."""
    return _references(merchant_id, month, before or (month + "-~" if month else "~"), limit)


def list_of_month(
    month: str, on: str | None, before: str | None, limit: int
) -> tuple[list[Statement], str | None]:
    """Return up to `limit` statements of all merchants of one month, or one day of it, newest day first.

    `before` is where the page before ended; the second is where this one does, None after the last.
    """
    low, high = (f"{on}.", f"{on}.~") if on else (month, f"{month}-~")
    found = CatalogueItem.query(
        _month_kind(month),
        CatalogueItem.id.between(low, before or high),
        scan_index_forward=False,
        limit=limit + 1,
        consistent_read=True,
    )
    places = [(item.id, _parsed(item)) for item in found if item.id != before][:limit]
    statements = _read([(one["merchant_id"], one["store_id"], one["on"]) for _, one in places])
    return statements, places[-1][0] if len(places) == limit else None


def read_statements(merchant_id: str, references: Sequence[dict[str, Any]]) -> list[Statement]:
    """Return the statements that references name, in their order."""
    return _read([(merchant_id, one["store_id"], one["on"]) for one in references])


def _read(places: Sequence[tuple[str, str, str]]) -> list[Statement]:
    keys = [document_key(_kind(merchant_id, store_id), on) for merchant_id, store_id, on in places]
    found: dict[tuple[str, str, str], Statement] = {}
    for start in range(0, len(keys), BATCH_GET_MAX):
        for _, item in batch_get(keys[start : start + BATCH_GET_MAX]):
            statement = parse_document(item)
            found[statement["merchant_id"], statement["store_id"], statement["on"]] = statement
    # one that was removed is the audit's business, and shows there
    return [found[place] for place in places if place in found]


def _references(merchant_id: str, low: str, high: str, limit: int | None) -> list[dict[str, Any]]:
    condition = CatalogueItem.id.between(low or "0", high)
    wanted = None if limit is None else limit + 1
    found = CatalogueItem.query(
        _list_kind(merchant_id), condition, scan_index_forward=False, limit=wanted, consistent_read=True
    )
    references = [_parsed(item) for item in found]
    return [one for one in references if f"{one['on']}.{one['store_id']}" != high][:limit]


def add_adjustment(tx: Transaction, merchant_id: str, on: str, adjustment: dict[str, Any]) -> None:
    """Store what a decided dispute corrects in the statement of day `on`; lost when that dispute has one already."""
    _put(tx, "adjustment", _adjustment_kind(merchant_id), f"{on}.{adjustment['dispute_id']}", adjustment)


def adjustments_of_day(merchant_id: str, on: str) -> Iterator[dict[str, Any]]:
    """Yield the adjustments that belong into the statements of one day."""
    prefix = CatalogueItem.id.startswith(f"{on}.")
    for item in CatalogueItem.query(_adjustment_kind(merchant_id), prefix, consistent_read=True):
        yield _parsed(item)


def get_statement(merchant_id: str, store_id: str, on: str) -> Statement:
    """Return the statement of a store and day; NotFound `statement-unknown`."""
    try:
        return get_document(_kind(merchant_id, store_id), on)
    except NotFound:
        raise NotFound("statement-unknown", "there is no such statement", store_id=store_id, on=on) from None


def _parsed(item: CatalogueItem) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(item.body)
    return document


def _put(tx: Transaction, label: str, kind: str, id: str, document: dict[str, Any]) -> None:
    item = {"kind": text(kind), "id": text(id), "body": text(canonical_json(document))}
    tx.put(label, config().table("catalogue"), item, _NEW)


def _kind(merchant_id: str, store_id: str) -> str:
    return f"statement#{merchant_id}#{store_id}"


def _number_kind(merchant_id: str, store_id: str) -> str:
    return f"statement-number#{merchant_id}#{store_id}"


def _list_kind(merchant_id: str) -> str:
    return f"statement-list#{merchant_id}"


def _month_kind(month: str) -> str:
    return f"statement-month#{month}"


def _lines_kind(merchant_id: str) -> str:
    return f"statement-lines#{merchant_id}"


def _adjustment_kind(merchant_id: str) -> str:
    return f"statement-adjustment#{merchant_id}"
