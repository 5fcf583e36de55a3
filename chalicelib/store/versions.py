"""Owns documents that change by versions: the one in force under (kind, id), every version with who made it and when.

Must not interpret them. A version is written only after the one it follows, in one transaction with its record, so
that of two who change the same version one loses.
"""

from dataclasses import dataclass
from typing import Any

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.store.catalogue import document_key, forget, list_newest
from chalicelib.store.client import number, text
from chalicelib.store.transactions import Transaction

DOCUMENT, CHANGE = "document", "change"


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed a document, when, and what they called it."""

    by: str
    at: str
    what: str


def add_version(tx: Transaction, kind: str, document: dict[str, Any], change: Change) -> None:
    """Write `document` as the version it names; lost unless the one before is in force (or, for 1, none is)."""
    version, (table, key) = document["version"], document_key(kind, document["id"])
    item = {**key, "body": text(canonical_json(document)), "version": number(version)}
    if version == 1:
        tx.put(DOCUMENT, table, item, "attribute_not_exists(id)")
    else:
        follows = "#v = :before OR (attribute_exists(id) AND attribute_not_exists(#v) AND :before = :one)"
        values = {":before": number(version - 1), ":one": number(1)}
        tx.put(DOCUMENT, table, item, follows, values, v="version")
    record = {"version": version, "by": change.by, "at": change.at, "what": change.what, "document": document}
    kept = {"kind": text(_change_kind(kind, document["id"])), "id": text(f"{version:06d}")}
    kept["body"] = text(canonical_json(record))
    tx.put(CHANGE, config().table("catalogue"), kept, "attribute_not_exists(id)")
    forget(kind, document["id"])


def list_changes(kind: str, id: str, before_version: int | None, limit: int) -> list[dict[str, Any]]:
    """Return up to `limit` versions of a document, newest first: {version, by, at, what, document}."""
    before = None if before_version is None else f"{before_version:06d}"
    return list_newest(_change_kind(kind, id), before, limit)


def _change_kind(kind: str, id: str) -> str:
    return f"{kind}-change#{id}"
