"""Owns the audit: everything stored past the invariants, as a sweep over accounts, journal, redemptions and index.

Must not write anything but findings, nor repair. Four passes in segments, each in memory that does not grow:

- accounts: each with its day sheets against its journal (invariants 2, 3, 4, 5, 9) and its redemptions (6, 7);
- entries as they lie in the table: counted, and none belongs to an account that does not exist (1); the city's own
  journal, which passes on what expired (12);
- redemptions as they lie in the table: each can be read and belongs to an account that exists (6);
- the index by counterparty: it holds exactly the entries that name one (1).

While the product is in use, an account that seems to differ is read again before it counts, and what counts over all
tables is only what was there before a cutoff that no running function can still write behind.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from chalicelib import clock, ids, log
from chalicelib.config import config
from chalicelib.domain.auditing import Finding, Totals
from chalicelib.domain.days import to_text
from chalicelib.domain.entries import SYS_EXPIRED
from chalicelib.services.account_audits import (
    MALFORMED,
    read_account,
    read_account_again,
    text_of,
)
from chalicelib.services.audit_totals import bounded, compare_totals
from chalicelib.services.city_audits import (
    compare_expired,
    expired_until,
    merged_amounts,
    read_city_journal,
    stored_amounts,
)
from chalicelib.services.findings import note_findings
from chalicelib.services.redemption_claims import check_form, claim_of
from chalicelib.services.sweep_slices import OnProgress, Result, Slice, Sweep, sweep_through
from chalicelib.store.accounts import missing_accounts
from chalicelib.store.client import BATCH_GET_MAX, Item
from chalicelib.store.scanning import ACCOUNTS, BY_COUNTERPARTY, ENTRIES, REDEMPTIONS, Group

# Longer than a function may run: an entry's instant is that of the run that writes it.
STILL_MOVING = timedelta(minutes=20)
SHOWN_MAX = 100
KEPT_PER_SLICE_MAX = 200
IN_USE = {"is_in_use": True}
_CHECKSUM = 1 << 48
_COUNTS = (
    "accounts",
    "sheets",
    "activities",
    "entries",
    "entries_before",
    "stored_before",
    "outside_before",
    "indexed_before",
    "findings",
    "open",
)
_CHECKSUMS = ("outside_checksum", "indexed_checksum")


@dataclass(slots=True)
class _Seen:
    """What one slice has seen; `not_passed_on` is what expired less what the city passed on, through a day."""

    through: str
    until_at: str
    counts: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    grams: Counter[str] = field(default_factory=Counter)
    not_passed_on: Counter[tuple[int, str]] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def result(self, here: Slice) -> Result:
        """Keep the findings, and return the slice's result."""
        counts = self.counts
        counts["findings"] += len(self.findings)
        kept = self.findings[:KEPT_PER_SLICE_MAX]
        counts["open"] += note_findings(kept, here.sweep_id, here.now) + len(self.findings) - len(kept)
        parties = {party: [self.points[party], self.grams[party]] for party in self.points}
        return {
            **{name: counts[name] for name in _COUNTS},
            **{name: counts[name] % _CHECKSUM for name in _CHECKSUMS},
            "parties": bounded(parties),
            "not_passed_on": stored_amounts(self.not_passed_on),
            "passed_on_through": [self.through],
            "first": [[f.invariant, f.account_id, f.detail] for f in kept[:SHOWN_MAX]],
        }


def _visit(here: Slice, groups: Iterator[Group]) -> Result:
    seen = _Seen(*expired_until())
    cutoff_at = to_text(here.started_at - STILL_MOVING) if here.params["is_in_use"] else "9"
    _PASSES[here.source](cutoff_at, groups, seen)
    return seen.result(here)


def _see_accounts(cutoff_at: str, groups: Iterator[Group], seen: _Seen) -> None:
    totals = Totals(expired_until_at=seen.until_at)
    for group in groups:
        reading = read_account(group.id, group.items, cutoff_at, totals)
        for name in ("accounts", "sheets", "activities", "entries", "entries_before"):
            seen.counts[name] += getattr(reading, name)
        if reading.findings:
            seen.findings += read_account_again(group.id)
    seen.not_passed_on.update(totals.expired)
    _add_totals(seen, totals)


def _add_totals(seen: _Seen, totals: Totals) -> None:
    seen.points.update(totals.points_by_party)
    seen.grams.update(totals.grams_by_party)


def _see_entries(cutoff_at: str, groups: Iterator[Group], seen: _Seen) -> None:
    for account_ids in _batches(groups, lambda group: _see_journal(cutoff_at, group, seen)):
        for account_id in missing_accounts(account_ids):
            seen.findings.append(Finding(1, account_id, "there are entries, but no account"))


def _see_journal(cutoff_at: str, group: Group, seen: _Seen) -> str:
    if group.id == SYS_EXPIRED:
        return _see_city_journal(cutoff_at, group, seen)
    _count_entries(cutoff_at, group.items, seen)
    return group.id


def _see_city_journal(cutoff_at: str, group: Group, seen: _Seen) -> str:
    """The city's journal belongs to no account: this pass alone sees it, and says so by returning none."""
    items = list(group.items)
    _count_entries(cutoff_at, items, seen)
    journal = read_city_journal(items, cutoff_at, seen.through)
    seen.counts["entries"] += len(items)
    seen.counts["entries_before"] += journal.entries_before
    seen.not_passed_on.subtract(journal.passed)
    _add_totals(seen, journal.totals)
    seen.findings += journal.findings
    return ""


