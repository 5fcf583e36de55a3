"""Owns the shape of every change to an account: one batched read, a pure decision, one transaction, again on conflict.

Must not know what is decided; vouchers, settling and expiry bring their decisions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from chalicelib.domain.accounts import Account, Booking, settle_sheets, settled_of
from chalicelib.domain.days import local_day
from chalicelib.domain.profiles import Profile
from chalicelib.domain.sheets import Sheet
from chalicelib.errors import Unavailable
from chalicelib.store.accounts import account_key, parse_account
from chalicelib.store.client import Item, batch_get, find_item, pause
from chalicelib.store.sheets import Key, parse_sheet, sheet_key
from chalicelib.store.transactions import TransactionLost

ATTEMPTS_MAX = 5
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one batched read found: the account, its sheets of the window, and the other items, also by their table."""

    account: Account
    sheets: tuple[Sheet, ...]
    others: dict[str, Item]
    items: tuple[tuple[str, Item], ...] = ()

    def find(self, key: Key) -> Item | None:
        """Return the item read at `key`; None when there was none."""
        return find_item(self.items, key)

    def booking(self) -> Booking:
        """Return the account as stored, nothing booked yet."""
        return Booking(self.account)

    def settled(self, profile: Profile, now: datetime) -> Booking:
        """Return the account with everything recorded so far booked: a balance is settled + open sheets."""
        scoring = profile.scoring(now)
        return settle_sheets(Booking(self.account), self.sheets, profile.expires_on, scoring, now)

    def unsettled_sheets(self) -> list[Sheet]:
        """Return the sheets of which `settled` books something; a commit demands them to be as they were read."""
        return [
            sheet
            for sheet in self.sheets
            if settled_of(self.account, sheet) != (sheet.grams_co2e, sheet.millipoints)
        ]


def window_days(profile: Profile, now: datetime) -> list[date]:
    """Return the local days that can still be recorded on, oldest first, today included."""
    today = local_day(now, profile.tz)
    return [today - timedelta(days=back) for back in range(profile.window_days, -1, -1)]


def load(account_id: str, profile: Profile, now: datetime, others: Sequence[Key] = ()) -> Loaded:
    """Read the account, its sheets of the window and `others` in one round trip.

    A batched read gives no isolation: when it shows a sheet from before what the account has settled of it, all is
    read again; Unavailable `too-busy` when that does not help.
    """
    for number in range(1, ATTEMPTS_MAX + 1):
        loaded = _load_once(account_id, profile, now, others)
        if not any(is_behind(loaded.account, sheet) for sheet in loaded.sheets):
            return loaded
        pause(number)
    raise Unavailable("too-busy", "too many changes at once; the same request may be sent again")


def load_day(account_id: str, on: date) -> tuple[Account, Sheet | None]:
    """Read the account and one of its sheets, however old, in one round trip."""
    account, sheet = Account(account_id), None
    for _, item in batch_get([account_key(account_id), sheet_key(account_id, on)]):
        if item["item"]["S"] == "account":
            account = parse_account(item)
        else:
            sheet = parse_sheet(item)
    return account, sheet


def is_behind(account: Account, sheet: Sheet) -> bool:
    """Say whether `sheet` was read before what `account` has settled of it."""
    grams, millipoints = settled_of(account, sheet)
    return sheet.grams_co2e < grams or sheet.millipoints < millipoints


def _load_once(account_id: str, profile: Profile, now: datetime, others: Sequence[Key]) -> Loaded:
    accounts_table, own_key = account_key(account_id)
    sheet_keys = (sheet_key(account_id, on) for on in window_days(profile, now))
    account, sheets, found = Account(account_id), [], []
    for table, item in batch_get([(accounts_table, own_key), *sheet_keys, *others]):
        if table != accounts_table:
            found.append((table, item))
        elif item["item"]["S"] == "account":
            account = parse_account(item)
        else:
            sheets.append(parse_sheet(item))
    return Loaded(account, tuple(sheets), dict(found), tuple(found))


def repeat_on_conflict(attempt: Callable[[], T]) -> T:
    """Return what `attempt` returns, repeating it when its transaction lost; Unavailable `too-busy` after five."""
    for number in range(1, ATTEMPTS_MAX + 1):
        try:
            return attempt()
        except TransactionLost:
            if number < ATTEMPTS_MAX:
                pause(number)
    raise Unavailable("too-busy", "too many changes at once; the same request may be sent again")
