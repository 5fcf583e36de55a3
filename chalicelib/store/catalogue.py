"""Owns published documents: partners, merchants, stores, offers, each under (kind, id).

Must not interpret them. Documents are canonical JSON; those that change by versions are written by `store.versions`.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from pynamodb.exceptions import PutError

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.errors import Conflict, NotFound
from chalicelib.store.client import Item, text
from chalicelib.store.sheets import Key
from chalicelib.store.tables import CatalogueItem

CACHE_S = 30
LIST_CACHE_S = 5
_ALL = "*"  # in no id: stands for every document of a kind whose id begins like this
_cache: dict[tuple[str, str], tuple[float, Any]] = {}


def document_key(kind: str, id: str) -> Key:
    """Return table and key of a document."""
    return config().table("catalogue"), {"kind": text(kind), "id": text(id)}


def parse_document(item: Item) -> dict[str, Any]:
    """Return the document stored as a raw `item`."""
    document: dict[str, Any] = json.loads(item["body"]["S"])
    return document


def find_document(kind: str, id: str) -> dict[str, Any] | None:
    """Return the document, or None; an empty id, which no key can have, names none."""
    if not id:
        return None
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
    document: dict[str, Any] = _cached(kind, id, lambda: get_document(kind, id))
    return document


def cached_documents(kind: str, prefix: str = "", life_s: int = CACHE_S) -> list[dict[str, Any]]:
    """Return the documents whose ids begin with `prefix`, in id order, as they were at most `life_s` ago."""
    found: list[dict[str, Any]] = _cached(kind, prefix + _ALL, lambda: list_documents(kind, prefix), life_s)
    return found


def _cached(kind: str, name: str, read: Callable[[], Any], life_s: int = CACHE_S) -> Any:
    known = _cache.get((kind, name))
    if known is not None and known[0] > time.monotonic():
        return known[1]
    value = read()
    _cache[kind, name] = (time.monotonic() + life_s, value)
    return value


def forget(kind: str, id: str) -> None:
    """Let this process read a document anew, and the lists it stands in."""
    for key in list(_cache):
        if key[0] == kind and (key[1] == id or key[1].endswith(_ALL)):
            _cache.pop(key, None)


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


def list_documents(kind: str, prefix: str = "") -> list[dict[str, Any]]:
    """Return all documents of a kind, or those whose ids begin with `prefix`, in id order."""
    condition = CatalogueItem.id.startswith(prefix) if prefix else None
    return [_document(item) for item in CatalogueItem.query(kind, condition)]


def list_after(kind: str, prefix: str, after_id: str | None, limit: int) -> list[dict[str, Any]]:
    """Return up to `limit` documents whose ids begin with `prefix`, in id order, only those after `after_id`."""
    condition = CatalogueItem.id.startswith(prefix) if prefix else None
    if after_id is not None:
        condition = CatalogueItem.id.between(after_id + "\0", prefix + "\uffff")
    return [_document(item) for item in CatalogueItem.query(kind, condition, limit=limit)]


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
