"""Owns merchants in force: what is known of them, whether anything new is taken, suspension, leaving, renewal.

Must not enter a merchant (`services.merchant_applications`) nor write one when points move: whatever happens at a till
only reads it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import merchants as rules
from chalicelib.domain.days import from_text, local_day, to_text
from chalicelib.domain.offers import check_usable_now
from chalicelib.domain.pages import Page
from chalicelib.errors import InvalidInput, Refused
from chalicelib.profiles import current_profile
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.store.catalogue import cached_documents, get_document, list_documents
from chalicelib.store.transactions import Transaction
from chalicelib.store.versions import Change, add_version, list_changes

KIND = "merchant"
CHANGES_MAX = 100
_PUBLIC = ("id", "name", "scenarios")
_SAID = ("reason", "notice", "open_vouchers")


def check_open(merchant: Mapping[str, Any], store: Mapping[str, Any] | None, now: datetime) -> None:
    """Refuse anything new at this merchant (and store) now: a voucher, a charge, an offer.

    Refused `merchant-suspended`, `merchant-left`, `merchant-contract-over`, `store-closed`.
    """
    rules.check_open(merchant, store, now, local_day(now, current_profile().tz))


def check_redeemable(
    offer: Mapping[str, Any],
    merchant: Mapping[str, Any] | None,
    store: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """Refuse an open voucher that cannot be used here and now; `offer` is what the voucher kept of it.

    Refused `merchant-suspended` and `merchant-left` where open vouchers are being released, `store-closed`,
    `offer-not-today`.
    """
    if merchant is not None:
        rules.check_honours(merchant, now)
    rules.check_store(store)
    check_usable_now(offer, now, current_profile().tz)


def get_merchant(merchant_id: str, now: datetime) -> dict[str, Any]:
    """Return a merchant as operators and its own managers see it; NotFound `merchant-unknown`."""
    return merchant_view(get_document(KIND, merchant_id), now)


def get_public_merchant(merchant_id: str, now: datetime) -> dict[str, Any]:
    """Return what anybody may know: name, state, stores, and the notice about open vouchers, if there is one."""
    merchant = get_document(KIND, merchant_id)
    stores = [store for store in cached_documents("store") if store["merchant_id"] == merchant_id]
    decided = [merchant[name] for name in ("leaving", "suspension") if merchant.get(name)]
    notice = {name: decided[0][name] for name in ("from_at", "notice", "open_vouchers")} if decided else None
    known = {name: merchant[name] for name in _PUBLIC if name in merchant}
    return {**known, "state": rules.state_of(merchant, now), "stores": stores, "notice": notice}


def list_merchants(now: datetime) -> Page:
    """Return all merchants, in id order."""
    return Page([merchant_view(merchant, now) for merchant in list_documents(KIND)], None)


def list_merchant_changes(merchant_id: str, limit: int, cursor: str | None) -> Page:
    """Return a page of a merchant's versions, newest first: who changed what when."""
    get_document(KIND, merchant_id)
    if cursor is not None and not cursor.isdigit():
        raise InvalidInput.at("/query/cursor", "is not a cursor of this list")
    found = list_changes(KIND, merchant_id, int(cursor) if cursor else None, limit)
    return Page(found, str(found[-1]["version"]) if len(found) == limit else None)


def merchant_view(merchant: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return a merchant document with the state that counts now."""
    return {
        "version": 1,
        "contract_from": None,
        "contract_to": None,
        "suspension": None,
        "leaving": None,
        **merchant,
        "state": rules.state_of(merchant, now),
    }


def suspend_merchant(merchant_id: str, terms: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    """Suspend from `from_at` (now if absent): nothing new; `open_vouchers` are to be `honour`ed or `release`d.

    `reason` is for the merchant, `notice` for residents. The same again: the same answer (`_hit`). Conflict
    `merchant-wrong-state`.
    """
    return _decide(merchant_id, "suspend", "suspension", terms, by, now)


def let_merchant_leave(merchant_id: str, terms: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    """Let a merchant leave the alliance at the end of its notice, `from_at`; otherwise as `suspend_merchant`."""
    return _decide(merchant_id, "leave", "leaving", terms, by, now)


def give_notice(merchant_id: str, terms: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    """Let a merchant leave at its own wish, not before the profile's notice is over (then, if no instant is named).

    Refused `notice-too-short`; otherwise as `let_merchant_leave`.
    """
    earliest = now + timedelta(days=current_profile().leaving_notice_days)
    asked = terms.get("from_at")
    if asked is not None and from_text(asked) < earliest:
        detail = "leaving takes a longer notice"
        raise Refused("notice-too-short", detail, earliest_at=to_text(earliest))
    return _decide(merchant_id, "leave", "leaving", terms, by, now, earliest)


def reinstate_merchant(merchant_id: str, reason: str, by: str, now: datetime) -> dict[str, Any]:
    """End a suspension, also one that lies ahead; not suspended: the same answer (`_hit`)."""

    def change(merchant: dict[str, Any]) -> dict[str, Any] | None:
        if merchant.get("suspension") is None and rules.state_of(merchant, now) == rules.ACTIVE:
            return None
        if rules.state_of(merchant, now) != rules.ACTIVE:
            rules.check_may(merchant, "reinstate", now)
        return {**merchant, "suspension": None}

    return _changed(merchant_id, change, f"reinstate: {reason}", by, now)


def renew_contract(merchant_id: str, from_on: str, to_on: str, by: str, now: datetime) -> dict[str, Any]:
    """Set the period [from_on, to_on] in which a merchant may give anything new; the same again: `_hit`."""
    check_period(from_on, to_on)

    def change(merchant: dict[str, Any]) -> dict[str, Any] | None:
        if (merchant.get("contract_from"), merchant.get("contract_to")) == (from_on, to_on):
            return None
        rules.check_may(merchant, "renew", now)
        return {**merchant, "contract_from": from_on, "contract_to": to_on}

    return _changed(merchant_id, change, "renew", by, now)


def check_period(from_on: str, to_on: str) -> None:
    """Refuse a contract that ends before it begins; InvalidInput `/contract_to`."""
    if to_on < from_on:
        raise InvalidInput.at("/contract_to", "must not be earlier than contract_from")


def _decide(
    merchant_id: str,
    action: str,
    field: str,
    terms: Mapping[str, Any],
    by: str,
    now: datetime,
    if_absent: datetime | None = None,
) -> dict[str, Any]:
    asked = terms.get("from_at")
    said = {**{name: terms[name] for name in _SAID}, "asked_from_at": asked}
    decided = rules.decision(from_text(asked) if asked else if_absent or now, now, **said)

    def change(merchant: dict[str, Any]) -> dict[str, Any] | None:
        known = merchant.get(field)
        if known is not None and said.items() <= known.items():
            return None
        rules.check_may(merchant, action, now)
        return {**merchant, field: decided}

    return _changed(merchant_id, change, action, by, now)


def _changed(
    merchant_id: str,
    change: Callable[[dict[str, Any]], dict[str, Any] | None],
    what: str,
    by: str,
    now: datetime,
) -> dict[str, Any]:
    """Write the next version of a merchant as `change` makes it; None from it is a repeat, nothing is written."""

    def once() -> dict[str, Any]:
        read = get_document(KIND, merchant_id)
        after = change(read)
        if after is None:
            return {**merchant_view(read, now), "_hit": True}
        after["version"] = read.get("version", 1) + 1
        tx = Transaction()
        add_version(tx, KIND, after, Change(by, to_text(now), what))
        tx.commit()
        return merchant_view(after, now)

    return repeat_on_conflict(once)
