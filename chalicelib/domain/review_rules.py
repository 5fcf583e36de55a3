"""Owns which charges somebody looks at before they count, and why; a suspicion is a hold with reasons, never a refusal.

Must not decide what becomes of them: an operator does.
"""

from collections.abc import Collection
from dataclasses import dataclass

from chalicelib.domain.till_marks import TillMarks

MANY_CHARGES, MANY_POINTS, OWN_MERCHANT, OWN_TILL = "many-charges", "many-points", "own-merchant", "own-till"
WORDS = {
    MANY_CHARGES: "该居民当日支付次数异常多",
    MANY_POINTS: "该居民当日支付积分异常多",
    OWN_MERCHANT: "付款人是该商户的员工",
    OWN_TILL: "付款人就是操作收银的员工本人",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one resident is ordinary on one local day."""

    charges_per_day: int
    points_per_day: int


def review_reasons(
    marks: TillMarks,
    on: str,
    points: int,
    limits: Limits,
    is_own_till: bool,
    works_at: Collection[str],
    merchant_id: str,
) -> tuple[str, ...]:
    """Return the reasons to look at a charge of `points` on the local day `on` first; none for an ordinary one.

    >>> limits, busy = Limits(20, 500), TillMarks(on="2026-11-21", charges=20)
    >>> review_reasons(TillMarks(), "2026-11-21", 10, limits, False, (), "mer_a")
    ()
    >>> review_reasons(busy, "2026-11-21", 501, limits, False, ["mer_a"], "mer_a")
    ('many-charges', 'many-points', 'own-merchant')
    """
    charges, spent = (marks.charges, marks.points) if marks.on == on else (0, 0)
    found = {
        MANY_CHARGES: charges >= limits.charges_per_day,
        MANY_POINTS: spent + points > limits.points_per_day,
        OWN_MERCHANT: merchant_id in works_at,
        OWN_TILL: is_own_till,
    }
    return tuple(reason for reason, is_so in found.items() if is_so)
