"""Owns the check that statements are what they were and say what the ledger says, to the point and the gram.

Must not repair: it returns findings, and notes whom it has checked. Bounded a night: of each merchant the statements of
the newest 35 days are checked by themselves (digest, signature, chain, totals), the newest 3 days also against the
journal, and one older day both ways, another one every night. The journal's index by counterparty, of which statements
are made, is held to the journal by the audit itself.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from chalicelib.domain.auditing import Finding
from chalicelib.domain.canonical import digest_of
from chalicelib.domain.statements import Line, Statement, faults_between, figures_of
from chalicelib.services.statement_closing import (
    closed_span,
    is_checked,
    last_closable,
    lines_by_store,
    note_checked,
)
from chalicelib.services.statement_seals import is_genuine
from chalicelib.services.statements import all_lines
from chalicelib.store import statements as store
from chalicelib.store.catalogue import list_documents

INVARIANT = 11
DOCUMENT_DAYS = 35
JOURNAL_DAYS = 3
FINDINGS_MAX = 100


@dataclass(slots=True)
class Checked:
    """What one check saw. `findings` keeps the first hundred; `findings_count` counts them all."""

    merchants: int = 0
    days: int = 0
    findings: list[Finding] = field(default_factory=list)
    findings_count: int = 0
    is_complete: bool = False

    def add(self, found: Iterable[Finding]) -> None:
        """Count a day's findings and keep those there is room for."""
        self.days += 1
        for finding in found:
            self.findings_count += 1
            if len(self.findings) < FINDINGS_MAX:
                self.findings.append(finding)


def check_statements(now: datetime, should_stop: Callable[[], bool], is_whole: bool = False) -> Checked:
    """Check every merchant's statements, as many days as a night checks, or all of them with `is_whole`."""
    result = Checked()
    for merchant in list_documents("merchant"):
        if not is_whole and is_checked(merchant["id"], now):
            continue
        for on, with_journal in _days_of(closed_span(merchant["id"]), now, is_whole):
            if should_stop():
                return result
            result.add(check_day(merchant["id"], on, with_journal))
        result.merchants += 1
        if not is_whole:
            note_checked(merchant["id"], now)
    result.is_complete = True
    return result


def _days_of(span: tuple[date, date] | None, now: datetime, is_whole: bool) -> Iterator[tuple[date, bool]]:
    """Yield the days to check of all that are closed, and whether also against the journal."""
    if span is None:
        return
    first, last = span
    count = (last - first).days + 1
    for back in range(count if is_whole else min(count, DOCUMENT_DAYS)):
        yield last - timedelta(days=back), is_whole or back < JOURNAL_DAYS
    older = count - JOURNAL_DAYS
    if not is_whole and older > 0:
        yield first + timedelta(days=last_closable(now).toordinal() % older), True


def check_day(merchant_id: str, on: date, with_journal: bool) -> Iterator[Finding]:
    """Yield what is wrong with the statements of one merchant and closed day."""
    statements = store.statements_of_day(merchant_id, on.isoformat())
    journal = lines_by_store(merchant_id, on) if with_journal else {}
    for statement in statements:
        for fault in _faults_of(statement):
            yield _finding(merchant_id, statement["store_id"], on, fault)
    if with_journal:
        by_store = {statement["store_id"]: statement for statement in statements}
        for store_id in sorted(by_store.keys() | journal.keys()):
            lines = journal.get(store_id, [])
            for fault in _differences(by_store.get(store_id), lines):
                yield _finding(merchant_id, store_id, on, fault)


def _faults_of(statement: Statement) -> Iterator[str]:
    before = store.newest_statement(statement["merchant_id"], statement["store_id"], statement["on"])
    yield from faults_between(before, statement)
    if not is_genuine(statement):
        yield "its signature is not ours"


def _differences(statement: Statement | None, lines: list[Line]) -> Iterator[str]:
    if statement is None:
        yield f"{len(lines)} entries are in no statement"
        return
    figures = figures_of(lines)
    for name, amount in figures["net"].items():
        stated = statement["figures"]["net"][name]
        if stated != amount:
            yield f"the statement says {stated} {name}, the ledger {amount}"
    if statement["figures"] != figures or statement["lines_digest"] != digest_of(lines):
        yield "its lines are not those of the ledger"
    if all_lines(statement) != lines:
        yield "its stored lines are not those of the ledger"


def _finding(merchant_id: str, store_id: str, on: date, fault: str) -> Finding:
    return Finding(INVARIANT, merchant_id, f"statement of {store_id}, {on}: {fault}")
