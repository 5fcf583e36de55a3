"""Owns the audit: streams everything stored past the invariants, in memory that does not grow with the entries.

Must not write or repair.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from chalicelib.domain.accounts import Account
from chalicelib.domain.auditing import Finding, Totals, audit_account
from chalicelib.domain.charges import IN_REVIEW
from chalicelib.domain.days import to_text
from chalicelib.domain.entries import SYS_ISSUANCE, SYS_LOSS, parse_entry
from chalicelib.domain.vouchers import OPEN
from chalicelib.store.accounts import items_of, parse_account, scan_accounts
from chalicelib.store.charges import held_by_reviews, list_charges
from chalicelib.store.client import Item
from chalicelib.store.entries import journal_of, scan_entries
from chalicelib.store.sheets import parse_sheet, stored_counts
from chalicelib.store.vouchers import list_vouchers, scan_vouchers

FINDINGS_MAX = 100
OWN_VOUCHERS_MAX = 100
STILL_MOVING = timedelta(minutes=5)


@dataclass(slots=True)
class Report:
    """What the audit saw. `findings` keeps the first hundred; `findings_count` counts them all."""

    accounts: int = 0
    sheets: int = 0
    activities: int = 0
    totals: Totals = field(default_factory=Totals)
    findings: list[Finding] = field(default_factory=list)
    findings_count: int = 0

    def add(self, finding: Finding) -> None:
        """Count a finding and keep it if there is room."""
        self.findings_count += 1
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(finding)


def run_audit(now: datetime | None = None) -> Report:
    """Check invariants 1 to 6 over everything stored and return what was seen.

    While the product is in use, pass `now`: an account that seems to differ is read again before it counts, and
    entries of the last minutes are not expected to be in both readings.
    """
    report = Report()
    if now is not None:
        report.totals.cutoff_at = to_text(now - STILL_MOVING)
    held_by_vouchers = _held_by_vouchers()
    for account_id, items in groupby(scan_accounts(), key=lambda item: item["account_id"]["S"]):
        found = list(_audit_one(account_id, list(items), held_by_vouchers.pop(account_id, 0), report))
        for finding in _audit_again(account_id) if found else ():
            report.add(finding)
    for account_id in held_by_vouchers:
        for finding in _audit_again(account_id):
            report.add(finding)
    for finding in _compare_totals(report):
        report.add(finding)
    return report


def _audit_one(account_id: str, items: list[Item], held_points: int, report: Report) -> Iterator[Finding]:
    account, sheets = Account(account_id), []
    for item in items:
        if item["item"]["S"] == "account":
            account = parse_account(item)
            continue
        sheet = parse_sheet(item)
        sheets.append(sheet)
        if stored_counts(item) != (sheet.version, sheet.corrections_count):
            yield Finding(
                2, account_id, f"{sheet.on}: the sheet does not hold as many lines as it has counted"
            )
    report.accounts += account.seq > 0
    report.sheets += len(sheets)
    report.activities += sum(len(sheet.activities) for sheet in sheets)
    yield from audit_account(account, sheets, journal_of(account_id), report.totals)
    if account.held_points != held_points:
        detail = (
            f"the account holds {account.held_points} points, its open vouchers and reviews {held_points}"
        )
        yield Finding(6, account_id, detail)


def _audit_again(account_id: str) -> list[Finding]:
    """Return what still differs when one account is read by itself: a scan sees what changes from two times."""
    vouchers = list_vouchers(account_id, None, OWN_VOUCHERS_MAX)
    held_points = sum(voucher.points for voucher in vouchers if voucher.state == OPEN)
    charges = list_charges(account_id, None, OWN_VOUCHERS_MAX)
    held_points += sum(charge.points for charge in charges if charge.state == IN_REVIEW)
    return list(_audit_one(account_id, list(items_of(account_id)), held_points, Report()))


def _compare_totals(report: Report) -> Iterator[Finding]:
    """Invariant 1 over the raw table: every entry belongs to an audited account, and both assets sum to zero."""
    entries = sum(_is_before(body, report.totals.cutoff_at) for body, *_ in scan_entries())
    audited = report.totals.entries_before_cutoff
    if entries != audited:
        yield Finding(1, "", f"the table has {entries} entries, the accounts' journals {audited}")
    for asset, sums in (("points", report.totals.points_by_party), ("grams", report.totals.grams_by_party)):
        if sum(sums.values()) != 0:
            yield Finding(1, "", f"{asset} do not sum to zero over all accounts")
        for party, amount in sums.items():
            if amount < 0 and party not in (SYS_ISSUANCE, SYS_LOSS):
                yield Finding(3, "", f"{party} has {amount} {asset}")


def _held_by_vouchers() -> dict[str, int]:
    held: dict[str, int] = {}
    for voucher in scan_vouchers():
        if voucher.state == OPEN:
            held[voucher.account_id] = held.get(voucher.account_id, 0) + voucher.points
    for account_id, points in held_by_reviews():
        held[account_id] = held.get(account_id, 0) + points
    return held


def _is_before(body: str, cutoff_at: str) -> bool:
    """Say whether an entry is from before the cutoff; one that cannot be read is."""
    try:
        return parse_entry(body).at < cutoff_at
    except (ValueError, KeyError, TypeError):
        return True
