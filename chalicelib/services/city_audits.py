"""Owns the audit of what expired: the city's own journal is whole, and passed on exactly what expired, by vintage.

Must not write. What expired is told by the residents' journals, what was passed on by the city's; both are compared up
to the day through which all was passed on, which neither changes any more.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from chalicelib.domain.auditing import Finding, Totals
from chalicelib.domain.days import day_start, to_text
from chalicelib.domain.entries import SYS_EXPIRED, parse_entry
from chalicelib.domain.pooling import by_vintage, journal_faults
from chalicelib.profiles import current_profile
from chalicelib.services.account_audits import MALFORMED, text_of
from chalicelib.services.pooling import INVARIANT, passed_on_through
from chalicelib.services.sweep_slices import Result
from chalicelib.store.client import Item
from chalicelib.store.entries import journal_of


@dataclass(slots=True)
class CityJournal:
    """What one reading of the city's journal saw; `passed` by vintage and asset, up to the day that was asked for."""

    totals: Totals = field(default_factory=Totals)
    entries_before: int = 0
    passed: Counter[tuple[int, str]] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


def expired_until() -> tuple[str, str]:
    """Return the last day (ISO) of which all was passed on, and the instant of its end; empty before the first."""
    through = passed_on_through()
    if through is None:
        return "", ""
    return through.isoformat(), to_text(day_start(through + timedelta(days=1), current_profile().tz))


def read_city_journal(items: Iterable[Item], cutoff_at: str, through: str) -> CityJournal:
    """Check the city's journal, given as stored; what seems wrong is read again before it counts."""
    seen = CityJournal()
    bodies: list[tuple[str, str]] = []
    for item in items:
        bodies.append((text_of(item, "body"), text_of(item, "hash")))
        seen.entries_before += text_of(item, "at") < cutoff_at
        try:
            entry = parse_entry(bodies[-1][0])
        except MALFORMED:
            continue  # `journal_faults` says so
        seen.totals.add(entry)
        if entry.facts.get("day", "9") <= through:
            for vintage, (points, grams) in by_vintage(entry.lots).items():
                seen.passed[int(vintage), "points"] += points
                seen.passed[int(vintage), "grams"] += grams
    if any(journal_faults(bodies)):
        faults = journal_faults(journal_of(SYS_EXPIRED))
        seen.findings = [Finding(INVARIANT, SYS_EXPIRED, fault) for fault in faults]
    return seen


def stored_amounts(amounts: Counter[tuple[int, str]]) -> dict[str, list[int]]:
    """Return [points, grams] by vintage as a result keeps them."""
    vintages = sorted({vintage for vintage, _ in amounts})
    return {str(vintage): [amounts[vintage, "points"], amounts[vintage, "grams"]] for vintage in vintages}


def merged_amounts(one: dict[str, list[int]], other: dict[str, list[int]]) -> dict[str, list[int]]:
    """Return the sums of two stored amounts."""
    sums = {vintage: list(amounts) for vintage, amounts in one.items()}
    for vintage, (points, grams) in other.items():
        known = sums.setdefault(vintage, [0, 0])
        known[0] += points
        known[1] += grams
    return sums


def compare_expired(result: Result) -> Iterator[Finding]:
    """Yield each vintage of which other amounts were passed on than expired, through the day that is known.

    Nothing is said when that day moved while the audit ran: the next one sees it.
    """
    if len(result["passed_on_through"]) > 1:
        return
    for vintage, (points, grams) in result["not_passed_on"].items():
        if points or grams:
            through = result["passed_on_through"][0] or date.min.isoformat()
            detail = f"through {through}, {points} points and {grams} grams of {vintage} expired and were not passed on"
            yield Finding(INVARIANT, SYS_EXPIRED, detail)
