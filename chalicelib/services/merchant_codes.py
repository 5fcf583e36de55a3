"""Owns merchant codes: the signed text on the poster at a till, made by number, revoked by number.

Must not take points. A code says where it hangs; nobody can make one up, and a copied poster still pays its own shop.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.days import to_text
from chalicelib.errors import Conflict, NotFound, Refused
from chalicelib.keys import keyed_digest
from chalicelib.store.catalogue import (
    cached_document,
    find_document,
    get_document,
    list_beginning,
    put_document,
)

KIND = "merchant-code"
TEXT_PREFIX = "tanhui-pay:"
CODES_MAX = 200
_SIGNATURE_CHARS = 16


def add_code(store: Mapping[str, Any], label: str, now: datetime) -> dict[str, Any]:
    """Make the next code of a store, for one till or for all; Conflict `merchant-codes-too-many`."""
    number = len(_codes_of(store["id"])) + 1
    if number > CODES_MAX:
        raise Conflict("merchant-codes-too-many", "no more codes can be made here", codes_max=CODES_MAX)
    document = {
        "id": f"{store['id']}.{number}",
        "merchant_id": store["merchant_id"],
        "store_id": store["id"],
        "number": number,
        "label": label,
        "created_at": to_text(now),
        "revoked_at": None,
    }
    put_document(KIND, document["id"], document)
    return _view(document)


def list_codes(store_id: str) -> list[dict[str, Any]]:
    """Return the codes of a store, revoked ones too, by number."""
    return sorted((_view(one) for one in _codes_of(store_id)), key=lambda view: int(view["number"]))


def revoke_code(store_id: str, number: str, now: datetime) -> dict[str, Any]:
    """Take a code out of use; every process refuses it within 30 seconds. NotFound `merchant-code-unknown`."""
    document = get_document(KIND, f"{store_id}.{number}")
    changed = {**document, "revoked_at": document["revoked_at"] or to_text(now)}
    put_document(KIND, document["id"], changed, replace=True)
    return _view(changed)


def read_code(text: str) -> dict[str, Any]:
    """Return the document of a scanned code, revoked or not; Refused `merchant-code-forged`."""
    code_id, _, signature = text.removeprefix(TEXT_PREFIX).rpartition(".")
    if not hmac.compare_digest(_signature(code_id).encode(), signature.encode()):
        raise Refused("merchant-code-forged", "this is no merchant code of this programme")
    return cached_document(KIND, code_id)


def check_in_use(code: Mapping[str, Any]) -> None:
    """Refuse a revoked code: `merchant-code-revoked`."""
    if code["revoked_at"] is not None:
        raise Refused("merchant-code-revoked", "this merchant code is no longer in use")


def describe_code(text: str) -> dict[str, Any]:
    """Return which merchant and store a scanned code belongs to."""
    document = read_code(text)
    check_in_use(document)
    merchant = cached_document("merchant", document["merchant_id"])
    store = cached_document("store", document["store_id"])
    return {
        "merchant_id": merchant["id"],
        "merchant_name": merchant["name"],
        "store_id": store["id"],
        "store_name": store["name"],
        "label": document["label"],
    }


def code_to_print(store_id: str, number: int | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (store, code) for a poster: the code of that number, or the newest in use.

    NotFound `merchant-code-unknown`, Refused `merchant-code-revoked`.
    """
    store = get_document("store", store_id)
    if number is None:
        in_use = [view for view in list_codes(store_id) if view["revoked_at"] is None]
        if not in_use:
            raise NotFound("merchant-code-unknown", "this store has no code in use; make one first")
        return store, in_use[-1]
    code = _view(get_document(KIND, f"{store_id}.{number}"))
    check_in_use(code)
    return store, code


def merchant_of(store: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merchant of a store."""
    return get_document("merchant", store["merchant_id"])


def own_store(merchant_id: str, store_id: str) -> dict[str, Any]:
    """Return a store of this merchant; NotFound `store-unknown`, also for somebody else's."""
    store = find_document("store", store_id)
    if store is None or store["merchant_id"] != merchant_id:
        raise NotFound("store-unknown", "your merchant has no such store")
    return store


def _codes_of(store_id: str) -> list[dict[str, Any]]:
    return list_beginning(KIND, f"{store_id}.")


def _view(document: Mapping[str, Any]) -> dict[str, Any]:
    return {**document, "text": TEXT_PREFIX + document["id"] + "." + _signature(document["id"])}


def _signature(code_id: str) -> str:
    return keyed_digest("merchant-code", code_id)[:_SIGNATURE_CHARS]
