"""Expiry of many due accounts: time against the bare transactions, write units an account, cost by what is due.

Ours and the bare side take turns, shard by shard. The bare side sends transactions of the same two items under the
same conditions, made beforehand. Units are counted apart for tables and indexes: two items in a transaction cost four.
"""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

from tests.bench.harness import Meter, Table, silenced
from tests.bench.shop import bare_client

DUE_MAX = 100_000
NEW_YEAR = datetime(2027, 12, 31, 18, 40, tzinfo=UTC)
ON = date(2028, 1, 1)
LAST_ON = date(2027, 12, 31)
SAMPLE = 200
LOTS = (1, 8)
LATER = 500


def run(table: Table, items: int) -> None:
    """Measure on at most 100 000 due accounts."""
    from chalicelib.services.expiring import EXPIRE, params_of

    count = min(items, DUE_MAX)
    _units(table)
    _growth(table)
    _store(_account(f"due{number:017d}", 2) for number in range(count))
    bare = _bare_transactions(count)
    ours_s, bare_s, booked = 0.0, 0.0, 0
    with silenced():
        for part in range(EXPIRE.segments):
            started = time.perf_counter()
            booked += _work_on("expire-bench", part, params_of(ON, None))
            ours_s += time.perf_counter() - started
            started = time.perf_counter()
            _send(bare, count // EXPIRE.segments)
            bare_s += time.perf_counter() - started
    assert booked == count, f"{booked} of {count} accounts were booked"
    bare_s *= count / (count // EXPIRE.segments * EXPIRE.segments)
    note = f"{count:,} accounts: {ours_s:.1f} s and {bare_s:.1f} s, {count / ours_s:,.0f} accounts/s"
    table.at_most("expiry: time ÷ the bare transactions", ours_s / bare_s, 1.3, note)


def _work_on(sweep_id: str, part: int, params: dict[str, Any]) -> int:
    """Work through one shard, and return how many accounts it booked."""
    from chalicelib.services.expiring import EXPIRE
    from chalicelib.services.sweeps import _begun, work_on
    from chalicelib.store.runs import get_run

    _begun(EXPIRE, sweep_id, params, NEW_YEAR)
    work_on(EXPIRE, sweep_id, part, NEW_YEAR, lambda: False)
    return int(get_run(f"{sweep_id}.{part:03d}").body["result"]["accounts"])


def _units(table: Table) -> None:
    """Count the write units of accounts with one lot that is due, and with eight; each keeps one that is not."""
    units = []
    for lots in LOTS:
        _store(_account(f"unit{lots}{number:015d}", lots + 1) for number in range(SAMPLE))
        meter = Meter()
        with meter.on(), silenced():
            booked = _whole(f"expire-units-{lots}")
        assert booked == SAMPLE
        units.append(meter.write_units / booked)
    note = "4 for the two items, 1 and 2 for their index entries"
    table.at_most("expiry: write units an account", units[0], 7, note)
    table.at_most("expiry: write units with 8 due lots ÷ with one", units[1] / units[0], 1.0)


def _whole(sweep_id: str) -> int:
    from chalicelib.services.expiring import EXPIRE, params_of
    from chalicelib.services.sweeps import run_sweep_now

    return int(run_sweep_now(EXPIRE, sweep_id, params_of(ON, None), NEW_YEAR)["accounts"])


def _growth(table: Table) -> None:
    """Count the calls for the same due accounts, among few others with nothing due and among ten times as many."""
    calls, seconds = [], []
    stored = 0
    for others in (LATER, 10 * LATER):
        _store(_account(f"later{number:015d}", 1, is_due=False) for number in range(stored, others))
        _store(_account(f"grow{others:06d}{number:010d}", 2) for number in range(SAMPLE))
        stored, meter = others, Meter()
        started = time.process_time()
        with meter.on(), silenced():
            assert _whole(f"expire-growth-{others}") == SAMPLE
        seconds.append(time.process_time() - started)
        calls.append(len(meter.calls))
    note = f"{calls[1]} and {calls[0]} calls; CPU {seconds[1] / seconds[0]:.2f} ×"
    table.at_most("expiry: calls among 10 × accounts with nothing due", calls[1] / calls[0], 1.05, note)


def _account(account_id: str, lots: int, is_due: bool = True) -> dict[str, Any]:
    """Return a stored account: all its lots but the last are due on the day of the benchmark."""
    from chalicelib.domain.accounts import Account
    from chalicelib.domain.lots import Lot
    from chalicelib.store.accounts import account_item

    due = [Lot(LAST_ON, 2026 - number, 100 + number, 2000) for number in range(lots - 1)]
    later = Lot(date(2028, 12, 31), 2027, 100, 2000)
    assert is_due or lots == 1, "an account with one lot has nothing due"
    return account_item(Account(f"res_{account_id}", 1, "0" * 64, tuple(sorted((*due, later)))))


def _bare_transactions(count: int) -> Iterator[list[dict[str, Any]]]:
    """Store as many accounts for the bare side, and return its transactions, each the two puts of an expiry."""
    from chalicelib.config import config
    from chalicelib.domain.accounts import Account, Booking, expire_lots
    from chalicelib.store.accounts import account_item, parse_account
    from chalicelib.store.entries import entry_item

    accounts, entries = config().table("accounts"), config().table("entries")
    # A shard of its own keeps the bare side out of ours.
    _store({**_account(f"bare{number:016d}", 2), "expiry_shard": {"S": "xx"}} for number in range(count))
    transactions = []
    for number in range(count):
        stored: Account = parse_account(_account(f"bare{number:016d}", 2))
        booking = expire_lots(Booking(stored), ON, NEW_YEAR)
        ((entry, digest),) = booking.entries
        values = {":seq": {"N": "1"}, ":state": account_item(stored)["state"]}
        put = {
            "TableName": accounts,
            "Item": {**account_item(booking.account), "expiry_shard": {"S": "xx"}},
            "ConditionExpression": "seq = :seq AND #state = :state",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": values,
        }
        absent = "attribute_not_exists(account_id)"
        add = {"TableName": entries, "Item": entry_item(entry, digest), "ConditionExpression": absent}
        transactions.append([{"Put": put}, {"Put": add}])
    return iter(transactions)


def _send(transactions: Iterator[list[dict[str, Any]]], count: int) -> None:
    client = bare_client()
    for _ in range(count):
        client.transact_write_items(TransactItems=next(transactions))


def _store(items: Iterable[dict[str, Any]]) -> None:
    """Put account items, 25 a call from four workers."""
    from chalicelib.config import config

    client, name = bare_client(), config().table("accounts")

    def put(batch: list[dict[str, Any]]) -> None:
        client.batch_write_item(RequestItems={name: [{"PutRequest": {"Item": item}} for item in batch]})

    with ThreadPoolExecutor(4) as pool:
        batch: list[dict[str, Any]] = []
        batches = []
        for item in items:
            batch.append(item)
            if len(batch) == 25:
                batches.append(batch)
                batch = []
        for _ in pool.map(put, [*batches, batch] if batch else batches):
            pass
