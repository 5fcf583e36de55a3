"""Owns the account: what a resident has, and every decision that changes it, each leaving an entry.

Must not load or store. All decisions are pure: `(account, …) → account, entries`; a refusal raises and changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.domain.bearing import Borne, repayment
from chalicelib.domain.days import to_text
from chalicelib.domain.entries import (
    GENESIS_HASH,
    SYS_EXPIRED,
    SYS_ISSUANCE,
    SYS_LOSS,
    Entry,
    chain_hash,
    entry_body,
    held_account,
)
from chalicelib.domain.lots import (
    Lot,
    Lots,
    add_lots,
    drain_lots,
    remove_draws,
    returned_draws,
    spendable,
    split_expired,
    total_grams,
    total_points,
)
from chalicelib.domain.scores import NO_SCORES, Scores, Scoring, count_day
from chalicelib.domain.sheets import Sheet, sheet_digest
from chalicelib.domain.till_marks import NO_MARKS, TillMarks

MILLIPOINTS_PER_POINT = 1000


@dataclass(frozen=True, slots=True)
class Account:
    """A resident's balance. `settled` maps days (ISO) to (grams, millipoints) booked but not yet on their sheet;
    `borne` is what the programme paid for and could not take back: it is not given out again; `scores` are the boards'.
    """

    account_id: str
    seq: int = 0
    head_hash: str = GENESIS_HASH
    lots: Lots = ()
    held_points: int = 0
    held_grams_co2e: int = 0
    millipoints_carry: int = 0
    settled: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    till: TillMarks = NO_MARKS
    borne: Borne = ()
    scores: Scores = NO_SCORES

    def __post_init__(self) -> None:
        assert self.seq >= 0
        assert 0 <= self.millipoints_carry < MILLIPOINTS_PER_POINT
        assert self.held_points >= 0 and self.held_grams_co2e >= 0, "a hold is never negative"
        assert all(lot.points >= 0 and lot.grams_co2e >= 0 for lot in self.lots), "a lot is never negative"
        assert all(min(loss.points, loss.grams_co2e) >= 0 for loss in self.borne), (
            "no more is repaid than was borne"
        )


@dataclass(frozen=True, slots=True)
class Booking:
    """An account after some decisions, and the entries and hashes that lead there from the stored one."""

    account: Account
    entries: tuple[tuple[Entry, str], ...] = ()


def points_available(account: Account, today: date) -> int:
    """Return the settled points that can be spent today."""
    return total_points(spendable(account.lots, today))


def settled_of(account: Account, sheet: Sheet) -> tuple[int, int]:
    """Return the (grams, millipoints) already booked of a sheet."""
    written_back = (sheet.settled_grams_co2e, sheet.settled_millipoints)
    return account.settled.get(sheet.on.isoformat(), written_back)


def settle_sheets(
    booking: Booking,
    sheets: Iterable[Sheet],
    expires_on: Callable[[int], date],
    scoring: Scoring,
    now: datetime,
) -> Booking:
    """Book what `sheets` hold beyond what was settled of them, one grant a day. Safe to repeat."""
    for sheet in sorted(sheets, key=lambda s: s.on):
        account = booking.account
        grams_settled, millipoints_settled = settled_of(account, sheet)
        grams = sheet.grams_co2e - grams_settled
        millipoints = sheet.millipoints - millipoints_settled
        assert grams >= 0 and millipoints >= 0, "no sheet holds less than was settled of it"
        if grams == 0 and millipoints == 0:
            continue
        points, carry = divmod(account.millipoints_carry + millipoints, MILLIPOINTS_PER_POINT)
        lot = Lot(expires_on(sheet.on.year), sheet.on.year, points, grams)
        facts = {
            "carry": carry,
            "day": sheet.on.isoformat(),
            "millipoints": millipoints,
            "sheet": sheet_digest(sheet),
        }
        totals = (sheet.grams_co2e, sheet.millipoints)
        account = replace(
            account,
            lots=add_lots(account.lots, (lot,)),
            millipoints_carry=carry,
            settled={**account.settled, sheet.on.isoformat(): totals},
            scores=count_day(account.scores, sheet, grams, scoring),
        )
        entry = ("grant", SYS_ISSUANCE, account.account_id, (lot,), facts)
        booking = book(replace(booking, account=account), *entry, now=now)
    return booking


def forget_settled(booking: Booking, sheets: Iterable[Sheet]) -> Booking:
    """Drop the settled totals of `sheets` from the account; the caller writes them to the sheets in the same commit."""
    written_back = {sheet.on.isoformat() for sheet in sheets}
    settled = {day: totals for day, totals in booking.account.settled.items() if day not in written_back}
    return replace(booking, account=replace(booking.account, settled=settled))


def hold_points(
    booking: Booking, points: int, facts: Mapping[str, Any], today: date, now: datetime
) -> tuple[Booking, Lots]:
    """Set `points` aside for a voucher and return the exact draws; Refused `points-insufficient`.

    A voucher that costs none is booked too, with no lots: the journal knows every redemption.
    """
    account = booking.account
    draws, remaining = drain_lots(account.lots, points, today) if points else ((), account.lots)
    account = replace(
        account,
        lots=remaining,
        held_points=account.held_points + points,
        held_grams_co2e=account.held_grams_co2e + total_grams(draws),
    )
    held = held_account(account.account_id)
    booking = book(replace(booking, account=account), "hold", account.account_id, held, draws, facts, now=now)
    return booking, draws


def charge_points(
    booking: Booking, points: int, merchant_id: str, facts: Mapping[str, Any], today: date, now: datetime
) -> tuple[Booking, Lots]:
    """Spend `points` at once: burnt, their grams pass to the merchant; Refused `points-insufficient`."""
    account = booking.account
    draws, remaining = drain_lots(account.lots, points, today)
    account = replace(account, lots=remaining)
    entry = ("charge", account.account_id, merchant_id, draws, facts)
    return book(replace(booking, account=account), *entry, now=now), draws


def post_hold(
    booking: Booking, draws: Lots, merchant_id: str, facts: Mapping[str, Any], now: datetime
) -> Booking:
    """Spend held points: they are burnt and their grams pass to the merchant."""
    account = _released(booking.account, draws)
    held = held_account(account.account_id)
    return book(replace(booking, account=account), "post", held, merchant_id, draws, facts, now=now)


def void_hold(
    booking: Booking,
    draws: Lots,
    facts: Mapping[str, Any],
    today: date,
    grace_days: int,
    now: datetime,
    *,
    left_at: int,
) -> Booking:
    """Give held points back to the lots they came from; a lot expired meanwhile gets the grace days.

    What the programme has borne of their vintage since they left, at seq `left_at`, is repaid first.
    """
    account = _released(booking.account, draws)
    returned = returned_draws(draws, today, today + timedelta(days=grace_days))
    account = replace(account, lots=add_lots(account.lots, returned))
    held = held_account(account.account_id)
    entry = ("void", held, account.account_id, returned, facts)
    return repay_losses(book(replace(booking, account=account), *entry, now=now), returned, left_at, now)


def refund_post(
    booking: Booking,
    draws: Lots,
    merchant_id: str,
    facts: Mapping[str, Any],
    today: date,
    grace_days: int,
    now: datetime,
    *,
    left_at: int,
) -> Booking:
    """Take a redemption, or a part of it, back: `draws` return from the merchant to the lots they came from.

    What the programme has borne of their vintage since they left, at seq `left_at`, is repaid first.
    """
    returned = returned_draws(draws, today, today + timedelta(days=grace_days))
    account = replace(booking.account, lots=add_lots(booking.account.lots, returned))
    entry = ("refund", merchant_id, account.account_id, returned, facts)
    return repay_losses(book(replace(booking, account=account), *entry, now=now), returned, left_at, now)


def repay_losses(booking: Booking, returned: Lots, left_at: int, now: datetime) -> Booking:
    """Repay what the programme has borne since `left_at`, from what the entry before has just given back.

    Nothing due, no entry.
    """
    account = booking.account
    draws, borne = repayment(account.borne, returned, left_at)
    if not draws:
        return booking
    lots = remove_draws(account.lots, draws)
    booking = replace(booking, account=replace(account, lots=lots, borne=borne))
    facts = {"returned_by": account.seq}
    return book(booking, "repay", account.account_id, SYS_LOSS, draws, facts, now=now)


def expire_lots(booking: Booking, today: date, now: datetime) -> Booking:
    """Book every lot whose last day has passed, in one entry; nothing due, nothing booked."""
    expired, remaining = split_expired(booking.account.lots, today)
    if not expired:
        return booking
    account = replace(booking.account, lots=remaining)
    return book(
        replace(booking, account=account), "expire", account.account_id, SYS_EXPIRED, expired, {}, now=now
    )


def earliest_expiry(account: Account) -> date | None:
    """Return the first last day among the account's lots; None without lots."""
    return min((lot.expires_on for lot in account.lots), default=None)


def _released(account: Account, draws: Sequence[Lot]) -> Account:
    points, grams = total_points(draws), total_grams(draws)
    assert account.held_points >= points and account.held_grams_co2e >= grams, (
        "only what is held can be released"
    )
    return replace(
        account, held_points=account.held_points - points, held_grams_co2e=account.held_grams_co2e - grams
    )


def book(
    booking: Booking,
    kind: str,
    debit: str,
    credit: str,
    lots: Lots,
    facts: Mapping[str, Any],
    *,
    now: datetime,
) -> Booking:
    """Append one entry to the journal of the account, chained to the one before."""
    account = booking.account
    entry = Entry(account.account_id, account.seq + 1, to_text(now), kind, debit, credit, tuple(lots), facts)
    digest = chain_hash(account.head_hash, entry_body(entry))
    account = replace(account, seq=entry.seq, head_hash=digest)
    return Booking(account, (*booking.entries, (entry, digest)))
