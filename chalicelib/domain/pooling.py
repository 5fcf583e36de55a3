"""Owns what the city does with what expired: passes it on from `sys_expired` to `sys_pool`, by day and vintage.

Must not read or store. Neither account has a balance: `sys_expired` holds what expired less what was passed on, both
told by entries. The entries that pass on are a journal of the city's own, chained like a resident's, under the name
`sys_expired`; each names the local day on which its lots expired, and holds those of one vintage.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from chalicelib.domain.days import to_text
from chalicelib.domain.entries import (
    GENESIS_HASH,
    SYS_EXPIRED,
    SYS_POOL,
    Entry,
    chain_hash,
    entry_body,
    parse_entry,
)
from chalicelib.domain.lots import Lot, Lots, add_lots, remove_draws, total_grams, total_points

KIND = "pool"
LotsByDay = Mapping[str, Lots]


def added(days: LotsByDay, day: str, lots: Iterable[Lot]) -> dict[str, Lots]:
    """Return `days` with `lots` added to one of them."""
    return {**days, day: add_lots(days.get(day, ()), lots)}


def passed_on(journal: Iterable[Entry]) -> dict[str, Lots]:
    """Return what the city's entries have passed on, by day."""
    days: dict[str, Lots] = {}
    for entry in journal:
        days = added(days, entry.facts["day"], entry.lots)
    return days


def still_to_pass(expired: Lots, passed: Lots) -> Lots:
    """Return what expired on a day and was not passed on; ValueError when more was passed on than expired.

    >>> from datetime import date
    >>> end = date(2027, 12, 31)
    >>> [(lot.points, lot.grams_co2e) for lot in still_to_pass((Lot(end, 2026, 5, 50),), (Lot(end, 2026, 2, 50),))]
    [(3, 0)]
    """
    left = remove_draws(expired, passed)
    if any(lot.points < 0 or lot.grams_co2e < 0 for lot in left):
        raise ValueError("more was passed on than expired")
    return left


def pool_entries(
    day: str, lots: Lots, last: tuple[int, str] | None, now: datetime
) -> list[tuple[Entry, str]]:
    """Return the entries that pass on `lots`, one a vintage, chained behind the journal's `last` (seq, hash)."""
    seq, head = last or (0, GENESIS_HASH)
    entries = []
    for vintage in sorted({lot.vintage for lot in lots}):
        own = tuple(lot for lot in lots if lot.vintage == vintage)
        seq += 1
        entry = Entry(SYS_EXPIRED, seq, to_text(now), KIND, SYS_EXPIRED, SYS_POOL, own, {"day": day})
        head = chain_hash(head, entry_body(entry))
        entries.append((entry, head))
    return entries


def journal_faults(journal: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield what is wrong with the city's journal, given as (body, hash), oldest first."""
    seq, head = 0, GENESIS_HASH
    for body, digest in journal:
        try:
            entry = parse_entry(body)
        except (ValueError, KeyError, TypeError) as error:
            yield f"the entry after seq {seq} cannot be read: {error}"
            return
        if (entry.account_id, entry.seq) != (SYS_EXPIRED, seq + 1):
            yield f"after seq {seq} comes {entry.account_id} seq {entry.seq}"
        if chain_hash(head, body) != digest or entry_body(entry) != body:
            yield f"the hash of seq {entry.seq} does not verify"
        moves = (entry.kind, entry.debit, entry.credit)
        if moves != (KIND, SYS_EXPIRED, SYS_POOL) or "day" not in entry.facts:
            yield f"seq {entry.seq}: {entry.kind} moves from {entry.debit} to {entry.credit}"
        seq, head = entry.seq, digest


def by_vintage(lots: Iterable[Lot]) -> dict[str, list[int]]:
    """Return [points, grams] of each vintage, by its year as text.

    >>> from datetime import date
    >>> by_vintage([Lot(date(2027, 12, 31), 2026, 5, 50), Lot(date(2028, 1, 30), 2026, 1, 9)])
    {'2026': [6, 59]}
    """
    points, grams = Counter[int](), Counter[int]()
    for lot in lots:
        points[lot.vintage] += lot.points
        grams[lot.vintage] += lot.grams_co2e
    return {str(vintage): [points[vintage], grams[vintage]] for vintage in sorted(points)}


def totals(lots: Lots) -> dict[str, int]:
    """Return points and grams of `lots` together."""
    return {"points": total_points(lots), "grams_co2e": total_grams(lots)}
