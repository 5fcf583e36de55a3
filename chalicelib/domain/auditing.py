"""Owns the check of the invariants: folds journal and sheets of one account and compares them with what is stored.

Must not read anything itself and must not repair: it yields findings. Numbers refer to the invariants of the design.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field
from typing import Any

from chalicelib.domain.accounts import Account
from chalicelib.domain.bearing import BorneFold
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.entries import (
    GENESIS_HASH,
    SYS_BONUS,
    SYS_EXPIRED,
    SYS_ISSUANCE,
    SYS_LOSS,
    Entry,
    chain_hash,
    entry_body,
    held_account,
    parse_entry,
)
from chalicelib.domain.sheet_pasts import as_it_was
from chalicelib.domain.sheets import Sheet, is_counted, worth_of

_CANDIDATES_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: which invariant, whose account, what was found."""

    invariant: int
    account_id: str
    detail: str


@dataclass(slots=True)
class Totals:
    """What all entries add up to, per account named in them; every asset sums to zero.

    `expired` is what expired before `expired_until_at`, by vintage and asset.
    """

    cutoff_at: str = "9"
    expired_until_at: str = ""
    entries: int = 0
    entries_before_cutoff: int = 0
    points_by_party: Counter[str] = field(default_factory=Counter)
    grams_by_party: Counter[str] = field(default_factory=Counter)
    expired: Counter[tuple[int, str]] = field(default_factory=Counter)

    def add(self, entry: Entry) -> None:
        """Count one entry, and whether it is from before the cutoff: later ones may be written meanwhile."""
        self.entries += 1
        self.entries_before_cutoff += entry.at < self.cutoff_at
        debit, credit = _class_of(entry, entry.debit), _class_of(entry, entry.credit)
        self.points_by_party[debit] -= entry.points
        self.points_by_party[credit] += entry.points
        self.grams_by_party[debit] -= entry.grams_co2e
        self.grams_by_party[credit] += entry.grams_co2e
        if entry.kind == "expire" and entry.at < self.expired_until_at:
            for lot in entry.lots:
                self.expired[lot.vintage, "points"] += lot.points
                self.expired[lot.vintage, "grams"] += lot.grams_co2e


def _class_of(entry: Entry, party: str) -> str:
    if party == entry.account_id and party != SYS_EXPIRED:
        return "residents"
    return "residents/held" if party == held_account(entry.account_id) else party


@dataclass(slots=True)
class _Fold:
    """Balances as the journal says, lot by lot, and grants by day."""

    lots: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    grants: Counter[tuple[str, str]] = field(default_factory=Counter)
    digests: dict[str, str] = field(default_factory=dict)
    redeemed: Counter[str] = field(default_factory=Counter)
    bearing: BorneFold = field(default_factory=BorneFold)
    head_hash: str = GENESIS_HASH
    seq: int = 0
    carry: int = 0


def audit_account(
    account: Account, sheets: Iterable[Sheet], journal: Iterable[tuple[str, str]], totals: Totals
) -> Iterator[Finding]:
    """Yield every difference between the stored account and sheets and the fold of its journal.

    `journal` holds (body, hash), oldest first; each entry is counted in `totals`.
    """
    fold = _Fold()
    for body, digest in journal:
        yield from _follow(account.account_id, fold, body, digest, totals)
    yield from _compare_account(account, fold)
    seen = set()
    for sheet in sheets:
        seen.add(sheet.on.isoformat())
        yield from _compare_sheet(account, sheet, fold)
    for day in {day for day, _ in fold.grants} - seen:
        yield Finding(2, account.account_id, f"a grant names the day {day}, of which there is no sheet")


