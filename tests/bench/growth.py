"""Growth: what recording, spending, reading a balance and the last 20 entries cost once very much is stored.

Each is divided by a bare call of the same shape on the same tables, so the emulator's own growth does not count.
"""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from tests.bench.harness import Table, paired_wall
from tests.bench.shop import NOW, YESTERDAY, bare_client, bare_update

SMALL_ITEMS = 10_000
RUNS = 150
RESIDENTS = 60


def run(table: Table, items: int) -> None:
    """Measure at ten thousand stored sheets and entries and again at `items`."""
    from tests.services.ledger import add_shop

    add_shop(points=1, stock=1_000_000)
    _load(0, SMALL_ITEMS)
    _make_residents("small")
    before = _ratios("small")
    _load(SMALL_ITEMS, items)
    _make_residents("large")
    after = _ratios("large")
    for name, ratio in after.items():
        note = f"at {items:,} over {SMALL_ITEMS:,} stored; {ratio:.2f} and {before[name]:.2f} × bare"
        table.at_most(f"growth: {name}", ratio / before[name], 1.1, note)


def _ratios(size: str) -> dict[str, float]:
    pairs: dict[str, tuple[Callable[[int], Any], Callable[[int], Any]]] = {
        "record": (lambda n: _record(size, n), lambda n: _bare_record(size, n)),
        "spend": (lambda n: _spend(size, n), lambda n: _bare_spend(size, n)),
        "balance": (lambda n: _balance(size, n), lambda n: _bare_balance(size, n)),
        "last 20 entries": (lambda n: _last_20(size, n), lambda n: _bare_last_20(size, n)),
    }
    ratios = {}
    for name, (ours, bare) in pairs.items():
        ours_us, bare_us = paired_wall(ours, bare, RUNS)
        ratios[name] = ours_us / bare_us
    return ratios


def _resident(size: str, number: int) -> str:
    return f"res_{size}{number % RESIDENTS:015d}"


def _make_residents(size: str) -> None:
    """Give the residents that are measured points, and more entries each than the last twenty."""
    from chalicelib.services.settling import settle_sheet
    from chalicelib.services.vouchers import take_voucher
    from tests.services.ledger import record

    for number in range(RESIDENTS):
        record(_resident(size, number), "e1", "e2", at=YESTERDAY, now=NOW)
        settle_sheet(_resident(size, number), YESTERDAY.date(), NOW)
        for _ in range(24):
            take_voucher(_resident(size, number), f"red_{uuid.uuid4().hex}", "off_coat", NOW)


def _record(size: str, number: int) -> None:
    from tests.services.ledger import record

    record(f"res_{size}{uuid.uuid4().hex[:15]}", "e1", at=YESTERDAY, now=NOW)


def _bare_record(size: str, number: int) -> None:
    bare_client().update_item(**bare_update(f"bare-{size}-{uuid.uuid4().hex}"))


def _spend(size: str, number: int) -> None:
    from chalicelib.services.vouchers import take_voucher

    take_voucher(_resident(size, number), f"red_{uuid.uuid4().hex}", "off_coat", NOW)


def _bare_spend(size: str, number: int) -> None:
    """One batched read of eleven keys and one transaction of four writes."""
    client, account_id = bare_client(), f"bare-{size}-{number}"
    client.batch_get_item(RequestItems=_keys(account_id) | _other_keys(number))
    text = {"S": "x" * 300}
    puts = [
        ("accounts", {"account_id": {"S": account_id}, "item": {"S": "account"}, "state": text}),
        ("entries", {"account_id": {"S": account_id}, "seq": {"N": str(number + 1)}, "body": text}),
        ("redemptions", {"redemption_id": {"S": uuid.uuid4().hex}, "body": text, "state": {"S": "open"}}),
    ]
    writes: list[dict[str, Any]] = [{"Put": {"TableName": _table(name), "Item": item}} for name, item in puts]
    update = {
        "TableName": _table("catalogue"),
        "Key": {"kind": {"S": "bare"}, "id": {"S": "offer"}},
        "UpdateExpression": "ADD taken :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    client.transact_write_items(TransactItems=[*writes, {"Update": update}])


def _balance(size: str, number: int) -> None:
    from chalicelib.services.balances import read_balance

    read_balance(_resident(size, number), NOW)


def _bare_balance(size: str, number: int) -> None:
    bare_client().batch_get_item(RequestItems=_keys(_resident(size, number)))


def _last_20(size: str, number: int) -> None:
    from chalicelib.services.entries import list_entries

    list_entries(_resident(size, number), 20, None)


def _bare_last_20(size: str, number: int) -> None:
    bare_client().query(
        TableName=_table("entries"),
        KeyConditionExpression="account_id = :a",
        ExpressionAttributeValues={":a": {"S": _resident(size, number)}},
        ScanIndexForward=False,
        Limit=20,
    )


def _keys(account_id: str) -> dict[str, Any]:
    days = [f"sheet#{(NOW - timedelta(days=back)).date()}" for back in range(8)]
    keys = [{"account_id": {"S": account_id}, "item": {"S": item}} for item in ("account", *days)]
    return {_table("accounts"): {"Keys": keys, "ConsistentRead": True}}


def _other_keys(number: int) -> dict[str, Any]:
    return {
        _table("redemptions"): {"Keys": [{"redemption_id": {"S": f"none-{number}"}}], "ConsistentRead": True},
        _table("catalogue"): {
            "Keys": [{"kind": {"S": "bare"}, "id": {"S": "offer"}}],
            "ConsistentRead": True,
        },
    }


def _table(name: str) -> str:
    from chalicelib.config import config

    return config().table(name)


def _load(start: int, stop: int) -> None:
    """Store sheets and entries numbered from `start` to `stop`, half of each, 25 a call from four workers."""
    client = bare_client()
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(lambda batch: client.batch_write_item(RequestItems=batch), _batches(start, stop)):
            pass


def _batches(start: int, stop: int) -> Iterator[dict[str, Any]]:
    for first in range(start, stop, 25):
        numbers = range(first, min(first + 25, stop))
        batch: dict[str, list[Any]] = {}
        for number in numbers:
            name, item = (_stored_sheet if number % 2 else _stored_entry)(number // 2)
            batch.setdefault(_table(name), []).append({"PutRequest": {"Item": item}})
        yield batch


def _stored_sheet(number: int) -> tuple[str, dict[str, Any]]:
    item: dict[str, Any] = {
        "account_id": {"S": f"stored{number // 20:012d}"},
        "item": {"S": f"sheet#2026-10-{number % 20 + 1:02d}"},
        "n": {"N": "1"},
        "g": {"N": "80"},
        "mp": {"N": "8000"},
        "sg": {"N": "80"},
        "sm": {"N": "8000"},
        "eAbCdEfGhIjKlMnOp": {"S": "sb1-yPiU_SlyFM0J|45454||80|8000|szt|o|k3j9x0a2bd|"},
    }
    return "accounts", item


def _stored_entry(number: int) -> tuple[str, dict[str, Any]]:
    item: dict[str, Any] = {
        "account_id": {"S": f"stored{number // 20:012d}"},
        "seq": {"N": str(number % 20 + 1)},
        "at": {"S": "2026-10-21T18:10:00.000Z"},
        "counterparty": {"S": f"sys_issuance#2026-10-{number % 28 + 1:02d}#{number % 16:02d}"},
        "body": {"S": "x" * 300},
        "hash": {"S": "0" * 64},
    }
    return "entries", item
