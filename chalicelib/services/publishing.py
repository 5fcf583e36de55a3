"""Owns the publication of merchants, stores and offers by operators: checked against each other, then kept.

Must not change what is published already: a document is entered once; a new offer has a new id.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.days import to_text
from chalicelib.errors import InvalidInput
from chalicelib.store.catalogue import find_document, put_document

LIVE = "live"


def publish_merchant(document: Mapping[str, Any]) -> dict[str, Any]:
    """Enter a merchant {id, name}; Conflict `merchant-exists`."""
    put_document("merchant", document["id"], dict(document))
    return dict(document)


def publish_store(document: Mapping[str, Any]) -> dict[str, Any]:
    """Enter a store {id, merchant_id, name, address} of a known merchant; Conflict `store-exists`."""
    _must_exist("merchant", document["merchant_id"], "/merchant_id")
    put_document("store", document["id"], dict(document))
    return dict(document)


def publish_offer(document: Mapping[str, Any]) -> dict[str, Any]:
    """Enter an offer at stores of its merchant, live between `starts_at` and `ends_at`; Conflict `offer-exists`.

    InvalidInput names a store that is not the merchant's, or an end before the start.
    """
    merchant_id = document["merchant_id"]
    _must_exist("merchant", merchant_id, "/merchant_id")
    for position, store_id in enumerate(document["store_ids"]):
        store = _must_exist("store", store_id, f"/store_ids/{position}")
        if store["merchant_id"] != merchant_id:
            raise InvalidInput.at(f"/store_ids/{position}", "is a store of another merchant")
    starts, ends = (
        datetime.fromisoformat(document[name]).astimezone(UTC) for name in ("starts_at", "ends_at")
    )
    if ends <= starts:
        raise InvalidInput.at("/ends_at", "must be later than starts_at")
    offer = {**document, "state": LIVE, "starts_at": to_text(starts), "ends_at": to_text(ends)}
    put_document("offer", offer["id"], offer)
    return {**offer, "stock_remaining": offer["stock"]}


def _must_exist(kind: str, id: str, pointer: str) -> dict[str, Any]:
    found = find_document(kind, id)
    if found is None:
        raise InvalidInput.at(pointer, f"there is no {kind} {id!r}")
    return found
