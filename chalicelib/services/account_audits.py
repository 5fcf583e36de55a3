"""Owns the reading of one account for the audit: its items, its journal, its redemptions, past all invariants.

Must not write or repair. What cannot be read is a finding, not the end of the audit; a failure of the store is no
finding. Memory grows with the account's sheets and redemptions, not with its journal.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from chalicelib.domain.accounts import Account
from chalicelib.domain.auditing import Finding, Totals, audit_account
from chalicelib.domain.entries import parse_entry
from chalicelib.domain.redemption_audit import Claim, RedemptionFold
from chalicelib.domain.sheets import Sheet, worth_of
from chalicelib.services.redemption_claims import claim_of
from chalicelib.store.accounts import ACCOUNT, find_account, items_of, parse_account
from chalicelib.store.client import BATCH_GET_MAX, Item, pause
from chalicelib.store.entries import entry_items_of, entry_place
from chalicelib.store.sheets import parse_sheet, stored_counts
from chalicelib.store.vouchers import redemption_items, redemption_items_of

ATTEMPTS_MAX = 5
MALFORMED = (ValueError, KeyError, TypeError, AssertionError, AttributeError, IndexError, ArithmeticError)


@dataclass(slots=True)
class AccountReading:
    """What one reading of an account saw. `entries_before` counts what was there before the cutoff."""

    cutoff_at: str
    totals: Totals = field(default_factory=Totals)
    accounts: int = 0
    sheets: int = 0
    activities: int = 0
    entries: int = 0
    entries_before: int = 0
    findings: list[Finding] = field(default_factory=list)


def read_account(
    account_id: str, items: Iterable[Item], cutoff_at: str, totals: Totals, consistent: bool = False
) -> AccountReading:
    """Check one account, given as its stored `items`, against its journal and redemptions; entries go to `totals`."""
    reading = AccountReading(cutoff_at, totals)
    account, sheets = _parsed(account_id, items, reading)
    fold = RedemptionFold(account_id)
    journal = _journal(account_id, fold, reading, consistent)
    try:
        for finding in audit_account(account, sheets, journal, totals):
            reading.findings.append(finding)
    except MALFORMED as error:
        reading.findings.append(Finding(1, account_id, f"cannot be folded: {type(error).__name__} {error}"))
        for _ in journal:
            pass
    reading.findings += _twice_paid(account_id, sheets)
    for claim in _claims(account_id, fold):
        reading.findings += fold.compare(claim)
    reading.findings += fold.end(account.held_points)
    reading.accounts = int(account.seq > 0)
    reading.sheets = len(sheets)
    reading.activities = sum(len(sheet.activities) for sheet in sheets)
    return reading


def read_account_again(account_id: str) -> list[Finding]:
    """Return what still differs when the account is read by itself and does not change meanwhile.

    A scan sees an account and what belongs to it at different times. One that never stands still is left for the next
    audit.
    """
    for attempt in range(1, ATTEMPTS_MAX + 1):
        before = _found(account_id)
        reading = read_account(account_id, list(items_of(account_id)), "9", Totals(), consistent=True)
        if not reading.findings:
            return []
        if _found(account_id) == before:
            return reading.findings
        pause(attempt)
    return []


def _found(account_id: str) -> Account | None:
    try:
        return find_account(account_id)
    except MALFORMED:
        return None


def _parsed(account_id: str, items: Iterable[Item], reading: AccountReading) -> tuple[Account, list[Sheet]]:
    account, sheets = Account(account_id), []
    for item in items:
        name = item["item"]["S"]
        try:
            if name == ACCOUNT:
                account = parse_account(item)
            elif name.startswith("sheet#"):
                sheets.append(parse_sheet(item))
                reading.findings += _miscounted(sheets[-1], item)
            else:
                reading.findings.append(Finding(2, account_id, f"there is an item of unknown kind: {name}"))
        except MALFORMED as error:
            detail = f"the item {name} cannot be read: {type(error).__name__}"
            reading.findings.append(Finding(2, account_id, detail))
    return account, sheets


def _miscounted(sheet: Sheet, item: Item) -> Iterator[Finding]:
    if stored_counts(item) != (sheet.version, sheet.corrections_count):
        detail = f"{sheet.on}: the sheet does not hold as many lines as it has counted"
        yield Finding(2, sheet.account_id, detail)


def _journal(
    account_id: str, fold: RedemptionFold, reading: AccountReading, consistent: bool
) -> Iterator[tuple[str, str]]:
    """Yield (body, hash) of every entry, oldest first, looking at its stored form and its redemption on the way."""
    for item in entry_items_of(account_id, consistent):
        body, digest = text_of(item, "body"), text_of(item, "hash")
        reading.entries += 1
        reading.entries_before += text_of(item, "at") < reading.cutoff_at
        try:
            entry = parse_entry(body)
            place = entry_place(entry, digest)
        except MALFORMED:
            # `audit_account` says so.
            yield body, digest
            continue
        found = {name: value for name, value in item.items() if name not in ("body", "hash")}
        if found != place:
            names = sorted(name for name in {*place, *found} if place.get(name) != found.get(name))
            detail = f"seq {item['seq']['N']} is stored with another {', '.join(names)} than its text says"
            reading.findings.append(Finding(1, account_id, detail))
        reading.findings += fold.follow(entry)
        yield body, digest


def _twice_paid(account_id: str, sheets: Iterable[Sheet]) -> Iterator[Finding]:
    """Invariant 9 within an account: an event that is worth something stands on one day only."""
    days: dict[str, str] = {}
    for sheet in sheets:
        for key in sheet.activities:
            worth = worth_of(sheet, key)
            if not worth.grams_co2e and not worth.millipoints:
                continue
            other = days.setdefault(key, sheet.on.isoformat())
            if other != sheet.on.isoformat():
                yield Finding(9, account_id, f"the event {key} is paid on {other} and on {sheet.on}")


def _claims(account_id: str, fold: RedemptionFold) -> Iterator[Claim]:
    """Yield the redemptions of an account: those in its index, and those its journal tells of that are not there."""
    yield from _readable(redemption_items_of(account_id))
    rest = fold.unclaimed()
    for start in range(0, len(rest), BATCH_GET_MAX):
        for claim in _readable(redemption_items(rest[start : start + BATCH_GET_MAX])):
            if claim.account_id == account_id:
                yield claim


def _readable(items: Iterable[Item]) -> Iterator[Claim]:
    for item in items:
        try:
            yield claim_of(item)
        except MALFORMED:
            # The pass over all redemptions says so.
            continue


def text_of(item: Item, name: str) -> str:
    """Return a text of an item, empty when there is none."""
    return str(item.get(name, {}).get("S", ""))
