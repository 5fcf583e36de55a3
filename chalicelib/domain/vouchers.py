"""Owns the voucher: a resident's claim on an offer, its states, and who may move it between them.

Must not touch balances; `domain.accounts` books the points behind every transition. States::

    open ── redeem (before the deadline, at a store of the offer) ──▶ posted ── refund, in parts or whole ──▶ refunded
      ├──── void (by the resident) ──────────────────────────────▶ voided
      └──── deadline passed ─────────────────────────────────────▶ timed-out

A voucher scanned offline before its deadline may be posted afterwards, within the profile's hours for uploads.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.domain.days import from_text, to_text
from chalicelib.domain.lots import Lot, Lots, take_back
from chalicelib.domain.offers import settlement_fen
from chalicelib.domain.refunds import Refund, check_refund_window, draws_left
from chalicelib.errors import Conflict, Forbidden, Refused

OPEN, POSTED, VOIDED, TIMED_OUT, REFUNDED = "open", "posted", "voided", "timed-out", "refunded"
STATES = (OPEN, POSTED, VOIDED, TIMED_OUT, REFUNDED)


@dataclass(frozen=True, slots=True)
class Staff:
    """Someone, or a terminal, that works for a merchant, as their token says; `account_id` is their own as resident."""

    staff_id: str
    merchant_id: str
    role: str
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class Voucher:
    """One voucher. `offer` is the offer as it was when the voucher was taken; `draws` the exact lots behind it.

    `left_at` is the seq of the entry that holds them; 0 when not known, as if before everything.
    """

    redemption_id: str
    account_id: str
    offer_id: str
    offer: Mapping[str, Any]
    draws: Lots
    state: str
    taken_at: str
    due_at: str
    closed_at: str | None = None
    store_id: str | None = None
    staff_id: str | None = None
    scan_id: str | None = None
    reason: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    refunds: tuple[Refund, ...] = ()
    version: int = 1
    left_at: int = 0

    @property
    def points(self) -> int:
        """Return the points that the voucher holds or held."""
        return sum(draw.points for draw in self.draws)

    @property
    def grams_co2e(self) -> int:
        """Return the grams behind those points."""
        return sum(draw.grams_co2e for draw in self.draws)

    @property
    def points_refunded(self) -> int:
        """Return the points that went back in parts."""
        return sum(refund.points for refund in self.refunds)

    @property
    def settled_fen(self) -> int:
        """Return what its redemption counts for in settlement; 0 before, and for those from before there was any."""
        return int(self.facts.get("settled_fen", 0))

    @property
    def fen_refunded(self) -> int:
        """Return what settlement counts no longer because of them."""
        return sum(refund.fen for refund in self.refunds)


def issue_voucher(
    redemption_id: str, account_id: str, offer: Mapping[str, Any], draws: Lots, days: int, now: datetime
) -> Voucher:
    """Return a fresh voucher that is due `days` days from now, or when its offer ends if that is earlier."""
    due = min(now + timedelta(days=days), from_text(offer["ends_at"]))
    return Voucher(
        redemption_id,
        account_id,
        offer["id"],
        dict(offer),
        draws,
        OPEN,
        taken_at=to_text(now),
        due_at=to_text(due),
    )


def effective_state(voucher: Voucher, now: datetime) -> str:
    """Return the state that counts: an open voucher past its deadline is timed out, booked or not."""
    is_late = voucher.state == OPEN and from_text(voucher.due_at) <= now
    return TIMED_OUT if is_late else voucher.state


def redeemed(
    voucher: Voucher,
    staff: Staff,
    store_id: str,
    scan_id: str,
    now: datetime,
    scanned_at: datetime | None = None,
) -> Voucher:
    """Return the voucher as spent by `staff` at `store_id`; `scanned_at` of a scan offline keeps its deadline.

    Forbidden `voucher-of-other-merchant`, Refused `voucher-wrong-store`, `voucher-expired`, `scanned-before-taken`;
    Conflict `voucher-already-redeemed` with time and place of the first scan, `voucher-not-open`.
    """
    if voucher.offer["merchant_id"] != staff.merchant_id:
        raise Forbidden("voucher-of-other-merchant", "this voucher belongs to another merchant")
    _check_spendable(voucher, now, scanned_at)
    if store_id not in voucher.offer["store_ids"]:
        raise Refused("voucher-wrong-store", "this offer is not given at this store", store_id=store_id)
    facts = {**voucher.facts, "settled_fen": settlement_fen(voucher.offer)}
    facts |= {"scanned_at": to_text(scanned_at)} if scanned_at else {}
    return replace(
        voucher,
        state=POSTED,
        closed_at=to_text(now),
        store_id=store_id,
        staff_id=staff.staff_id,
        scan_id=scan_id,
        reason=None,
        facts=facts,
        version=voucher.version + 1,
    )


def _check_spendable(voucher: Voucher, now: datetime, scanned_at: datetime | None) -> None:
    state = effective_state(voucher, now)
    if state == POSTED:
        raise Conflict(
            "voucher-already-redeemed",
            "this voucher has been redeemed already",
            redeemed_at=voucher.closed_at,
            store_id=voucher.store_id,
        )
    if scanned_at is not None and scanned_at < from_text(voucher.taken_at):
        taken_at = voucher.taken_at
        raise Refused(
            "scanned-before-taken", "the till's clock is wrong: no such voucher then", taken_at=taken_at
        )
    is_kept = scanned_at is not None and scanned_at < from_text(voucher.due_at)
    if state == TIMED_OUT and not is_kept:
        raise Refused("voucher-expired", "the deadline of this voucher has passed", due_at=voucher.due_at)
    if state not in (OPEN, TIMED_OUT):
        raise Conflict(
            "voucher-not-open", f"this voucher is {state}", state=state, closed_at=voucher.closed_at
        )


def closed_unspent(voucher: Voucher, state: str, reason: str, now: datetime) -> Voucher:
    """Return the voucher as voided or timed out; Conflict `voucher-not-open` unless it is open."""
    assert state in (VOIDED, TIMED_OUT)
    if voucher.state != OPEN:
        raise Conflict("voucher-not-open", f"this voucher is {voucher.state}", state=voucher.state)
    version = voucher.version + 1
    return replace(voucher, state=state, closed_at=to_text(now), reason=reason, version=version)


def refunded(
    voucher: Voucher, staff: Staff, wanted: Refund, refund_days: int, now: datetime
) -> tuple[Voucher, Lots]:
    """Return the voucher with some of its points taken back by the merchant that redeemed it, and their draws.

    `wanted.points` 0 means all that are left. Conflict `voucher-not-redeemed`; Refused `refund-too-late`,
    `refund-above-charge`.
    """
    if voucher.offer["merchant_id"] != staff.merchant_id:
        raise Forbidden("voucher-of-other-merchant", "this voucher belongs to another merchant")
    if voucher.state != POSTED:
        raise Conflict("voucher-not-redeemed", f"this voucher is {voucher.state}", state=voucher.state)
    assert voucher.closed_at is not None, "what was posted was closed"
    check_refund_window(voucher.closed_at, refund_days, now)
    points_left = voucher.points - voucher.points_refunded
    points = wanted.points or points_left
    if points > points_left:
        detail = f"at most {points_left} points can go back"
        facts = {"points_requested": points, "points_remaining": points_left}
        raise Refused("refund-above-charge", detail, **facts)
    # A voucher that cost no points has no draws; taking it back is a matter of its state alone.
    left_before = draws_left(voucher.draws, voucher.refunds)
    back, left = take_back(left_before, points) if points else ((), ())
    fen = _fen_back(voucher, points, is_whole=not left)
    refund = replace(wanted, points=points, fen=fen, at=to_text(now))
    changed = replace(voucher, refunds=(*voucher.refunds, refund), version=voucher.version + 1)
    return (changed if left else replace(changed, state=REFUNDED, reason=wanted.reason)), back


def _fen_back(voucher: Voucher, points: int, is_whole: bool) -> int:
    """Return what settlement counts no longer: in proportion to the points, the last point takes the last fen."""
    if is_whole:
        return voucher.settled_fen - voucher.fen_refunded
    return voucher.settled_fen * (voucher.points_refunded + points) // voucher.points - voucher.fen_refunded


def voucher_document(voucher: Voucher) -> dict[str, Any]:
    """Return the stored form, JSON-safe."""
    document = asdict(voucher)
    document["draws"] = [[d.vintage, d.expires_on.isoformat(), d.points, d.grams_co2e] for d in voucher.draws]
    document["refunds"] = [asdict(refund) for refund in voucher.refunds]
    if not voucher.left_at:
        del document["left_at"]  # from before it was noted
    return document


def parse_voucher(document: Mapping[str, Any]) -> Voucher:
    """Return the voucher that `voucher_document` wrote."""
    draws = tuple(Lot(date.fromisoformat(e), v, p, g) for v, e, p, g in document["draws"])
    refunds = tuple(Refund(**refund) for refund in document.get("refunds", ()))
    return Voucher(**{**document, "draws": draws, "refunds": refunds})
