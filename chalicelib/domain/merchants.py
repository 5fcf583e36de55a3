"""Owns the merchant: its states, what each forbids, and what may be done to it in which.

Must not know where it is kept. A merchant document holds what was decided; which state counts depends on the instant::

    active ──── suspend ───▶ suspended ──── reinstate ───▶ active
      └───────────┴──────── leave (with notice) ─────────▶ left, for good unless it applies again

Outside its contract a merchant, whatever its state, gives nothing new.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from chalicelib.domain.days import from_text, to_text
from chalicelib.errors import Conflict, Refused

ACTIVE, SUSPENDED, LEFT = "active", "suspended", "left"
HONOUR, RELEASE = "honour", "release"
OPEN, CLOSED = "open", "closed"
Merchant = Mapping[str, Any]

_MAY = {
    ACTIVE: {"suspend", "leave", "renew"},
    SUSPENDED: {"reinstate", "leave", "renew"},
    LEFT: {"rejoin"},
}


def state_of(merchant: Merchant, now: datetime) -> str:
    """Return the state that counts at `now`: a suspension or a leaving may lie ahead."""
    if is_past(merchant.get("leaving"), now):
        return LEFT
    return SUSPENDED if is_past(merchant.get("suspension"), now) else ACTIVE


def is_past(decided: Mapping[str, Any] | None, now: datetime) -> bool:
    """Tell whether a suspension or leaving `{from_at, …}` is in force at `now`; None never is."""
    return decided is not None and from_text(decided["from_at"]) <= now


def check_open(merchant: Merchant, store: Mapping[str, Any] | None, now: datetime, today: date) -> None:
    """Refuse anything new at a merchant, and at a store if one is named.

    Refused `merchant-left`, `merchant-suspended`, `merchant-contract-over`, `store-closed`. Opening hours are
    information for residents; a till that is open late still takes points.
    """
    check_present(merchant, now)
    from_on, to_on = merchant.get("contract_from"), merchant.get("contract_to")
    has_begun = from_on is None or from_on <= today.isoformat()
    has_ended = to_on is not None and to_on < today.isoformat()
    if not has_begun or has_ended:
        detail = "the contract with this merchant does not cover today"
        raise Refused("merchant-contract-over", detail, contract_from=from_on, contract_to=to_on)
    check_store(store)


def check_store(store: Mapping[str, Any] | None) -> None:
    """Refuse a store that is closed for good or for now: `store-closed`."""
    if store is not None and store.get("state", OPEN) != OPEN:
        raise Refused("store-closed", "this store is closed", store_id=store["id"])


def check_present(merchant: Merchant, now: datetime) -> None:
    """Refuse a merchant that is suspended or has left."""
    state = state_of(merchant, now)
    if state == LEFT:
        raise Refused("merchant-left", "this merchant has left the alliance", merchant_id=merchant["id"])
    if state == SUSPENDED:
        raise Refused("merchant-suspended", "this merchant is suspended", merchant_id=merchant["id"])


def check_honours(merchant: Merchant, now: datetime) -> None:
    """Refuse an open voucher where the merchant's open vouchers are being released; otherwise it is honoured.

    A contract that is over does not matter here: what a resident holds was promised while it stood.
    """
    if released_from(merchant, now) is not None:
        check_present(merchant, now)


def released_from(merchant: Merchant, now: datetime) -> str | None:
    """Return the instant from which a merchant's open vouchers are released; None while they are honoured."""
    in_force = (merchant.get("leaving"), merchant.get("suspension"))
    found = [d["from_at"] for d in in_force if d and is_past(d, now) and d["open_vouchers"] == RELEASE]
    return min(found, default=None)


def check_may(merchant: Merchant, action: str, now: datetime) -> None:
    """Refuse an action that the merchant's state does not allow: Conflict `merchant-wrong-state`."""
    state = state_of(merchant, now)
    if action not in _MAY[state]:
        raise Conflict("merchant-wrong-state", f"a merchant that is {state} cannot {action}", state=state)


def decision(from_at: datetime, now: datetime, **terms: Any) -> dict[str, Any]:
    """Return a suspension or leaving: in force from `from_at`, or from now when that has passed already."""
    return {**terms, "from_at": to_text(max(from_at, now)), "decided_at": to_text(now)}
