"""Owns the arithmetic of a charge: how many points, for how much of the bill; how much goes back of it.

Must not know accounts or states. Money is fen, rates are fen per 100 points; every rounding favours nobody twice: what
is taken is the fewest points for the money, what goes back in parts adds up to exactly what was taken.
"""

from dataclasses import dataclass
from typing import Any

from chalicelib.errors import InvalidInput, Refused

BILL_FEN_MAX = 100_000_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What a charge takes: `points` from the resident, `fen` off the bill."""

    points: int
    fen: int


@dataclass(frozen=True, slots=True)
class Rate:
    """A scenario's rate, and how much of a bill points may pay."""

    fen_per_100_points: int
    bill_share_percent_max: int

    def points_max(self, bill_fen: int) -> int:
        """Return the most points that a bill takes."""
        return self.points_for(bill_fen * self.bill_share_percent_max // 100)

    def fen_of(self, points: int) -> int:
        """Return what points are worth, rounded down."""
        return points * self.fen_per_100_points // 100

    def points_for(self, fen: int) -> int:
        """Return the fewest points that are worth `fen`."""
        return -(-fen * 100 // self.fen_per_100_points)


def check_amount(value: Any, pointer: str) -> int:
    """Return an amount of fen from outside; InvalidInput `amount-not-whole`, `-not-positive`, `-too-large`.

    >>> check_amount(1250, "/bill_fen")
    1250
    >>> check_amount(-1, "/bill_fen")
    Traceback (most recent call last):
    chalicelib.errors.InvalidInput: amount-not-positive: /bill_fen: must be more than 0
    """
    if type(value) is not int:
        raise InvalidInput([{"pointer": pointer, "detail": "must be whole fen"}], "amount-not-whole")
    if value <= 0:
        raise InvalidInput([{"pointer": pointer, "detail": "must be more than 0"}], "amount-not-positive")
    if value > BILL_FEN_MAX:
        detail = f"must be at most {BILL_FEN_MAX}"
        raise InvalidInput([{"pointer": pointer, "detail": detail}], "amount-too-large")
    return value


def terms_of(bill_fen: int, rate: Rate, points_available: int, points_wanted: int | None) -> Terms:
    """Return what is taken: exactly `points_wanted`, or as many points as bill and balance allow.

    Refused `charge-above-share`, `points-insufficient`, `bill-too-small` (not worth a fen).

    >>> terms_of(1000, Rate(120, 50), 9999, None)
    Terms(points=417, fen=500)
    >>> terms_of(1000, Rate(120, 50), 100, None)
    Terms(points=100, fen=120)
    >>> terms_of(1000, Rate(120, 50), 9999, 418)
    Traceback (most recent call last):
    chalicelib.errors.Refused: charge-above-share: at most 417 points for this bill
    """
    fen_max = bill_fen * rate.bill_share_percent_max // 100
    points_max = rate.points_max(bill_fen)
    if points_wanted is not None and points_wanted > points_max:
        detail = f"at most {points_max} points for this bill"
        facts = {"points_requested": points_wanted, "points_max": points_max, "fen_max": fen_max}
        raise Refused("charge-above-share", detail, **facts)
    needed = rate.points_for(1) if points_wanted is None else points_wanted
    if fen_max > 0 and points_available < needed:
        detail = f"needs {needed} points, {points_available} are available"
        facts = {"points_requested": needed, "points_available": points_available}
        raise Refused("points-insufficient", detail, **facts)
    points = min(points_available, points_max) if points_wanted is None else points_wanted
    fen = min(fen_max, rate.fen_of(points))
    if fen == 0:
        raise Refused("bill-too-small", "points pay less than one fen of this bill", bill_fen=bill_fen)
    return Terms(rate.points_for(fen) if points_wanted is None else points_wanted, fen)


def points_back(points: int, fen: int, fen_before: int, fen_back: int) -> int:
    """Return the points that go back with `fen_back` of a charge of which `fen_before` went back already.

    Refused `refund-above-charge`, `refund-too-small` (not worth a point).

    >>> [points_back(417, 500, before, 125) for before in (0, 125, 250, 375)]
    [104, 104, 104, 105]
    >>> points_back(417, 500, 375, 126)
    Traceback (most recent call last):
    chalicelib.errors.Refused: refund-above-charge: at most 125 fen can go back
    """
    fen_left = fen - fen_before
    if fen_back > fen_left:
        detail = f"at most {fen_left} fen can go back"
        raise Refused("refund-above-charge", detail, fen_requested=fen_back, fen_remaining=fen_left)
    back = points * (fen_before + fen_back) // fen - points * fen_before // fen
    if back == 0:
        raise Refused("refund-too-small", "this is worth less than one point", fen_requested=fen_back)
    return back
