"""Owns the booking of expiry: lots whose last day has passed leave the account. Reads and spends ignore them already.

Must not decide when a lot expires; the lot carries its last day. Safe to repeat, to kill anywhere, to run twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from chalicelib.domain.accounts import Booking, expire_lots
from chalicelib.domain.days import local_day
from chalicelib.profiles import current_profile
from chalicelib.services.failures import attempted
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.store.accounts import add_booking, due_accounts, find_account
from chalicelib.store.sheets import SHARDS
from chalicelib.store.transactions import Transaction


@dataclass(slots=True)
class Expired:
    """What one run did. `is_complete` is False when it stopped at its deadline with work left."""

    accounts: int = 0
    points: int = 0
    grams_co2e: int = 0
    failed: int = 0
    is_complete: bool = False


def expire_due_lots(now: datetime, should_stop: Callable[[], bool]) -> Expired:
    """Book every due lot, shard by shard, until done or told to stop; a booked account leaves the index."""
    today = local_day(now, current_profile().tz)
    result = Expired()
    for shard in range(SHARDS):
        for account_id in due_accounts(f"{shard:02d}", today):
            if should_stop():
                return result
            booking = attempted(partial(repeat_on_conflict, partial(expire_account, account_id, now)))
            if booking is None:
                result.failed += 1
                continue
            result.accounts += bool(booking.entries)
            result.points += sum(entry.points for entry, _ in booking.entries)
            result.grams_co2e += sum(entry.grams_co2e for entry, _ in booking.entries)
    result.is_complete = True
    return result


def expire_account(account_id: str, now: datetime) -> Booking:
    """Book the due lots of one account in one transaction; nothing due, nothing written."""
    account = find_account(account_id)
    assert account is not None, "an account in the index of expiry exists"
    booking = expire_lots(Booking(account), local_day(now, current_profile().tz), now)
    if booking.entries:
        tx = Transaction()
        add_booking(tx, account, booking)
        tx.commit()
    return booking
