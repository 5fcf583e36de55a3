"""Owns the stores of merchants: where they are, when they are open, whether they give anything at all.

Must not change anybody else's store. Opening hours are information; a store that is `closed` takes nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain import hours
from chalicelib.domain.days import to_text
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict, InvalidInput, NotFound
from chalicelib.services import staff
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.store import staff as staff_store
from chalicelib.store.catalogue import find_document, get_document, list_documents
from chalicelib.store.transactions import Transaction
from chalicelib.store.versions import Change, add_version

KIND = "store"


def open_store(
    merchant_id: str, fields: Mapping[str, Any], by: str, now: datetime, manager_id: str | None = None
) -> dict[str, Any]:
    """Enter a store {id, name, address, …}; a manager who does works there from the next sign-in.

    The same again: the same answer (`_hit`). Conflict `store-exists`; InvalidInput names a wrong field.
    """
    get_document("merchant", merchant_id)
    check_fields(fields)
    document = {**fields, "merchant_id": merchant_id, "state": fields.get("state", "open"), "version": 1}
    return repeat_on_conflict(lambda: _open_once(document, by, now, manager_id))


def _open_once(document: dict[str, Any], by: str, now: datetime, manager_id: str | None) -> dict[str, Any]:
    known = find_document(KIND, document["id"])
    if known is not None:
        if _plain(known) != _plain(document):
            raise Conflict("store-exists", f"there is a store {document['id']!r} already", id=document["id"])
        return {**known, "_hit": True}
    tx = Transaction()
    add_version(tx, KIND, document, Change(by, to_text(now), "open"))
    manager = _find_member(document["merchant_id"], manager_id) if manager_id else None
    if manager is not None:
        there = {**manager, "store_ids": [*manager["store_ids"], document["id"]]}
        staff_store.add_staff(tx, there, manager)
    tx.commit()
    return document


def change_store(
    merchant_id: str, store_id: str, fields: Mapping[str, Any], by: str, now: datetime
) -> dict[str, Any]:
    """Replace what is said of a store; nothing changed: the same answer (`_hit`). NotFound `store-unknown`."""
    check_fields(fields)
    return repeat_on_conflict(lambda: _change_once(merchant_id, store_id, fields, by, now))


def _change_once(
    merchant_id: str, store_id: str, fields: Mapping[str, Any], by: str, now: datetime
) -> dict[str, Any]:
    read = get_own_store(merchant_id, store_id)
    document = {**fields, "id": store_id, "merchant_id": merchant_id, "state": fields.get("state", "open")}
    if _plain(document) == _plain(read):
        return {**read, "_hit": True}
    document["version"] = read.get("version", 1) + 1
    tx = Transaction()
    add_version(tx, KIND, document, Change(by, to_text(now), "change"))
    tx.commit()
    return document


def get_own_store(merchant_id: str, store_id: str) -> dict[str, Any]:
    """Return a store of this merchant; NotFound `store-unknown`, also for somebody else's."""
    found = find_document(KIND, store_id)
    if found is None or found["merchant_id"] != merchant_id:
        raise NotFound("store-unknown", f"you have no store {store_id!r}", id=store_id)
    return found


def list_stores(merchant_id: str) -> Page:
    """Return all stores of a merchant, in id order."""
    return Page([store for store in list_documents(KIND) if store["merchant_id"] == merchant_id], None)


def check_fields(fields: Mapping[str, Any]) -> None:
    """Refuse half a place, and opening hours that close before they open."""
    faults = hours.faults_in(fields.get("opening_hours", ()), "/opening_hours")
    place = [name for name in ("latitude_microdegrees", "longitude_microdegrees") if name in fields]
    if len(place) == 1:
        faults.append({"pointer": f"/{place[0]}", "detail": "latitude and longitude come together"})
    if faults:
        raise InvalidInput(faults)


def _plain(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {"state": "open", **document}.items() if name != "version"}


def _find_member(merchant_id: str, staff_id: str) -> dict[str, Any] | None:
    try:
        return staff.get_member(merchant_id, staff_id)
    except NotFound:
        return None
