"""Owns the booking of expiry: lots whose last day has passed leave the account. Reads and spends ignore them already.

Must not decide when a lot expires; the lot carries its last day. A sweep over the index of due accounts, in its 16
shards: cost grows with what is due, never with the accounts there are. Safe to repeat, to kill anywhere, to run twice:
a booked account leaves the index, and one that somebody else books meanwhile has nothing due any more.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from itertools import islice

from chalicelib import log
from chalicelib.config import config
from chalicelib.domain.accounts import Account, Booking, expire_lots
from chalicelib.domain.days import from_text, local_day
from chalicelib.profiles import current_profile
from chalicelib.services.failures import attempted
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.services.sweep_slices import Result, Slice, Sweep
from chalicelib.store.accounts import add_booking, due_accounts, due_stretch, find_account, find_accounts
from chalicelib.store.scanning import BY_EXPIRY, Group, Stretch
from chalicelib.store.sheets import SHARDS
from chalicelib.store.transactions import Transaction, TransactionLost

# Read together, booked one by one: a round trip more for 50 accounts, and little has changed when it is their turn.
_READ_AT_ONCE = 50


@dataclass(slots=True)
class Expired:
    """What one run did. `is_complete` is False when it stopped at its deadline with work left."""

    accounts: int = 0
    points: int = 0
    grams_co2e: int = 0
    failed: int = 0
    is_complete: bool = False


def expire_due_lots(now: datetime, should_stop: Callable[[], bool]) -> Expired:
    """Book every due lot here and now, shard by shard, until done or told to stop; without a record of how far."""
    today = local_day(now, current_profile().tz)
    result = Expired()
    for shard in range(SHARDS):
        for account_ids in _batches(due_accounts(f"{shard:02d}", today)):
            if should_stop():
                return result
            _expire(account_ids, today, now, result)
    result.is_complete = True
    return result


def sweep_id_of(on: date, at: str | None) -> str:
    """Return the id of the sweep that books what is due on a day; one by hand for the instant `at` has its own."""
    return f"expire-{on.isoformat()}" + (f"-for-{at}" if at else "")


def params_of(on: date, at: str | None) -> dict[str, str | None]:
    """Return the parameters of that sweep; booked is at the instant of the work, or `at`."""
    return {"on": on.isoformat(), "at": at}


def _stretches(here: Slice) -> list[Stretch]:
    return [due_stretch(here.segment, date.fromisoformat(here.params["on"]))]


def _visit(here: Slice, groups: Iterator[Group]) -> Result:
    at, on = here.params["at"], date.fromisoformat(here.params["on"])
    found = Expired()
    for account_ids in _batches(group.id for group in groups):
        _expire(account_ids, on, from_text(at) if at else here.now, found)
    result = asdict(found)
    del result["is_complete"]
    return result


def _merge(one: Result, other: Result) -> Result:
    return {name: amount + other[name] for name, amount in one.items()}


def _finish(here: Slice, result: Result) -> Result:
    """Tell the alarm how many accounts could not be worked on; the next night finds them again."""
    log.write_metric(here.now, config().stage, "ExpiryFailures", result["failed"])
    return result


EXPIRE = Sweep("expire", _visit, _merge, _finish, (BY_EXPIRY,), SHARDS, stretches=_stretches)


def _expire(account_ids: list[str], today: date, now: datetime, result: Expired) -> None:
    accounts = find_accounts(account_ids)
    for account_id in account_ids:
        booking = attempted(partial(_expire_read, account_id, accounts, today, now))
        if booking is None:
            result.failed += 1
            continue
        result.accounts += bool(booking.entries)
        result.points += sum(entry.points for entry, _ in booking.entries)
        result.grams_co2e += sum(entry.grams_co2e for entry, _ in booking.entries)


def _expire_read(account_id: str, accounts: dict[str, Account], today: date, now: datetime) -> Booking:
    """Book one account as it was read with others; when it has changed since, as it is."""
    try:
        return _book(accounts[account_id], today, now)
    except TransactionLost:
        return repeat_on_conflict(partial(expire_account, account_id, today, now))


def expire_account(account_id: str, today: date, now: datetime) -> Booking:
    """Book the lots of one account that are due on `today`, in one transaction; nothing due, nothing written."""
    account = find_account(account_id)
    assert account is not None, "an account in the index of expiry exists"
    return _book(account, today, now)


def _book(account: Account, today: date, now: datetime) -> Booking:
    booking = expire_lots(Booking(account), today, now)
    if booking.entries:
        tx = Transaction()
        add_booking(tx, account, booking)
        tx.commit()
    return booking


def _batches(account_ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield account ids in lists, each id once in a list."""
    waiting = iter(account_ids)
    while batch := list(dict.fromkeys(islice(waiting, _READ_AT_ONCE))):
        yield batch
