"""Owns the taking of an offer and the giving back: its rules, its limits, as parts of a voucher's own transaction.

Must not touch points (`services.vouchers`). Every limit is checked on what was read, for the reason to be told, and
again by the condition of the write, for it to be true.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chalicelib.domain import offer_limits as limits
from chalicelib.domain.offer_limits import Counter
from chalicelib.domain.offers import check_live
from chalicelib.domain.vouchers import Voucher
from chalicelib.errors import NotFound
from chalicelib.services.merchants import check_open
from chalicelib.services.spending import Loaded
from chalicelib.store import offer_counters as counters
from chalicelib.store.catalogue import cached_document, document_key, parse_document
from chalicelib.store.sheets import Key
from chalicelib.store.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Taking:
    """An offer that this resident may take now, and its counters as they were read."""

    offer: dict[str, Any]
    account_id: str
    of_all: Counter
    of_one: Counter | None
    today: str


def keys_of_offer(offer_id: str, account_id: str) -> Sequence[Key]:
    """Return what has to be read of an offer to take it, or to give it back."""
    offer_key, counter_key = document_key("offer", offer_id), counters.counter_key(offer_id)
    return [offer_key, counter_key, counters.resident_key(offer_id, account_id)]


def check_taking(loaded: Loaded, offer_id: str, account_id: str, now: datetime, today: date) -> Taking:
    """Return the offer as it can be taken; refuse it by the first rule that says no.

    NotFound `offer-unknown`; Refused `offer-not-live`, `offer-ended`, `merchant-…`, `offer-not-eligible`, and the
    limits: `offer-limit-per-resident`, `offer-sold-out`, `offer-budget-spent`, `offer-limit-per-day`. The merchant is
    known as of 30 s ago.
    """
    item = loaded.find(document_key("offer", offer_id))
    if item is None:
        raise NotFound("offer-unknown", f"there is no offer {offer_id!r}", offer_id=offer_id)
    offer = parse_document(item)
    check_live(offer, now)
    check_open(cached_document("merchant", offer["merchant_id"]), None, now)
    of_all, of_one = _counters(loaded, offer_id, account_id)
    assert of_all is not None, "an offer in force has its counter"
    limits.check_room_for_one(offer, of_one or Counter(), today.isoformat())
    limits.check_room_for_all(offer, of_all, today.isoformat())
    if "audience_id" in offer or "behaviour" in offer:
        from chalicelib.services.eligibility import check_eligible

        check_eligible(offer, account_id, now)
    return Taking(offer, account_id, of_all, of_one, today.isoformat())


def _counters(loaded: Loaded, offer_id: str, account_id: str) -> tuple[Counter | None, Counter | None]:
    keys = (counters.counter_key(offer_id), counters.resident_key(offer_id, account_id))
    of_all, of_one = (loaded.find(key) for key in keys)
    return (
        counters.parse_counter(of_all) if of_all else None,
        counters.parse_counter(of_one) if of_one else None,
    )


def add_taking(tx: Transaction, taking: Taking) -> dict[str, Any]:
    """Count the take in the transaction; return what a voucher must remember to be given back."""
    offer, fen = taking.offer, limits.value_fen(taking.offer)
    on = taking.of_all.counting_day(taking.today)
    key = counters.counter_key(offer["id"])
    for_all, version = limits.limits_for_all(offer), offer["version"]
    counters.add_taken(tx, key, taking.of_all, for_all, on, fen, version)
    counted: dict[str, Any] = {"on": on, "fen": fen}
    for_one = limits.limits_for_one(offer)
    if for_one is not None:
        own_key = counters.resident_key(offer["id"], taking.account_id)
        own_on = (taking.of_one or Counter()).counting_day(taking.today)
        counters.add_taken(tx, own_key, taking.of_one, for_one, own_on, fen, None)
        counted["own_on"] = own_on
    return counted


def add_giving_back(tx: Transaction, loaded: Loaded, voucher: Voucher) -> None:
    """Give one take back to every limit that it was counted under, in the transaction that closes the voucher."""
    counted: Mapping[str, Any] = voucher.facts.get("counted", {"on": "", "fen": 0})
    of_all, of_one = _counters(loaded, voucher.offer_id, voucher.account_id)
    if of_all is not None:
        key = counters.counter_key(voucher.offer_id)
        counters.add_returned(tx, key, of_all, counted["on"], counted["fen"], counters.COUNTER)
    if "own_on" in counted:
        assert of_one is not None, "a take that was counted has its counter"
        key = counters.resident_key(voucher.offer_id, voucher.account_id)
        counters.add_returned(tx, key, of_one, counted["own_on"], counted["fen"], counters.RESIDENT)
