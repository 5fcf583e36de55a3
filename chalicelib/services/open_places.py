"""Owns the question whether a till may give anything now: its merchant and its store, as they were half a minute ago.

Must not write: nothing on the way of a charge ever touches a merchant's item.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.days import from_text, local_day
from chalicelib.errors import Forbidden, Refused
from chalicelib.profiles import current_profile
from chalicelib.store.catalogue import cached_document

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


def open_place(merchant_id: str, store_id: str, now: datetime) -> Place:
    """Return the place; Forbidden `store-of-others`, Refused `merchant-suspended`, `merchant-contract-over`,
    `store-closed`, NotFound `store-unknown`, `merchant-unknown`.
    """
    store = cached_document("store", store_id)
    if store["merchant_id"] != merchant_id:
        raise Forbidden("store-of-others", "you do not work at this store", store_id=store_id)
    merchant = cached_document("merchant", merchant_id)
    _check_merchant(merchant, now)
    if store.get("state", "open") != "open":
        raise Refused("store-closed", "this store is closed", store_id=store_id)
    return Place(merchant, store)


def _check_merchant(merchant: Mapping[str, Any], now: datetime) -> None:
    suspension = merchant.get("suspension")
    if suspension and from_text(suspension["from_at"]) <= now:
        raise Refused("merchant-suspended", "this merchant is suspended", merchant_id=merchant["id"])
    today = local_day(now, current_profile().tz).isoformat()
    from_on, to_on = merchant.get("contract_from") or today, merchant.get("contract_to") or today
    if not from_on <= today <= to_on:
        detail = "the contract with this merchant does not cover today"
        raise Refused("merchant-contract-over", detail, contract_from=from_on, contract_to=to_on)