def _count_entries(cutoff_at: str, items: Iterable[Item], seen: _Seen) -> None:
    for item in items:
        is_before = text_of(item, "at") < cutoff_at
        seen.counts["stored_before"] += is_before
        if is_before and "counterparty" in item:
            seen.counts["outside_before"] += 1
            seen.counts["outside_checksum"] += _checksum(item)


def _see_redemptions(cutoff_at: str, groups: Iterator[Group], seen: _Seen) -> None:
    for account_ids in _batches(groups, lambda group: _see_redemption(group, seen)):
        for account_id in missing_accounts(account_ids):
            seen.findings.append(Finding(6, account_id, "there are redemptions, but no account"))


def _see_redemption(group: Group, seen: _Seen) -> str:
    (item,) = group.items
    try:
        check_form(item)
        return claim_of(item).account_id
    except MALFORMED as error:
        detail = f"the redemption {group.id} cannot be read: {type(error).__name__} {error}"
        seen.findings.append(Finding(6, text_of(item, "account_id"), detail))
    return text_of(item, "account_id")


def _see_index(cutoff_at: str, groups: Iterator[Group], seen: _Seen) -> None:
    for group in groups:
        for item in group.items:
            if text_of(item, "at") < cutoff_at:
                seen.counts["indexed_before"] += 1
                seen.counts["indexed_checksum"] += _checksum(item)


_PASSES: dict[str, Callable[[str, Iterator[Group], _Seen], None]] = {
    ACCOUNTS.name: _see_accounts,
    ENTRIES.name: _see_entries,
    REDEMPTIONS.name: _see_redemptions,
    BY_COUNTERPARTY.name: _see_index,
}


def _batches(groups: Iterator[Group], see: Callable[[Group], str]) -> Iterator[list[str]]:
    """Yield the account ids that `see` returns, without "" and each once, in lists that fit into one batched read."""
    waiting: dict[str, None] = {}
    for group in groups:
        account_id = see(group)
        if account_id:
            waiting[account_id] = None
        if len(waiting) == BATCH_GET_MAX:
            yield list(waiting)
            waiting.clear()
    if waiting:
        yield list(waiting)


def _checksum(item: Item) -> int:
    """Return a number for one entry as its index shows it; the sum over many does not depend on their order."""
    parts = (item["account_id"]["S"], item["seq"]["N"], text_of(item, "counterparty"), text_of(item, "hash"))
    return int.from_bytes(sha256("|".join(parts).encode()).digest()[:6])


def _merge(one: Result, other: Result) -> Result:
    parties = {party: list(sums) for party, sums in one["parties"].items()}
    for party, (points, grams) in other["parties"].items():
        known = parties.setdefault(party, [0, 0])
        known[0] += points
        known[1] += grams
    return {
        **{name: one[name] + other[name] for name in _COUNTS},
        **{name: (one[name] + other[name]) % _CHECKSUM for name in _CHECKSUMS},
        "parties": bounded(parties),
        "not_passed_on": merged_amounts(one["not_passed_on"], other["not_passed_on"]),
        "passed_on_through": sorted({*one["passed_on_through"], *other["passed_on_through"]}),
        "first": (one["first"] + other["first"])[:SHOWN_MAX],
    }


def _finish(here: Slice, result: Result) -> Result:
    """Compare what only all segments together show, and tell the alarm how much of all nobody has acknowledged."""
    result = _compared(here, result)
    log.write_metric(here.now, config().stage, "AuditFindings", result["open"])
    return result


def _compared(here: Slice, result: Result) -> Result:
    findings = [*compare_totals(result), *compare_expired(result)]
    return {
        **result,
        "findings": result["findings"] + len(findings),
        "open": result["open"] + note_findings(findings, here.sweep_id, here.now),
        "first": (result["first"] + [[f.invariant, f.account_id, f.detail] for f in findings])[:SHOWN_MAX],
    }


# All passes may read a moment behind: what seems to differ is read again, and the cutoff is older than any delay.
AUDIT = Sweep(
    "audit",
    _visit,
    _merge,
    _finish,
    (
        replace(ACCOUNTS, is_consistent=False),
        replace(ENTRIES, is_consistent=False),
        replace(REDEMPTIONS, is_consistent=False),
        BY_COUNTERPARTY,
    ),
)


@dataclass(slots=True)
class Report:
    """What an audit saw. `findings` keeps the first hundred; `findings_count` counts them all."""

    audit_id: str
    accounts: int
    sheets: int
    activities: int
    totals: Totals
    findings: list[Finding]
    findings_count: int


def run_audit(
    now: datetime | None = None,
    on_progress: OnProgress = lambda progress: None,
    segments: int = 1,
) -> Report:
    """Audit everything stored, here and now, and return what was seen; findings are kept like those of the night,
    but ring no alarm.

    While the product is in use, pass `now`; without it, nothing may be written meanwhile.
    """
    params = IN_USE if now is not None else {"is_in_use": False}
    audit_id = ids.new_id("aud")
    sweep = replace(AUDIT, segments=segments, finish=_compared)
    found = sweep_through(sweep, audit_id, params, now or clock.utc_now(), on_progress)
    parties = found["parties"].items()
    totals = Totals(
        entries=found["entries"],
        points_by_party=Counter({party: points for party, (points, _) in parties}),
        grams_by_party=Counter({party: grams for party, (_, grams) in parties}),
    )
    findings = [Finding(*fields) for fields in found["first"]]
    return Report(
        audit_id,
        found["accounts"],
        found["sheets"],
        found["activities"],
        totals,
        findings,
        found["findings"],
    )
