"""Owns the check of redemptions against the journal: what is held, what was spent, what was given back, one by one.

Must not read anything; `domain.auditing` checks the balances. Numbers refer to the invariants of the design.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from chalicelib.domain.auditing import Finding
from chalicelib.domain.entries import Entry
from chalicelib.domain.lots import Lots

_NAMING_KINDS = frozenset({"hold", "post", "void", "charge", "refund"})


@dataclass(frozen=True, slots=True)
class Claim:
    """A redemption as stored: its points, how many of them are held now or went back, which entry must be its last."""

    redemption_id: str
    account_id: str
    state: str
    points: int
    held_points: int
    last_kinds: frozenset[str]
    points_back: int = 0


@dataclass(slots=True)
class _Told:
    """What the journal tells of one redemption."""

    points: int = 0
    points_back: int = 0
    last_kind: str = ""
    held: Lots = ()
    spent: Counter[tuple[int, str]] = field(default_factory=Counter)


class RedemptionFold:
    """What the journal of one account tells of its redemptions; entries first, then the redemptions as stored."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self._told: dict[str, _Told] = {}
        self._held_by_claims = 0

    def follow(self, entry: Entry) -> Iterator[Finding]:
        """Take in one entry; yield what is wrong with it, given those before."""
        if entry.kind not in _NAMING_KINDS:
            return
        redemption_id = entry.facts.get("redemption_id")
        if not isinstance(redemption_id, str):
            yield self._finding(6, f"seq {entry.seq} names no redemption")
            return
        told = self._told.setdefault(redemption_id, _Told())
        if entry.kind in ("hold", "charge"):
            told.points = entry.points
            # A voucher that timed out is held again when a till without a network had redeemed it in time.
            if told.last_kind not in ("", "void"):
                yield self._finding(6, f"seq {entry.seq} takes points for {redemption_id} again")
        elif entry.kind in ("post", "void"):
            yield from self._resolve(redemption_id, told, entry)
        if entry.kind == "refund":
            told.points_back += entry.points
            _count(told.spent, entry.lots, -1)
            if any(amount < 0 for amount in told.spent.values()):
                yield self._finding(7, f"seq {entry.seq} gives back more than {redemption_id} took")
        elif entry.kind in ("post", "charge"):
            _count(told.spent, entry.lots, 1)
        told.held = entry.lots if entry.kind == "hold" else ()
        told.last_kind = entry.kind

    def _resolve(self, redemption_id: str, told: _Told, entry: Entry) -> Iterator[Finding]:
        if told.last_kind != "hold":
            detail = f"seq {entry.seq} resolves a hold of {redemption_id} that was not open"
            yield self._finding(6, detail)
        elif not _is_the_same(told.held, entry):
            number = 7 if entry.kind == "void" else 6
            yield self._finding(number, f"seq {entry.seq} moves other lots than {redemption_id} held")

    def compare(self, claim: Claim) -> Iterator[Finding]:
        """Yield how a stored redemption differs from what the journal tells of it."""
        self._held_by_claims += claim.held_points
        told = self._told.pop(claim.redemption_id, None)
        name = claim.redemption_id
        if told is None:
            yield self._finding(6, f"{name} is {claim.state}, of which the journal tells nothing")
            return
        stored = (claim.points, claim.held_points, claim.points_back)
        journal = (told.points, sum(lot.points for lot in told.held), told.points_back)
        if stored != journal:
            detail = f"{name} is stored with points taken, held and given back of {stored}, the journal says {journal}"
            yield self._finding(6, detail)
        if told.last_kind not in claim.last_kinds:
            yield self._finding(6, f"{name} is {claim.state}, its last entry a {told.last_kind}")

    def unclaimed(self) -> list[str]:
        """Return the redemptions that the journal tells of and `compare` has not seen."""
        return list(self._told)

    def end(self, held_points: int) -> Iterator[Finding]:
        """Yield what the journal tells of redemptions that are not stored, and a difference in what is held."""
        for redemption_id in self._told:
            yield self._finding(6, f"the journal tells of {redemption_id}, which is not stored")
        if held_points != self._held_by_claims:
            detail = f"the account holds {held_points} points, its open redemptions {self._held_by_claims}"
            yield self._finding(6, detail)

    def _finding(self, invariant: int, detail: str) -> Finding:
        return Finding(invariant, self._account_id, detail)


def _count(spent: Counter[tuple[int, str]], lots: Lots, sign: int) -> None:
    for lot in lots:
        spent[lot.vintage, "points"] += sign * lot.points
        spent[lot.vintage, "grams"] += sign * lot.grams_co2e


def _is_the_same(held: Lots, entry: Entry) -> bool:
    """Say whether an entry moves exactly the lots that were held; given back, a lot may have got a later last day."""
    if len(held) != len(entry.lots):
        return False
    pairs = zip(held, entry.lots, strict=True)
    may_be_later = entry.kind == "void"
    return all(
        (had.vintage, had.points, had.grams_co2e) == (moved.vintage, moved.points, moved.grams_co2e)
        and (had.expires_on == moved.expires_on or (may_be_later and moved.expires_on > had.expires_on))
        for had, moved in pairs
    )
