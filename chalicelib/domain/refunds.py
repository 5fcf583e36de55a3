"""Owns what vouchers and charges share about going back in parts: the record of each part, and until when.

Must not know states; `domain.vouchers` and `domain.charges` do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain.days import from_text, to_text
from chalicelib.domain.lots import Lots, take_back
from chalicelib.errors import Conflict, Refused


@dataclass(frozen=True, slots=True)
class Refund:
    """One part that went back, under the id the till made for it; `fen` is its share in settlement."""

    refund_id: str
    points: int
    fen: int
    at: str
    staff_id: str
    reason: str


def draws_left(draws: Lots, refunds: Sequence[Refund]) -> Lots:
    """Return what of `draws` has not gone back; every part is taken back in the order it was asked for."""
    for refund in refunds:
        _, draws = take_back(draws, refund.points)
    return draws


def refund_until(taken_at: str, refund_days: int) -> datetime:
    """Return the last instant at which a redemption may be refunded."""
    return from_text(taken_at) + timedelta(days=refund_days)


def check_refund_window(taken_at: str, refund_days: int, now: datetime) -> None:
    """Refuse a refund that comes after the profile's days: `refund-too-late`."""
    until = refund_until(taken_at, refund_days)
    if now > until:
        raise Refused("refund-too-late", "the time for refunds has passed", refund_until=to_text(until))


def known_refund(refunds: Sequence[Refund], wanted: Refund) -> Refund | None:
    """Return the refund of that id if it was made; Conflict `idempotency-key-reused` when it said something else."""
    found = next((refund for refund in refunds if refund.refund_id == wanted.refund_id), None)
    if found is None:
        return None
    is_same = found.reason == wanted.reason
    is_same &= wanted.fen in (0, found.fen) and wanted.points in (0, found.points)
    if not is_same:
        raise Conflict("idempotency-key-reused", "this refund id was used for something else")
    return found
