"""Owns direct publication: merchants and offers entered at once by one person, in demonstrations only, and stores.

Must not change what is published already: a document is entered once. Elsewhere merchants apply
(`services.merchant_applications`) and offers are reviewed (`services.offer_drafts`), by two people.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.config import config
from chalicelib.domain.credit_codes import fault_in
from chalicelib.domain.days import to_text
from chalicelib.domain.offers import ITEM, LIVE
from chalicelib.errors import Conflict, Forbidden, InvalidInput
from chalicelib.services.merchants import check_period
from chalicelib.services.offer_publishing import add_offer_version, checked_offer
from chalicelib.services.stores import check_fields
from chalicelib.store.catalogue import find_document
from chalicelib.store.credit_codes import add_credit_code
from chalicelib.store.transactions import Transaction, TransactionLost
from chalicelib.store.versions import Change, add_version


def publish_merchant(document: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    """Enter a merchant {id, name, …} without an application; Conflict `merchant-exists`.

    Forbidden `needs-second-person` unless this deployment is a demonstration.
    """
    _check_demo()
    merchant, tx = {**document, "version": 1}, Transaction()
    if "contract_from" in merchant or "contract_to" in merchant:
        check_period(merchant.get("contract_from", ""), merchant.get("contract_to", "9999"))
    if "credit_code" in merchant:
        fault = fault_in(merchant["credit_code"])
        if fault is not None:
            raise InvalidInput.at("/credit_code", fault)
        add_credit_code(tx, merchant["credit_code"], merchant["id"])
    add_version(tx, "merchant", merchant, Change(by, to_text(now), "publish"))
    try:
        tx.commit()
    except TransactionLost:
        raise Conflict("merchant-exists", "there is such a merchant already", id=merchant["id"]) from None
    return dict(document)


def publish_store(document: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    """Enter a store {id, merchant_id, name, address, …} of a known merchant; Conflict `store-exists`."""
    _must_exist("merchant", document["merchant_id"], "/merchant_id")
    check_fields(document)
    store, tx = {"state": "open", **document, "version": 1}, Transaction()
    add_version(tx, "store", store, Change(by, to_text(now), "publish"))
    try:
        tx.commit()
    except TransactionLost:
        raise Conflict("store-exists", "there is such a store already", id=store["id"]) from None
    return store


def publish_offer(document: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    """Enter an offer at stores of its merchant, live between `starts_at` and `ends_at`; Conflict `offer-exists`.

    InvalidInput names every wrong field; Forbidden `needs-second-person` unless this is a demonstration.
    """
    _check_demo()
    _must_exist("merchant", document["merchant_id"], "/merchant_id")
    offer = {**checked_offer({"kind": ITEM, **document}), "state": LIVE, "version": 1}
    tx = Transaction()
    add_offer_version(tx, offer, Change(by, to_text(now), "publish"))
    try:
        tx.commit()
    except TransactionLost:
        raise Conflict("offer-exists", "there is such an offer already", id=offer["id"]) from None
    return {**offer, "stock_remaining": offer["stock"]}


def _check_demo() -> None:
    if not config().demo:
        raise Forbidden("needs-second-person", "only a demonstration publishes without a second person")


def _must_exist(kind: str, id: str, pointer: str) -> dict[str, Any]:
    found = find_document(kind, id)
    if found is None:
        raise InvalidInput.at(pointer, f"there is no {kind} {id!r}")
    return found
