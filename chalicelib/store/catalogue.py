"""Owns published documents: partners, merchants, stores, offers, each under (kind, id).

Must not interpret them. Documents are canonical JSON; those that change by versions are written by `store.versions`.
"""

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

from pynamodb.exceptions import PutError

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.errors import Conflict, NotFound
from chalicelib.store.client import Item, text
from chalicelib.store.sheets import Key
from chalicelib.store.tables import CatalogueItem

CACHE_S = 30
LIST_CACHE_S = 5
_cache: dict[tuple[str, str], tuple[float, Any]] = {}
_ALL = "*"
T = TypeVar("T")


def document_key(kind: str, id: str) -> Key:
    """Return table and key of a document."""
    return config().table("catalogue"), {"kind": text(kind), "id": text(id)}


def parse_document(item: Item) -> dict[str, Any]:
    """Return the document stored as a raw `item`."""
    document: dict[str, Any] = json.loads(item["body"]["S"])
    return document


def find_document(kind: str, id: str) -> dict[str, Any] | None:
    """Return the document, or None."""
    try:
        return _document(CatalogueItem.get(kind, id, consistent_read=True))
    except CatalogueItem.DoesNotExist:
        return None


def get_document(kind: str, id: str) -> dict[str, Any]:
    """Return the document; NotFound `<kind>-unknown`."""
    document = find_document(kind, id)
    if document is None:
        raise NotFound(f"{kind}-unknown", f"there is no {kind} {id!r}", id=id)
    return document


def cached_document(kind: str, id: str) -> dict[str, Any]:
    """Return the document as it was at most 30 s ago; NotFound like `get_document`."""
    return _cached((kind, id), CACHE_S, lambda: get_document(kind, id))


def cached_documents(kind: str) -> list[dict[str, Any]]:
    """Return all documents of a kind as they were at most 5 s ago, in id order."""
    return _cached((kind, _ALL), LIST_CACHE_S, lambda: list_documents(kind))


def forget(kind: str, id: str) -> None:
    """Let this process read a document anew, and the list it stands in."""
    _cache.pop((kind, id), None)
    _cache.pop((kind, _ALL), None)


def _cached(key: tuple[str, str], life_s: int, read: Callable[[], T]) -> T:
    known = _cache.get(key)
    if known is not None and known[0] > time.monotonic():
        found: T = known[1]
        return found
    found = read()
    _cache[key] = (time.monotonic() + life_s, found)
    return found


def put_document(kind: str, id: str, body: dict[str, Any], replace: bool = False) -> None:
    """Write a document; Conflict `<kind>-exists` when it is there and `replace` is not asked for."""
    forget(kind, id)
    if replace:
        model = CatalogueItem(kind, id)
        model.update(actions=[CatalogueItem.body.set(canonical_json(body))])
        return
    try:
        CatalogueItem(kind, id, body=canonical_json(body)).save(CatalogueItem.kind.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise Conflict(f"{kind}-exists", f"there is a {kind} {id!r} already", id=id) from None


def list_documents(kind: str) -> list[dict[str, Any]]:
    """Return all documents of a kind, in id order."""
    return [_document(item) for item in CatalogueItem.query(kind)]


def list_beginning(kind: str, prefix: str) -> list[dict[str, Any]]:
    """Return the documents of a kind whose id begins with `prefix`, in id order; strongly consistent."""
    found = CatalogueItem.query(kind, CatalogueItem.id.startswith(prefix), consistent_read=True)
    return [_document(item) for item in found]


def list_newest(kind: str, before_id: str | None, limit: int) -> list[dict[str, Any]]:
    """Return up to `limit` documents of a kind, highest id first, only those before `before_id` when given."""
    condition = CatalogueItem.id < before_id if before_id is not None else None
    found = CatalogueItem.query(kind, condition, scan_index_forward=False, limit=limit, consistent_read=True)
    return [_document(item) for item in found]


def _document(item: CatalogueItem) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(item.body)
    return document
