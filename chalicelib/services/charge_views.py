"""Owns charges as tills, residents and operators see them.

Must not show a till who the resident is, nor a resident who stood at the till.
"""

from typing import Any

from chalicelib.domain.charges import BLOCKED, Charge, masked, void_until
from chalicelib.domain.days import to_text
from chalicelib.domain.refunds import refund_until
from chalicelib.domain.review_rules import WORDS
from chalicelib.profiles import current_profile
from chalicelib.store.catalogue import cached_document


def charge_view(charge: Charge) -> dict[str, Any]:
    """Return a charge as its till sees it."""
    profile = current_profile()
    is_blocked = charge.state == BLOCKED
    return {
        **_common(charge),
        "charge_id": charge.charge_id,
        "resident": None if is_blocked else masked(charge.account_id),
        "staff_id": charge.staff_id or None,
        "void_until": None if is_blocked else to_text(void_until(charge, profile.charge_void_minutes)),
        "refund_until": None if is_blocked else to_text(refund_until(charge.taken_at, profile.refund_days)),
        "refunds": [
            {"refund_id": r.refund_id, "points": r.points, "fen": r.fen, "at": r.at, "reason": r.reason}
            for r in charge.refunds
        ],
    }


def payment_view(charge: Charge) -> dict[str, Any]:
    """Return a charge as its resident sees it, with the names of merchant and store."""
    merchant = cached_document("merchant", charge.merchant_id)
    store = cached_document("store", charge.store_id)
    names = {"merchant_name": merchant["name"], "store_name": store["name"]}
    return {**_common(charge), "payment_id": charge.charge_id, **names}


def terms_view(scenario: str, bill_fen: int, points: int, fen: int) -> dict[str, Any]:
    """Return what a preview shows of the terms."""
    return {
        "scenario": scenario,
        "bill_fen": bill_fen,
        "points": points,
        "fen": fen,
        "fen_to_pay": bill_fen - fen,
    }


def reviewed(charge: Charge) -> dict[str, Any]:
    """Return what a case about a charge keeps for whoever decides."""
    return {
        "redemption_id": charge.redemption_id,
        "merchant_id": charge.merchant_id,
        "store_id": charge.store_id,
        "staff_id": charge.staff_id,
        "account_id": charge.account_id,
        "via": charge.via,
        "bill_fen": charge.bill_fen,
        "fen": charge.fen,
        "points": charge.points,
        "reasons": reasons_view(charge),
    }


def reasons_view(charge: Charge) -> list[dict[str, str]]:
    """Return why a charge is looked at first, in words."""
    return [{"code": reason, "words": WORDS[reason]} for reason in charge.reasons]


def _common(charge: Charge) -> dict[str, Any]:
    return {
        "redemption_id": charge.redemption_id,
        "state": charge.state,
        "via": charge.via,
        "merchant_id": charge.merchant_id,
        "store_id": charge.store_id or None,
        "scenario": charge.scenario or None,
        "bill_fen": charge.bill_fen,
        "fen": charge.fen,
        "points": charge.points,
        "grams_co2e": charge.grams_co2e,
        "fen_refunded": charge.fen_refunded,
        "points_refunded": charge.points_refunded,
        "taken_at": charge.taken_at,
        "closed_at": charge.closed_at,
        "due_at": charge.due_at,
        "reason": charge.reason,
        "reasons": reasons_view(charge),
    }
