"""Owns what the programme has borne for a resident, vintage by vintage, and what of it is due when points come back.

Must not book anything: `domain.accounts` does. What was borne was given once and spent; it is not given a second time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from chalicelib.domain.corrections import REPLACE, RESTORE
from chalicelib.domain.entries import SYS_LOSS, Entry
from chalicelib.domain.lots import Lot, Lots

RETURNING = frozenset({RESTORE, REPLACE})
"""Corrections that may give again what was taken; one that is confirmed counts for the first time and is earned."""

Borne = Mapping[int, tuple[int, int]]
"""Points and grams by vintage; a vintage of which nothing is borne is not named."""


def more_borne(borne: Borne, lots: Iterable[Lot]) -> Borne:
    """Return `borne` with a loss added.

    >>> from datetime import date
    >>> more_borne({2026: (3, 40)}, [Lot(date(2027, 12, 31), 2026, 5, 0)])
    {2026: (8, 40)}
    """
    more = dict(borne)
    for lot in lots:
        points, grams = more.get(lot.vintage, (0, 0))
        more[lot.vintage] = points + lot.points, grams + lot.grams_co2e
    return _named(more)


def repaid(borne: Borne, draws: Iterable[Lot]) -> Borne:
    """Return `borne` without what `draws` repay of it."""
    return more_borne(borne, (replace(d, points=-d.points, grams_co2e=-d.grams_co2e) for d in draws))


def repayment(borne: Borne, returned: Lots) -> Lots:
    """Return what the programme gets of what comes back: of each vintage at most what it has borne of it.

    Points and grams each by themselves, as the loss was booked.

    >>> from datetime import date
    >>> end = date(2027, 12, 31)
    >>> due = repayment({2026: (5, 90)}, (Lot(end, 2025, 3, 30), Lot(end, 2026, 4, 60), Lot(end, 2026, 4, 60)))
    >>> [(lot.vintage, lot.points, lot.grams_co2e) for lot in due]
    [(2026, 4, 60), (2026, 1, 30)]
    """
    draws: list[Lot] = []
    for lot in returned:
        points, grams = borne.get(lot.vintage, (0, 0))
        draw = replace(lot, points=min(lot.points, points), grams_co2e=min(lot.grams_co2e, grams))
        if draw.points or draw.grams_co2e:
            draws.append(draw)
            borne = repaid(borne, [draw])
    return tuple(draws)


def is_return(entry: Entry) -> bool:
    """Say whether an entry gives back what the account had before; a grant never does: what is earned is earned."""
    if entry.kind == "adjust":
        return entry.credit == entry.account_id and entry.facts["correction"] in RETURNING
    return entry.kind in ("void", "refund")


@dataclass(slots=True)
class BorneFold:
    """What the journal tells of losses: what is borne, and what the next entry has to repay of the one before."""

    borne: Borne = field(default_factory=dict)
    due: Lots = ()

    def follow(self, entry: Entry) -> bool:
        """Take one entry in; say whether it repays exactly what was due, be that nothing."""
        due, self.due = self.due, ()
        if entry.kind == "repay":
            self.borne = repaid(self.borne, entry.lots)
            return bool(due) and entry.lots == due and entry.facts == {"returned_by": entry.seq - 1}
        if entry.debit == SYS_LOSS:
            self.borne = more_borne(self.borne, entry.lots)
        elif is_return(entry):
            self.due = repayment(self.borne, entry.lots)
        return not due


def _named(borne: Borne) -> Borne:
    return {vintage: amounts for vintage, amounts in sorted(borne.items()) if any(amounts)}
