"""The audit of a million entries: its memory must not grow with them.

No emulator holds a million entries and answers within minutes, so the store is played: `PlayedStore` stands in for the
low-level client and makes each account, its sheets, journal and vouchers when they are asked for, page by page. All of
the audit's own code runs: scanning, parsing, hashing, folding, comparing, merging. A finding would fail the run.
"""

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.bench.harness import Table

ENTRIES = 1_000_000
DAYS, VOUCHERS = 4, 8
ENTRIES_PER_ACCOUNT = DAYS + 2 * VOUCHERS
PAGE_ACCOUNTS = 50
MODEL = "res_modelmodelmodelmodel"
Item = dict[str, dict[str, Any]]


def run(table: Table) -> None:
    """Measure memory and rate, each run in a process of its own."""
    small, _ = _measured(ENTRIES // 10)
    large, seconds = _measured(ENTRIES)
    made_s = _making_s(ENTRIES // 100) * 100
    note = f"{large / 1024:.1f} MiB over {small / 1024:.1f} MiB"
    table.at_most("audit: memory of ten times as many entries", large / small, 1.1, note)
    table.shown(
        "audit: entries a CPU second",
        ENTRIES / seconds,
        f"{seconds:.0f} s, about {made_s:.0f} s of them the played store",
    )


def _measured(entries: int) -> tuple[int, float]:
    command = [sys.executable, "-m", "tests.bench.audit", str(entries)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr[-2000:]
    peak_kib, seconds = done.stdout.split()[-2:]
    return int(peak_kib), float(seconds)


def _making_s(entries: int) -> float:
    """Return the CPU seconds it takes only to make what the passes over so many entries ask for."""
    model, started = Model(), time.process_time()
    for _ in range(3):
        for number in range(entries // ENTRIES_PER_ACCOUNT):
            model.account(number)
    return time.process_time() - started


class Model:
    """One honest account, lived through with the product's own rules, and copies of it under other ids."""

    def __init__(self) -> None:
        from chalicelib.store.accounts import account_item
        from chalicelib.store.entries import entry_item
        from chalicelib.store.vouchers import voucher_item

        booking, self._sheets, vouchers = _lived()
        self._account = account_item(booking.account)
        self._entries = [entry_item(entry, digest) for entry, digest in booking.entries]
        self._vouchers = [voucher_item(voucher) for voucher in vouchers]

    def account(self, number: int) -> tuple[list[Item], list[Item], list[Item]]:
        """Return the account items, entries and vouchers of account `number`, as they would be stored."""
        from chalicelib.domain.entries import GENESIS_HASH, chain_hash
        from chalicelib.domain.sheets import sheet_digest

        own = f"res_{number:020d}"
        digests = [
            (sheet_digest(sheet), sheet_digest(replace(sheet, account_id=own))) for sheet in self._sheets
        ]
        entries, head = [], GENESIS_HASH
        for item in self._entries:
            body = item["body"]["S"].replace(MODEL, own)
            for of_model, of_copy in digests:
                body = body.replace(of_model, of_copy)
            head = chain_hash(head, body)
            copy = {**item, "account_id": {"S": own}, "body": {"S": body}, "hash": {"S": head}}
            if "counterparty" in item:
                party = item["counterparty"]["S"].rpartition("#")[0]
                copy["counterparty"] = {"S": f"{party}#{int(head[:2], 16) % 16:02d}"}
            entries.append(copy)
        stored = [{**self._account, "account_id": {"S": own}, "head_hash": {"S": head}}]
        stored += [_sheet_item(sheet, own) for sheet in self._sheets]
        return stored, entries, [_of(item, own) for item in self._vouchers]


def _of(item: Item, own: str) -> Item:
    from chalicelib.store.sheets import shard_of

    copy = {
        name: {kind: value.replace(MODEL, own)} for name, one in item.items() for kind, value in one.items()
    }
    if "due_shard" in copy:
        copy["due_shard"] = {"S": shard_of(copy["redemption_id"]["S"])}
    return copy


def _sheet_item(sheet: Any, own: str) -> Item:
    from chalicelib.domain.activities import encode_activity

    numbers = {
        "n": sheet.version,
        "g": sheet.grams_co2e,
        "mp": sheet.millipoints,
        "sg": sheet.grams_co2e,
        "sm": sheet.millipoints,
        **{f"c:{code}": count for code, count in sheet.paid_by_code.items()},
    }
    lines = {f"e{key}": {"S": encode_activity(activity)} for key, activity in sheet.activities.items()}
    keys = {"account_id": {"S": own}, "item": {"S": f"sheet#{sheet.on.isoformat()}"}}
    return {**keys, **{name: {"N": str(value)} for name, value in numbers.items()}, **lines}


def _lived() -> tuple[Any, list[Any], list[Any]]:
    """Return the booking, sheets and vouchers of an account with some days and some redemptions."""
    from chalicelib.domain.accounts import (
        Account,
        Booking,
        forget_settled,
        hold_points,
        post_hold,
        settle_sheets,
    )
    from chalicelib.domain.activities import Activity
    from chalicelib.domain.scores import Scoring
    from chalicelib.domain.sheets import Sheet
    from chalicelib.domain.vouchers import Staff, issue_voucher, redeemed

    now = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    sheets = []
    for day in range(DAYS):
        rides = {
            f"k{day}{ride:013d}": Activity(
                f"k{day}{ride:013d}", "sm1-x", 3600 * ride, (), 515, 51500, "szt", "operator-signed", "b1"
            )
            for ride in range(4)
        }
        totals = {
            "grams_co2e": 4 * 515,
            "millipoints": 4 * 51500,
            "paid_by_code": {"sm": 4},
            "is_open": False,
        }
        sheets.append(Sheet(MODEL, date(2026, 11, 10 + day), rides, **totals))
    scoring = Scoring(now.date(), 7)
    booking = settle_sheets(
        Booking(Account(MODEL)), sheets, lambda year: date(year + 2, 12, 31), scoring, now
    )
    booking = forget_settled(booking, sheets)
    offer = {
        "id": "off",
        "merchant_id": "mer_bench",
        "store_ids": ["sto"],
        "ends_at": "2027-01-01T00:00:00.000Z",
    }
    vouchers = []
    for number in range(VOUCHERS):
        facts = {"offer_id": "off", "redemption_id": f"red_{number}_{MODEL}"}
        booking, draws = hold_points(booking, 50, facts, now.date(), now)
        voucher = issue_voucher(f"red_{number}_{MODEL}", MODEL, offer, draws, 7, now)
        booking = post_hold(booking, draws, "mer_bench", {**facts, "store_id": "sto"}, now)
        staff = Staff("stf", "mer_bench", "cashier")
        vouchers.append(redeemed(voucher, staff, "sto", f"scan_{number}", now))
    return booking, sheets, vouchers


class PlayedStore:
    """Answers the audit's reads as the database would, of so many accounts that exist only while they are asked for."""

    def __init__(self, accounts: int) -> None:
        self._accounts = accounts
        self._model = Model()
        self._made = lru_cache(maxsize=2 * PAGE_ACCOUNTS)(self._model.account)

    def scan(self, TableName: str, **asked: Any) -> dict[str, Any]:
        """Return the next accounts' items of one table or index."""
        start = int(asked.get("ExclusiveStartKey", {"page": {"N": "0"}})["page"]["N"])
        end = min(start + PAGE_ACCOUNTS, self._accounts)
        place = ("accounts", "entries", "redemptions").index(TableName.rpartition("-")[2])
        items = [item for number in range(start, end) for item in self._made(number)[place]]
        if "IndexName" in asked:
            items = [item for item in items if "counterparty" in item]
        more = {"LastEvaluatedKey": {"page": {"N": str(end)}}} if end < self._accounts else {}
        return {"Items": items, **more}

    def query(self, TableName: str, ExpressionAttributeValues: Item, **_: Any) -> dict[str, Any]:
        """Return one account's journal, or its redemptions by their index."""
        place = ("accounts", "entries", "redemptions").index(TableName.rpartition("-")[2])
        return {"Items": self._made(_number(ExpressionAttributeValues[":a"]["S"]))[place]}

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        """Return account items or vouchers by their keys."""
        responses = {}
        for table, asked in RequestItems.items():
            name = "account_id" if table.endswith("accounts") else "redemption_id"
            keys = [key[name]["S"] for key in asked["Keys"]]
            if name == "account_id":
                responses[table] = [self._made(_number(key))[0][0] for key in keys]
            else:
                found = (self._made(_number(key.partition("_res_")[2]))[2] for key in keys)
                responses[table] = [vouchers[int(key[4])] for vouchers, key in zip(found, keys, strict=True)]
        return {"Responses": responses}


def _number(account_id: str) -> int:
    return int(account_id.removeprefix("res_"))


def _main(entries: int) -> None:
    """Audit so many played entries and print the peak memory of this process in KiB and its CPU seconds."""
    from chalicelib.services.auditing import run_audit
    from chalicelib.store import client, scanning

    accounts = entries // ENTRIES_PER_ACCOUNT
    store = PlayedStore(accounts)
    client.dynamodb = scanning.dynamodb = lambda: store
    started = time.process_time()
    report = run_audit(datetime(2026, 12, 1, tzinfo=UTC))
    seconds = time.process_time() - started
    assert (report.findings, report.totals.entries) == ([], entries), report.findings[:3]
    print(_peak_memory_kib(), f"{seconds:.2f}")


def _peak_memory_kib() -> int:
    """Return the peak of this program alone; `getrusage` would count what its parent held when it began."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


if __name__ == "__main__":
    _main(int(sys.argv[1]))
