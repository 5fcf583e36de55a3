"""Owns the charge: points taken at the till for a part of a bill; its states, and who may move it between them.

Must not touch balances; `domain.accounts` books the points behind every transition. States::

    (none) ── charge ──────▶ charged ── void (same merchant, in the window) ──▶ voided
      │         │              └────── refund, in parts or whole ──▶ charged … refunded (nothing is left)
      │         └─ suspicious ▶ in-review ── release (operator) ──▶ charged
      │                            └──────── cancel (operator), void, or nobody decided in time ──▶ cancelled
      └── void of an unknown id ──▶ blocked, for ever
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.domain.charge_terms import points_back
from chalicelib.domain.days import from_text, to_text
from chalicelib.domain.lots import Lot, Lots, take_back, total_grams, total_points
from chalicelib.domain.refunds import Refund, check_refund_window, draws_left
from chalicelib.domain.vouchers import Staff
from chalicelib.errors import Conflict, NotFound, Refused

CHARGED, IN_REVIEW, VOIDED, CANCELLED, REFUNDED, BLOCKED = (
    "charged",
    "in-review",
    "voided",
    "cancelled",
    "refunded",
    "blocked",
)
STATES = (CHARGED, IN_REVIEW, VOIDED, CANCELLED, REFUNDED, BLOCKED)
WALLET_CODE, MERCHANT_CODE = "wallet-code", "merchant-code"
REVIEW_DAYS = 3


@dataclass(frozen=True, slots=True)
class Charge:
    """One charge. `draws` are the exact lots taken; `digest` is that of the request; a blocked id has no resident.

    `left_at` is the seq of the entry that took or holds them; 0 when not known, as if before everything.
    """

    redemption_id: str
    charge_id: str
    merchant_id: str
    state: str
    taken_at: str
    account_id: str = ""
    store_id: str = ""
    staff_id: str = ""
    via: str = WALLET_CODE
    scenario: str = ""
    bill_fen: int = 0
    fen: int = 0
    draws: Lots = ()
    digest: str = ""
    reasons: tuple[str, ...] = ()
    due_at: str | None = None
    refunds: tuple[Refund, ...] = ()
    closed_at: str | None = None
    reason: str | None = None
    version: int = 1
    left_at: int = 0

    @property
    def points(self) -> int:
        """Return the points that were taken, or are held while in review."""
        return total_points(self.draws)

    @property
    def grams_co2e(self) -> int:
        """Return the grams behind those points."""
        return total_grams(self.draws)

    @property
    def points_refunded(self) -> int:
        """Return the points that went back in parts."""
        return sum(refund.points for refund in self.refunds)

    @property
    def fen_refunded(self) -> int:
        """Return the money's worth that went back in parts."""
        return sum(refund.fen for refund in self.refunds)


def blocked_charge(redemption_id: str, charge_id: str, merchant_id: str, now: datetime) -> Charge:
    """Return the tombstone of an id that was voided before anything came of it."""
    at = to_text(now)
    return Charge(redemption_id, charge_id, merchant_id, BLOCKED, at, closed_at=at)


def check_owner(charge: Charge, staff: Staff) -> None:
    """Refuse the charge of another merchant as unknown: nobody learns which ids others use."""
    if charge.merchant_id != staff.merchant_id:
        raise NotFound("charge-unknown", "there is no such charge")


def voided(charge: Charge, now: datetime, window_minutes: int) -> Charge:
    """Return the charge as taken back whole by its merchant.

    Conflict `charge-refunded` once a part went back, Refused `charge-void-too-late` after the window. What is voided,
    cancelled or blocked already stays as it is.
    """
    if charge.state in (VOIDED, CANCELLED, BLOCKED):
        return charge
    if charge.state == IN_REVIEW:
        return _closed(charge, CANCELLED, "by-merchant", now)
    if charge.refunds:
        detail = "a part of this charge has been refunded already"
        raise Conflict("charge-refunded", detail, points_refunded=charge.points_refunded)
    if now > void_until(charge, window_minutes):
        until = to_text(void_until(charge, window_minutes))
        raise Refused("charge-void-too-late", "too late to void; refund it instead", void_until=until)
    return _closed(charge, VOIDED, "by-merchant", now)