def _follow(account_id: str, fold: _Fold, body: str, digest: str, totals: Totals) -> Iterator[Finding]:
    try:
        entry = parse_entry(body)
    except (ValueError, KeyError, TypeError) as error:
        yield Finding(1, account_id, f"the entry after seq {fold.seq} cannot be read: {error}")
        return
    if entry.account_id != account_id or entry.seq != fold.seq + 1:
        yield Finding(4, account_id, f"after seq {fold.seq} comes {entry.account_id} seq {entry.seq}")
    if chain_hash(fold.head_hash, body) != digest or entry_body(entry) != body:
        yield Finding(4, account_id, f"the hash of seq {entry.seq} does not verify")
    if not _may_move(entry):
        detail = f"seq {entry.seq}: {entry.kind} moves from {entry.debit} to {entry.credit}"
        yield Finding(1, account_id, detail)
    fold.seq, fold.head_hash = entry.seq, digest
    totals.add(entry)
    _apply(fold, entry)
    if not fold.bearing.follow(entry):
        detail = (
            f"seq {entry.seq} is not the repayment of a loss that has to stand there, or one that is not due"
        )
        yield Finding(7, account_id, detail)
    yield from _check_bounds(account_id, fold, entry)


def _may_move(entry: Entry) -> bool:
    """Say whether an entry of this kind moves between these two accounts."""
    own, held = entry.account_id, held_account(entry.account_id)
    outside = entry.counterparty or ""
    is_merchant = bool(outside) and not outside.startswith("sys_")
    return {
        "grant": (entry.debit, entry.credit) == (SYS_ISSUANCE, own),
        "hold": (entry.debit, entry.credit) == (own, held),
        "void": (entry.debit, entry.credit) == (held, own),
        "post": entry.debit == held and is_merchant,
        "charge": entry.debit == own and is_merchant,
        "refund": entry.credit == own and is_merchant,
        "expire": (entry.debit, entry.credit) == (own, SYS_EXPIRED),
        "adjust": (entry.debit, entry.credit)
        in {(SYS_ISSUANCE, own), (own, SYS_ISSUANCE), (SYS_LOSS, SYS_ISSUANCE)},
        "repay": (entry.debit, entry.credit) == (own, SYS_LOSS),
        "bonus": (entry.debit, entry.credit) in {(SYS_BONUS, own), (own, SYS_BONUS)} and not entry.grams_co2e,
    }.get(entry.kind, False)


def _apply(fold: _Fold, entry: Entry) -> None:
    own, held = entry.account_id, held_account(entry.account_id)
    for party, sign in ((entry.debit, -1), (entry.credit, 1)):
        for lot in entry.lots:
            if party == own:
                key = (lot.expires_on.isoformat(), lot.vintage)
                fold.lots[(*key, "points")] += sign * lot.points
                fold.lots[(*key, "grams")] += sign * lot.grams_co2e
            elif party == held:
                fold.held["points"] += sign * lot.points
                fold.held["grams"] += sign * lot.grams_co2e
    if entry.kind in ("post", "charge", "refund"):
        sign = -1 if entry.kind == "refund" else 1
        fold.redeemed[entry.facts["redemption_id"]] += sign * entry.points
    if entry.kind in ("grant", "adjust"):
        day = entry.facts["day"]
        fold.grants[(day, "grams")] += entry.grams_co2e if entry.credit == own else -entry.grams_co2e
        fold.digests[day] = entry.facts["sheet"]
        fold.grants[(day, "millipoints")] += entry.facts["millipoints"]
        fold.carry = (fold.carry + entry.facts["millipoints"]) % 1000


def _check_bounds(account_id: str, fold: _Fold, entry: Entry) -> Iterator[Finding]:
    if any(value < 0 for value in fold.lots.values()) or any(value < 0 for value in fold.held.values()):
        yield Finding(3, account_id, f"a balance is below zero after seq {entry.seq}")
    if entry.kind == "refund" and fold.redeemed[entry.facts["redemption_id"]] < 0:
        yield Finding(7, account_id, f"seq {entry.seq} gives back more than was redeemed")
    for (expires_on, vintage, asset), grams in fold.lots.items():
        spent = asset == "grams" and grams > 0 and fold.lots[expires_on, vintage, "points"] == 0
        if (
            spent
            and entry.kind not in ("adjust", "repay", "bonus")
            and entry.debit == account_id
            and _touches(entry, expires_on, vintage)
        ):
            yield Finding(
                5, account_id, f"seq {entry.seq} took the last point of a lot and left {grams} grams"
            )


