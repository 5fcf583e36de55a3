"""Owns the question whether a till may give anything now: its merchant and its store, read with everything else.

Must not write: nothing on the way of a charge ever touches a merchant's item.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.errors import Forbidden, NotFound
from chalicelib.services.merchants import check_open
from chalicelib.services.spending import Loaded
from chalicelib.store.catalogue import document_key, parse_document
from chalicelib.store.sheets import Key

OTHER_SCENARIO = "其他"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is given."""

    merchant: Mapping[str, Any]
    store: Mapping[str, Any]

    @property
    def scenario(self) -> str:
        """Return the scenario whose rate counts here: the store's, else the merchant's first, else 其他."""
        of_merchant = (*self.merchant.get("scenarios", ()), OTHER_SCENARIO)[0]
        return str(self.store.get("scenario") or of_merchant)


def place_keys(merchant_id: str, store_id: str) -> Sequence[Key]:
    """Return what has to be read to know a place."""
    return [document_key("merchant", merchant_id), document_key("store", store_id)]


def open_place(loaded: Loaded, merchant_id: str, store_id: str, now: datetime) -> Place:
    """Return the place among what was read.

    NotFound `merchant-unknown`, `store-unknown`; Forbidden `store-of-others`; Refused as
    `services.merchants.check_open`.
    """
    merchant, store = (loaded.find(key) for key in place_keys(merchant_id, store_id))
    if merchant is None:
        raise NotFound("merchant-unknown", f"there is no merchant {merchant_id!r}", id=merchant_id)
    if store is None:
        raise NotFound("store-unknown", f"there is no store {store_id!r}", id=store_id)
    place = Place(parse_document(merchant), parse_document(store))
    if place.store["merchant_id"] != merchant_id:
        raise Forbidden("store-of-others", "you do not work at this store", store_id=store_id)
    check_open(place.merchant, place.store, now)
    return place
