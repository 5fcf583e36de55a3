"""Owns nightly settling: what open sheets hold beyond what is booked becomes grants, and the sheets close.

Must not settle a day that is still running. Safe to repeat, to kill anywhere, to run twice at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from chalicelib.domain.accounts import Booking, forget_settled, settle_sheets
from chalicelib.domain.days import local_day
from chalicelib.profiles import current_profile
from chalicelib.services.double_counting import is_unjudged
from chalicelib.services.failures import attempted
from chalicelib.services.spending import is_behind, load_day, repeat_on_conflict
from chalicelib.store import sheets as store
from chalicelib.store.accounts import add_booking
from chalicelib.store.transactions import Transaction, TransactionLost


@dataclass(slots=True)
class Settled:
    """What one run did. `is_complete` is False when it stopped at its deadline with work left."""

    sheets: int = 0
    points: int = 0
    grams_co2e: int = 0
    failed: int = 0
    is_complete: bool = False


def settle_open_sheets(now: datetime, should_stop: Callable[[], bool]) -> Settled:
    """Settle every open sheet of a day that is over, shard by shard, until done or told to stop.

    A settled sheet leaves the index of open ones, so a later run goes on where this one stopped. One that fails is
    counted, noted in the log and left for the next run; it does not hold up the others.
    """
    today = local_day(now, current_profile().tz)
    result = Settled()
    for shard in range(store.SHARDS):
        for account_id, on in store.open_sheets(f"{shard:02d}", today):
            if should_stop():
                return result
            booked = attempted(partial(repeat_on_conflict, partial(settle_sheet, account_id, on, now)))
            if booked is None:
                result.failed += 1
                continue
            result.sheets += 1
            result.points += sum(entry.points for entry, _ in booked.entries)
            result.grams_co2e += sum(entry.grams_co2e for entry, _ in booked.entries)
    result.is_complete = True
    return result


def settle_sheet(account_id: str, on: date, now: datetime) -> Booking:
    """Book one open sheet and close it, in one transaction; return what was booked."""
    account, sheet = load_day(account_id, on)
    if sheet is None or not sheet.is_open:
        return Booking(account)
    if is_unjudged(sheet):
        return Booking(
            account
        )  # delivered since the night's search for double counting, which must see it open
    if is_behind(account, sheet):
        raise TransactionLost(frozenset({"sheet"}), conflict=True)
    profile = current_profile()
    booked = settle_sheets(Booking(account), [sheet], profile.expires_on, profile.scoring(now), now)
    closed = forget_settled(booked, [sheet])
    tx = Transaction()
    if closed.account != account:
        add_booking(tx, account, closed)
    store.add_settled_mark(tx, sheet)
    tx.commit()
    return booked
