"""Owns what the programme has borne for a resident, loss by loss, and what of it is due when points come back.

Must not book anything: `domain.accounts` does. What was borne was given once and spent; it is not given a second time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from chalicelib.domain.corrections import REPLACE, RESTORE
from chalicelib.domain.entries import SYS_LOSS, Entry
from chalicelib.domain.lots import Lot, Lots
from chalicelib.domain.night_causes import is_of_the_night

RETURNING = frozenset({RESTORE, REPLACE})
"""Corrections that may give again what was taken; one that is confirmed counts for the first time and is earned."""

LOSSES_MAX = 4
"""Losses of one vintage that are kept apart; the account's item stays small."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What was borne by the entry `seq`, of one vintage."""

    seq: int
    vintage: int
    points: int
    grams_co2e: int


Borne = tuple[Loss, ...]
"""What is borne, the oldest loss first; a loss that is repaid is not named."""


def more_borne(borne: Borne, lots: Iterable[Lot], seq: int) -> Borne:
    """Return `borne` with the loss that the entry `seq` books.

    Past `LOSSES_MAX` of a vintage the newest takes the loss in and counts as booked now: then more repays it than had
    to, and never less.

    >>> from datetime import date
    >>> more_borne((Loss(7, 2026, 3, 40),), [Lot(date(2027, 12, 31), 2026, 5, 0)], 9)
    (Loss(seq=7, vintage=2026, points=3, grams_co2e=40), Loss(seq=9, vintage=2026, points=5, grams_co2e=0))
    """
    for lot in lots:
        loss = Loss(seq, lot.vintage, lot.points, lot.grams_co2e)
        same = [known for known in borne if known.vintage == lot.vintage]
        if len(same) == LOSSES_MAX:
            last = same[-1]
            borne = tuple(known for known in borne if known is not last)
            points, grams = last.points + lot.points, last.grams_co2e + lot.grams_co2e
            loss = replace(loss, points=points, grams_co2e=grams)
        borne = _named((*borne, loss))
    return borne


def repayment(borne: Borne, returned: Lots, left_at: int) -> tuple[Lots, Borne]:
    """Return what the programme gets of what comes back, and what is borne then.

    `left_at` is the seq with which it had left the account. Only losses booked after that are repaid, the oldest first:
    had it never left, they would have been taken from it. What was earned after a loss is not taken for it. Points and
    grams each by themselves, as the loss was booked.

    >>> from datetime import date
    >>> end, borne = date(2027, 12, 31), (Loss(4, 2026, 5, 90), Loss(8, 2026, 2, 9))
    >>> due, left = repayment(borne, (Lot(end, 2025, 3, 30), Lot(end, 2026, 4, 60), Lot(end, 2026, 4, 60)), 6)
    >>> [(lot.vintage, lot.points, lot.grams_co2e) for lot in due], left == borne[:1]
    ([(2026, 2, 9)], True)
    """
    draws: list[Lot] = []
    for lot in returned:
        points, grams, left = lot.points, lot.grams_co2e, []
        for loss in borne:
            if loss.vintage == lot.vintage and loss.seq > left_at:
                taken = min(points, loss.points), min(grams, loss.grams_co2e)
                points, grams = points - taken[0], grams - taken[1]
                loss = replace(loss, points=loss.points - taken[0], grams_co2e=loss.grams_co2e - taken[1])
            left.append(loss)
        borne = _named(left)
        draw = replace(lot, points=lot.points - points, grams_co2e=lot.grams_co2e - grams)
        draws += [draw] if draw.points or draw.grams_co2e else []
    return tuple(draws), borne


def is_return(entry: Entry) -> bool:
    """Say whether an entry gives back what the account had before; a grant never does: what is earned is earned."""
    if entry.kind == "adjust":
        return entry.credit == entry.account_id and entry.facts["correction"] in RETURNING
    return entry.kind in ("void", "refund")


def takes_away(entry: Entry) -> bool:
    """Say whether an entry takes from the account what may come back: a redemption, or a correction to less."""
    return entry.kind in ("hold", "charge") or (entry.kind == "adjust" and entry.debit == entry.account_id)


def name_of(entry: Entry) -> str:
    """Return what leaves and comes back under one name: a redemption, or an activity of a day."""
    facts = entry.facts
    return (
        f"{facts.get('day')}-{facts.get('key')}"
        if entry.kind == "adjust"
        else str(facts.get("redemption_id"))
    )


@dataclass(slots=True)
class BorneFold:
    """What the journal tells of losses: what is borne, and what the next entry has to repay of the one before."""

    borne: Borne = ()
    due: Lots = ()
    left_at: dict[str, int] = field(default_factory=dict)

    def follow(self, entry: Entry) -> bool:
        """Take one entry in; say whether it repays exactly what was due, be that nothing."""
        due, self.due = self.due, ()
        if entry.kind == "repay":
            return bool(due) and entry.lots == due and entry.facts == {"returned_by": entry.seq - 1}
        if entry.debit == SYS_LOSS:
            self.borne = more_borne(self.borne, entry.lots, entry.seq)
        elif takes_away(entry):
            self.left_at[name_of(entry)] = entry.seq
        elif is_return(entry):
            # What had never left is earned now, or counts at night instead of something that had.
            unknown = 0 if is_of_the_night(str(entry.facts.get("cause"))) else entry.seq
            left_at = self.left_at.get(name_of(entry), unknown)
            self.due, self.borne = repayment(self.borne, entry.lots, left_at)
        return not due


def _named(borne: Iterable[Loss]) -> Borne:
    return tuple(loss for loss in borne if loss.points or loss.grams_co2e)
