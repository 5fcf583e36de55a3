"""Owns lots: points and grams of one vintage with one last day, and how they are drawn, returned and expired.

Must not know accounts or entries. Grams leave a lot in proportion to its points; the last point takes the last gram.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.errors import Refused


@dataclass(frozen=True, slots=True, order=True)
class Lot:
    """Points and grams of one vintage year, spendable up to and including `expires_on`; also a draw from one."""

    expires_on: date
    vintage: int
    points: int
    grams_co2e: int


Lots = tuple[Lot, ...]


def total_points(lots: Iterable[Lot]) -> int:
    """Return the points of all `lots`."""
    return sum(lot.points for lot in lots)


def total_grams(lots: Iterable[Lot]) -> int:
    """Return the grams of all `lots`."""
    return sum(lot.grams_co2e for lot in lots)


def spendable(lots: Lots, today: date) -> Lots:
    """Return the lots whose last day has not passed: expiry is this rule, the job only books it."""
    return tuple(lot for lot in lots if lot.expires_on >= today)


def drain_lots(lots: Lots, points: int, today: date) -> tuple[Lots, Lots]:
    """Return `(draws, remaining)`: `points` taken from the lots that expire first.

    Refused `points-insufficient` when the spendable lots hold less.

    >>> early, late = Lot(date(2026, 12, 31), 2025, 3, 10), Lot(date(2027, 12, 31), 2026, 5, 50)
    >>> draws, left = drain_lots((early, late), 4, date(2026, 11, 20))
    >>> [(d.vintage, d.points, d.grams_co2e) for d in draws], [(r.points, r.grams_co2e) for r in left]
    ([(2025, 3, 10), (2026, 1, 10)], [(4, 40)])
    >>> drain_lots((early,), 4, date(2026, 11, 20))
    Traceback (most recent call last):
    chalicelib.errors.Refused: points-insufficient: needs 4 points, 3 are available
    """
    assert points > 0, "only a positive number of points can be drawn"
    available = total_points(spendable(lots, today))
    if available < points:
        detail = f"needs {points} points, {available} are available"
        raise Refused("points-insufficient", detail, points_requested=points, points_available=available)
    draws: list[Lot] = []
    remaining: list[Lot] = []
    missing = points
    for lot in sorted(lots):
        take = min(lot.points, missing) if lot.expires_on >= today else 0
        if take == 0:
            remaining.append(lot)
            continue
        grams = lot.grams_co2e if take == lot.points else lot.grams_co2e * take // lot.points
        draws.append(replace(lot, points=take, grams_co2e=grams))
        missing -= take
        if take < lot.points:
            remaining.append(replace(lot, points=lot.points - take, grams_co2e=lot.grams_co2e - grams))
    assert missing == 0, "a covered draw is complete"
    return tuple(draws), tuple(remaining)


def take_from_vintage(lots: Lots, wanted: Lot, today: date) -> tuple[Lots, Lots]:
    """Return `(draws, remaining)`: of the points and grams `wanted` as much as the spendable lots of its vintage have.

    The lot with the last day of `wanted` first, then those with days of grace. Points and grams are taken each by
    themselves, not in proportion: what is taken back is what was given.

    >>> lots = (Lot(date(2027, 12, 31), 2026, 5, 50), Lot(date(2028, 1, 30), 2026, 5, 10))
    >>> draws, left = take_from_vintage(lots, Lot(date(2027, 12, 31), 2026, 7, 55), date(2026, 11, 20))
    >>> [(d.points, d.grams_co2e) for d in draws], [(r.points, r.grams_co2e) for r in left]
    ([(5, 50), (2, 5)], [(3, 5)])
    """
    points, grams = wanted.points, wanted.grams_co2e
    draws: list[Lot] = []
    remaining: list[Lot] = []
    for lot in sorted(lots, key=lambda lot: (lot.expires_on != wanted.expires_on, lot)):
        is_eligible = lot.vintage == wanted.vintage and lot.expires_on >= today
        draw = replace(
            lot,
            points=min(lot.points, points) if is_eligible else 0,
            grams_co2e=min(lot.grams_co2e, grams) if is_eligible else 0,
        )
        points, grams = points - draw.points, grams - draw.grams_co2e
        left = replace(lot, points=lot.points - draw.points, grams_co2e=lot.grams_co2e - draw.grams_co2e)
        draws += [draw] if draw.points or draw.grams_co2e else []
        remaining += [left] if left.points or left.grams_co2e else []
    return tuple(sorted(draws)), tuple(sorted(remaining))


def add_lots(lots: Lots, added: Iterable[Lot]) -> Lots:
    """Return `lots` with `added` merged in; lots of one vintage and last day are one lot."""
    merged = {(lot.expires_on, lot.vintage): lot for lot in lots}
    for lot in added:
        key = (lot.expires_on, lot.vintage)
        known = merged.get(key)
        if known is not None:
            lot = replace(lot, points=known.points + lot.points, grams_co2e=known.grams_co2e + lot.grams_co2e)
        merged[key] = lot
    return tuple(sorted(lot for lot in merged.values() if lot.points or lot.grams_co2e))


def remove_draws(lots: Lots, draws: Iterable[Lot]) -> Lots:
    """Return `lots` without `draws`, each of which was drawn from one of them."""
    return add_lots(lots, (replace(d, points=-d.points, grams_co2e=-d.grams_co2e) for d in draws))


def returned_draws(draws: Lots, today: date, grace_on: date) -> Lots:
    """Return `draws` as they go back: to the original last day or, if that has passed meanwhile, to `grace_on`."""
    return tuple(draw if draw.expires_on >= today else replace(draw, expires_on=grace_on) for draw in draws)


def take_back(draws: Lots, points: int) -> tuple[Lots, Lots]:
    """Return `(returned, kept)`: `points` of what was drawn, the last drawn first, grams in proportion.

    Whoever takes back part by part gets exactly the draws in the end: the last point takes the last gram.

    >>> early, late = Lot(date(2026, 12, 31), 2025, 3, 10), Lot(date(2027, 12, 31), 2026, 5, 51)
    >>> back, kept = take_back((early, late), 6)
    >>> [(b.vintage, b.points, b.grams_co2e) for b in back], [(k.points, k.grams_co2e) for k in kept]
    ([(2026, 5, 51), (2025, 1, 3)], [(2, 7)])
    """
    assert 0 < points <= total_points(draws), "no more can be taken back than was drawn"
    returned: list[Lot] = []
    kept: list[Lot] = []
    missing = points
    for draw in reversed(draws):
        take = min(draw.points, missing)
        grams = draw.grams_co2e if take == draw.points else draw.grams_co2e * take // draw.points
        missing -= take
        if take:
            returned.append(replace(draw, points=take, grams_co2e=grams))
        if take < draw.points:
            kept.append(replace(draw, points=draw.points - take, grams_co2e=draw.grams_co2e - grams))
    return tuple(returned), tuple(reversed(kept))


def split_expired(lots: Lots, today: date) -> tuple[Lots, Lots]:
    """Return `(expired, remaining)` on the day `today`."""
    expired = tuple(lot for lot in lots if lot.expires_on < today)
    return expired, spendable(lots, today)