def _touches(entry: Entry, expires_on: str, vintage: int) -> bool:
    return any((lot.expires_on.isoformat(), lot.vintage) == (expires_on, vintage) for lot in entry.lots)


def _compare_account(account: Account, fold: _Fold) -> Iterator[Finding]:
    stored: Counter[tuple[str, int, str]] = Counter()
    for lot in account.lots:
        stored[lot.expires_on.isoformat(), lot.vintage, "points"] += lot.points
        stored[lot.expires_on.isoformat(), lot.vintage, "grams"] += lot.grams_co2e
    yield from _differences(2, account.account_id, "lots", _nonzero(stored), _nonzero(fold.lots))
    held = {"points": account.held_points, "grams": account.held_grams_co2e}
    yield from _differences(2, account.account_id, "held", _nonzero(held), _nonzero(fold.held))
    borne = [{str(loss.seq): astuple(loss) for loss in of} for of in (account.borne, fold.bearing.borne)]
    yield from _differences(2, account.account_id, "borne by the programme", *borne)
    if fold.bearing.due:
        yield Finding(7, account.account_id, f"seq {fold.seq} gave back what the programme had borne")
    if account.millipoints_carry != fold.carry:
        detail = f"carry is {account.millipoints_carry}, the grants leave {fold.carry}"
        yield Finding(2, account.account_id, detail)
    if (account.seq, account.head_hash) != (fold.seq, fold.head_hash):
        yield Finding(
            4, account.account_id, f"the account stands at seq {account.seq}, the journal at {fold.seq}"
        )


def _compare_sheet(account: Account, sheet: Sheet, fold: _Fold) -> Iterator[Finding]:
    day = sheet.on.isoformat()
    settled = account.settled.get(day, (sheet.settled_grams_co2e, sheet.settled_millipoints))
    granted = (fold.grants[day, "grams"], fold.grants[day, "millipoints"])
    if settled != granted:
        yield Finding(2, account.account_id, f"{day}: settled {settled}, granted {granted}")
    if sheet.grams_co2e < granted[0] or sheet.millipoints < granted[1]:
        yield Finding(2, account.account_id, f"{day}: the sheet holds less than was settled of it")
    worths = [worth_of(sheet, key) for key in sheet.activities]
    if (sum(w.grams_co2e for w in worths), sum(w.millipoints for w in worths)) != sheet.totals:
        yield Finding(
            2, account.account_id, f"{day}: the totals of the sheet are not those of its activities"
        )
    if _paid_by_code(sheet) != {code: count for code, count in sheet.paid_by_code.items() if count}:
        yield Finding(2, account.account_id, f"{day}: the caps' counters are not those of the activities")
    if not sheet.is_open and any(granted) and not _stood_there(sheet, fold.digests[day], granted[1]):
        yield Finding(2, account.account_id, f"{day}: the sheet is not the one that was settled")
    if not sheet.is_open and (sheet.grams_co2e, sheet.millipoints) != granted:
        yield Finding(2, account.account_id, f"{day}: the sheet is closed but not fully settled")


def _stood_there(sheet: Sheet, digest: str, millipoints: int) -> bool:
    """Say whether the sheet holds what the last entry of its day was booked of.

    What is worth nothing needs no entry, so it may have come later; when there is too much of it to try, that is not
    held against the sheet.
    """
    found, tried = as_it_was(sheet, digest, millipoints, _CANDIDATES_MAX)
    return found is not None or tried == _CANDIDATES_MAX


def _paid_by_code(sheet: Sheet) -> dict[str, int]:
    return dict(Counter(a.code for key, a in sheet.activities.items() if is_counted(sheet, key)))


def _nonzero(counted: Mapping[Any, int]) -> dict[str, int]:
    return {str(key): value for key, value in counted.items() if value}


def _differences(
    invariant: int, account_id: str, what: str, stored: dict[str, Any], folded: dict[str, Any]
) -> Iterator[Finding]:
    if stored != folded:
        detail = f"{what}: stored {canonical_json(stored)}, the journal gives {canonical_json(folded)}"
        yield Finding(invariant, account_id, detail)