def void_until(charge: Charge, window_minutes: int) -> datetime:
    """Return the last instant at which the charge may be voided."""
    return from_text(charge.taken_at) + timedelta(minutes=window_minutes)


def refunded(charge: Charge, wanted: Refund, refund_days: int, now: datetime) -> tuple[Charge, Lots]:
    """Return the charge with a part taken back, and the draws that go back with it.

    `wanted.fen` 0 means all that is left; its `points` are worked out here. Conflict `charge-not-refundable` in any
    state but charged; Refused `refund-too-late`, `refund-above-charge`, `refund-too-small`.
    """
    if charge.state != CHARGED:
        raise Conflict("charge-not-refundable", f"this charge is {charge.state}", state=charge.state)
    check_refund_window(charge.taken_at, refund_days, now)
    fen = wanted.fen or charge.fen - charge.fen_refunded
    points = points_back(charge.points, charge.fen, charge.fen_refunded, fen)
    back, left = take_back(draws_left(charge.draws, charge.refunds), points)
    refund = replace(wanted, fen=fen, points=points, at=to_text(now))
    changed = replace(charge, refunds=(*charge.refunds, refund), version=charge.version + 1)
    if not left:
        changed = replace(changed, state=REFUNDED, closed_at=to_text(now), reason=wanted.reason)
    return changed, back


def released(charge: Charge) -> Charge:
    """Return a charge in review as let through; Conflict `review-decided` in any other state."""
    _check_in_review(charge)
    return replace(charge, state=CHARGED, due_at=None, version=charge.version + 1)


def cancelled(charge: Charge, reason: str, now: datetime) -> Charge:
    """Return a charge in review as not let through; Conflict `review-decided` in any other state."""
    _check_in_review(charge)
    return _closed(charge, CANCELLED, reason, now)


def _check_in_review(charge: Charge) -> None:
    if charge.state != IN_REVIEW:
        raise Conflict("review-decided", f"this charge is {charge.state}", state=charge.state)


def _closed(charge: Charge, state: str, reason: str, now: datetime) -> Charge:
    closed_at = to_text(now)
    version = charge.version + 1
    return replace(charge, state=state, closed_at=closed_at, reason=reason, due_at=None, version=version)


def charge_again(charge: Charge, digest: str) -> Charge:
    """Return what a repeated request is answered with: the charge as it was first, as long as it stands.

    Conflict `idempotency-key-reused` for another request, `charge-blocked`, `charge-voided`: a till that asks again
    must not learn "paid" of what was taken back.
    """
    if charge.state == BLOCKED:
        raise Conflict("charge-blocked", "this charge id was voided before it was used", state=BLOCKED)
    if charge.digest != digest:
        raise Conflict("idempotency-key-reused", "this charge id was used for something else")
    if charge.state in (VOIDED, CANCELLED):
        detail = f"this charge is {charge.state}"
        raise Conflict("charge-voided", detail, state=charge.state, closed_at=charge.closed_at)
    if charge.state == IN_REVIEW:
        return charge
    return replace(charge, state=CHARGED, refunds=(), closed_at=None, reason=None)


def masked(account_id: str) -> str:
    """Return how a till shows a resident: enough to tell two apart, not enough to know who it is.

    >>> masked("res_0123456789abcdefghjk")
    '居民 ···ghjk'
    """
    return f"居民 ···{account_id[-4:]}"


def charge_document(charge: Charge) -> dict[str, Any]:
    """Return the stored form, JSON-safe."""
    document = asdict(charge)
    document["draws"] = [[d.vintage, d.expires_on.isoformat(), d.points, d.grams_co2e] for d in charge.draws]
    document["reasons"] = list(charge.reasons)
    document["refunds"] = [asdict(refund) for refund in charge.refunds]
    if not charge.left_at:
        del document["left_at"]  # a blocked id, or from before it was noted
    return document


def parse_charge(document: Mapping[str, Any]) -> Charge:
    """Return the charge that `charge_document` wrote."""
    draws = tuple(Lot(date.fromisoformat(e), v, p, g) for v, e, p, g in document["draws"])
    refunds = tuple(Refund(**refund) for refund in document["refunds"])
    reasons = tuple(document["reasons"])
    return Charge(**{**document, "draws": draws, "refunds": refunds, "reasons": reasons})
