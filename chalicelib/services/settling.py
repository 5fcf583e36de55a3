"""Owns nightly settling: what open sheets hold beyond what is booked becomes grants, and the sheets close.

Must not settle a day that is still running: `until` is yesterday. Safe to repeat, to kill anywhere, to run twice at once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.domain.accounts import Account, Booking, forget_settled, settle_sheets
from chalicelib.domain.days import local_day
from chalicelib.domain.profiles import Profile
from chalicelib.profiles import current_profile
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.store import sheets as store
from chalicelib.store.accounts import account_key, add_booking, parse_account
from chalicelib.store.client import batch_get
from chalicelib.store.transactions import Transaction

LOOK_BACK_DAYS = 40
SHEETS_AT_ONCE_MAX = 20


@dataclass(slots=True)
class Settled:
    """What one run did. `is_complete` is False when it stopped at its deadline with work left."""

    sheets: int = 0
    points: int = 0
    grams_co2e: int = 0
    is_complete: bool = False


def settle_open_sheets(now: datetime, should_stop: Callable[[], bool]) -> Settled:
    """Settle every sheet marked open for a day that is over, shard by shard, until done or told to stop."""
    profile = current_profile()
    result = Settled()
    for partition in _partitions(profile, now):
        for shard in range(store.SHARDS):
            for account_id, days in _by_account(store.open_sheets(partition, f"{shard:02d}")):
                if should_stop():
                    return result
                _settle_account(account_id, days, profile, now, result)
    result.is_complete = True
    return result


def _partitions(profile: Profile, now: datetime) -> list[str]:
    today = local_day(now, profile.tz)
    return [store.BACKFILL, *((today - timedelta(days=back)).isoformat() for back in range(LOOK_BACK_DAYS, 0, -1))]


def _by_account(found: Iterator[tuple[str, date]]) -> Iterator[tuple[str, list[date]]]:
    """Group neighbouring sheets of one account (the index is in account order), at most twenty at once."""
    current, days = "", list[date]()
    for account_id, on in found:
        if days and (account_id != current or len(days) == SHEETS_AT_ONCE_MAX):
            yield current, days
            days = []
        current = account_id
        days.append(on)
    if days:
        yield current, days


def _settle_account(account_id: str, days: list[date], profile: Profile, now: datetime, result: Settled) -> None:
    booked = repeat_on_conflict(lambda: settle_days(account_id, days, profile, now))
    result.sheets += len(days)
    result.points += sum(entry.points for entry, _ in booked.entries)
    result.grams_co2e += sum(entry.grams_co2e for entry, _ in booked.entries)


def settle_days(account_id: str, days: list[date], profile: Profile, now: datetime) -> Booking:
    """Book the open sheets of `days` and close them, in one transaction; return what was booked."""
    keys = [account_key(account_id), *(store.sheet_key(account_id, on) for on in days)]
    account, sheets = Account(account_id), []
    for _, item in batch_get(keys):
        if item["item"]["S"] == "account":
            account = parse_account(item)
        else:
            sheets.append(store.parse_sheet(item))
    sheets = [sheet for sheet in sheets if sheet.is_open]
    booked = settle_sheets(Booking(account), sheets, profile.expires_on, now)
    closed = forget_settled(booked, sheets)
    tx = Transaction()
    if closed.account != account:
        add_booking(tx, account.seq, closed)
    for sheet in sheets:
        store.add_settled_mark(tx, sheet)
    if sheets:
        tx.commit()
    return booked
