"""Owns the nightly check of boards: scores against the day sheets, rows against the accounts; what differs is mended.

Must not touch the ledger: an account is written with other scores, never with an entry. What was wrong is a finding; a
row that is merely behind its account is brought up to it and counted, for the stream may be on its way. Pages are made
anew of what was mended.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from chalicelib.domain.accounts import Account, Booking, settled_of
from chalicelib.domain.auditing import Finding
from chalicelib.domain.boards import Row
from chalicelib.domain.participation import Participation
from chalicelib.domain.scores import recounted
from chalicelib.domain.sheets import Sheet
from chalicelib.profiles import current_profile
from chalicelib.services.failures import attempted
from chalicelib.services.findings import note_findings
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.services.standings import note_changed, project, row_of
from chalicelib.services.sweep_slices import Result, Slice, Sweep
from chalicelib.store import standings
from chalicelib.store.accounts import ACCOUNT, add_booking, find_account, items_of, parse_account
from chalicelib.store.client import BATCH_GET_MAX, Item
from chalicelib.store.participations import find_participations
from chalicelib.store.scanning import ACCOUNTS, STANDINGS, Group
from chalicelib.store.sheets import parse_sheet
from chalicelib.store.transactions import Transaction

INVARIANT = 13
_COUNTS = ("accounts", "rows", "behind", "mended", "failed")
Seen = dict[str, int]


def _visit(here: Slice, groups: Iterator[Group]) -> Result:
    seen: Seen = dict.fromkeys(_COUNTS, 0)
    findings: list[Finding] = []
    visit = _visit_accounts if here.source == ACCOUNTS.name else _visit_rows
    visit(here, groups, seen, findings)
    seen["mended"] = len(findings)
    note_findings(findings, here.sweep_id, here.now)
    return seen


def _visit_accounts(here: Slice, groups: Iterator[Group], seen: Seen, findings: list[Finding]) -> None:
    waiting: list[Account] = []
    for group in groups:
        account = attempted(partial(_checked, group.id, list(group.items), here, findings))
        if account is None:
            seen["failed"] += 1
            continue
        seen["accounts"] += account.seq > 0
        waiting.append(account)
        if len(waiting) == BATCH_GET_MAX:
            _check_rows(waiting, here, seen, findings)
            waiting.clear()
    _check_rows(waiting, here, seen, findings)


def _checked(account_id: str, items: list[Item], here: Slice, findings: list[Finding]) -> Account:
    """Return the account with right scores, mended in the store when they were not."""
    account, wrong = _recounted(account_id, items, here)
    if not wrong:
        return account
    mended, wrong = repeat_on_conflict(partial(_mend, account_id, here))
    if wrong:
        detail = f"the scores of {', '.join(wrong)} were not those of the day sheets"
        findings.append(Finding(INVARIANT, account_id, f"{detail} (version {mended.scores.version})"))
    return mended


def _recounted(account_id: str, items: list[Item], here: Slice) -> tuple[Account, list[str]]:
    account, sheets = Account(account_id), list[Sheet]()
    for item in items:
        if item["item"]["S"] == ACCOUNT:
            account = parse_account(item)
        else:
            sheets.append(parse_sheet(item))
    booked = [(sheet, settled_of(account, sheet)[0]) for sheet in sheets]
    scores, wrong = recounted(account.scores, booked, current_profile().scoring(here.now))
    return replace(account, scores=scores), wrong


def _mend(account_id: str, here: Slice) -> tuple[Account, list[str]]:
    """Count again what is stored now, and store the scores with the account if they are wrong."""
    stored = find_account(account_id) or Account(account_id)
    account, wrong = _recounted(account_id, list(items_of(account_id)), here)
    if wrong:
        tx = Transaction()
        add_booking(tx, stored, Booking(replace(stored, scores=account.scores)))
        tx.commit()
    return account, wrong


def _check_rows(accounts: list[Account], here: Slice, seen: Seen, findings: list[Finding]) -> None:
    """Hold the rows of these accounts' residents to what they should say; those that do not are written again."""
    by_id = {account.account_id: account for account in accounts}
    chosen = {one.account_id: one for one in find_participations(by_id).values() if one.is_shown}
    found = standings.find_rows((one.community_id, one.account_id) for one in chosen.values())
    wrong = []
    for account_id, mine in chosen.items():
        seen["rows"] += 1
        outcome = _compared(found.get(account_id), by_id[account_id], mine)
        seen["behind"] += outcome == "behind"
        if outcome:
            wrong.append(by_id[account_id])
        if outcome == "wrong":
            findings.append(Finding(INVARIANT, account_id, f"the row in {mine.community_id} was wrong"))
    if wrong:
        for account in wrong:
            mine = chosen[account.account_id]
            standings.overwrite_row(mine.community_id, row_of(account, mine))
        project(wrong, here.now)


def _compared(row: Row | None, account: Account, mine: Participation) -> str:
    """Return how a row stands to its account: `""` as it should, `behind` or `wrong`."""
    due = row_of(account, mine)
    if row is None:
        return "behind" if due.by_period else ""
    if (row.epoch, row.version) < (due.epoch, due.version):
        return "behind"
    return "wrong" if (row.epoch, row.version) == (due.epoch, due.version) and row != due else ""


def _visit_rows(here: Slice, groups: Iterator[Group], seen: Seen, findings: list[Finding]) -> None:
    """Take off what stands in a community to which its resident does not belong, or does not want to."""
    waiting: list[tuple[str, Row]] = []
    for group in groups:
        for item in group.items:
            if item["board"]["S"].startswith(standings.ROWS) and "n" in item:
                row = standings.parse_row(item)
                waiting.append((item["board"]["S"].removeprefix(standings.ROWS), row))
        if len(waiting) >= BATCH_GET_MAX:
            _take_off_strays(waiting, here, findings)
            waiting.clear()
    _take_off_strays(waiting, here, findings)


def _take_off_strays(rows: list[tuple[str, Row]], here: Slice, findings: list[Finding]) -> None:
    chosen = find_participations(row.account_id for _, row in rows)
    for community_id, row in rows:
        account_id = row.account_id
        mine = chosen.get(account_id, Participation(account_id))
        if mine.is_shown and mine.community_id == community_id:
            continue
        standings.remove_stray(community_id, account_id, row.epoch, mine.version)
        note_changed([community_id], here.now)
        findings.append(Finding(INVARIANT, account_id, f"a row stood in {community_id} without consent"))


def _merge(one: Result, other: Result) -> Result:
    return {name: one[name] + other[name] for name in _COUNTS}


def _finish(here: Slice, result: Result) -> Result:
    return result


BOARD_CHECK = Sweep(
    "board-check", _visit, _merge, _finish, (replace(ACCOUNTS, is_consistent=False), STANDINGS)
)
