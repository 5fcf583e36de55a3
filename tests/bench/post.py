"""Redeeming a voucher and charging a wallet code: round trips, write units, CPU against the bare calls.

A round trip is a call to the database that waits for the one before it; the till makes none at once, so
calls are counted.
"""

import uuid
from typing import Any
from unittest.mock import patch

from tests.bench.harness import Meter, Table, paired_cpu, silenced
from tests.bench.shop import NOW, YESTERDAY, Context, bare_client, gateway_event, token_of

VOUCHERS = 40
CHARGES = 40
CPU_RUNS = 150
CPU_WARMUP = 20


def run(table: Table) -> None:
    """Measure both ways to spend at a till, each on accounts with some history."""
    from tests.services.ledger import add_shop

    add_shop(points=50, stock=10_000)
    _vouchers(table)
    _charges(table)


def _vouchers(table: Table) -> None:
    from chalicelib.services.tills import redeem_voucher
    from chalicelib.services.vouchers import take_voucher, voucher_token
    from tests.services.ledger import CASHIER, record

    tokens = []
    for number in range(VOUCHERS):
        account_id = f"res_post{number:016d}"
        record(account_id, "e1", "e2", at=YESTERDAY, now=NOW)
        take_voucher(account_id, f"red_{number:020d}", "off_coat", NOW)
        tokens.append(voucher_token(account_id, f"red_{number:020d}", NOW))
    meter = Meter()
    with meter.on():
        for number, token in enumerate(tokens):
            redeem_voucher(CASHIER, token, "sto_1", f"scan_{number}", NOW)
    table.at_most("voucher post: round trips", len(meter.calls) / VOUCHERS, 2)
    table.at_most("voucher post: write units", meter.write_units / VOUCHERS, 8)


def _charges(table: Table) -> None:
    from chalicelib.services import charges
    from tests.services.ledger import CASHIER

    requests = [previewed(number) for number in range(CHARGES)]
    meter = Meter()
    with meter.on():
        for request in requests:
            charges.charge(CASHIER, request, NOW)
    table.at_most("charge after its preview: round trips", len(meter.calls) / CHARGES, 2)
    table.at_most("charge after its preview: write units", meter.write_units / CHARGES, 8)
    _unseen(table, "charge from a QR code without a preview: round trips", 0, 2)
    _unseen(table, "charge from a barcode without a preview: round trips", CHARGES, 3)
    _charge_cpu(table)


def _unseen(table: Table, name: str, offset: int, trips_max: int) -> None:
    """Charge codes that no preview has seen; those of the first `CHARGES` as a QR code says them."""
    from chalicelib.domain.wallet_codes import CODE_DIGITS
    from chalicelib.services import charges
    from tests.services.ledger import CASHIER

    requests = [{**previewed(CHARGES + offset + number), "quote": None} for number in range(CHARGES)]
    if offset:
        requests = [{**request, "code": request["code"][:CODE_DIGITS]} for request in requests]
    meter = Meter()
    with meter.on():
        for request in requests:
            charges.charge(CASHIER, request, NOW)
    table.at_most(name, len(meter.calls) / CHARGES, trips_max)


def _charge_cpu(table: Table) -> None:
    """Compare the whole handler with its two bare calls: a batched read and a transaction of the same sizes."""
    import app
    from chalicelib.services import charges
    from tests.services.ledger import CASHIER

    token = token_of("cashier", CASHIER.staff_id, CASHIER.merchant_id, ("sto_1",))
    events = [
        gateway_event("POST", "/v1/pos/charges", token, previewed(3 * CHARGES + number))
        for number in range(CPU_RUNS + CPU_WARMUP)
    ]
    recorded: dict[str, Any] = {}
    record_calls(recorded, lambda: charges.charge(CASHIER, previewed(9_999), NOW))

    def ours(number: int) -> None:
        answer = app.app(events[number], Context())
        assert answer["statusCode"] == 201, answer["body"]

    def bare(number: int) -> None:
        client = bare_client()
        client.batch_get_item(**recorded["BatchGetItem"])
        client.transact_write_items(TransactItems=renamed(recorded["TransactWriteItems"]["TransactItems"]))

    # The codes are of the moment at which the benchmark began.
    with silenced(), patch("chalicelib.clock.utc_now", lambda: NOW):
        ours_us, bare_us = paired_cpu(ours, bare, CPU_RUNS, CPU_WARMUP)
    note = f"{ours_us:.0f} / {bare_us:.0f} µs"
    table.at_most("charge: CPU of the handler ÷ the bare calls", ours_us / bare_us, 1.5, note)


def previewed(number: int) -> dict[str, Any]:
    """Return the request of a fresh resident's phone, with the quote of its preview; everything settled."""
    from chalicelib.domain.days import local_day
    from chalicelib.domain.wallet_codes import step_at, wallet_code
    from chalicelib.profiles import current_profile
    from chalicelib.services import charges
    from chalicelib.services.settling import settle_sheet
    from chalicelib.services.wallet import register_device
    from tests.services.ledger import CASHIER, record

    account_id = f"res_chrg{number:016d}"
    record(account_id, "e1", "e2", at=YESTERDAY, now=NOW)
    settle_sheet(account_id, local_day(YESTERDAY, current_profile().tz), NOW)
    phone = register_device(account_id, f"phone-{number:08d}", "手机", (), NOW)
    asked = {
        "code": wallet_code(phone["secret"], phone["handle"], step_at(NOW)) + phone["owner_seal"],
        "store_id": "sto_1",
        "bill_fen": 5000,
        "points": 20,
    }
    said = charges.preview_charge(CASHIER, asked, NOW)
    return {**asked, "charge_id": f"bench-{number:012d}", "quote": said["quote"]}


def record_calls(recorded: dict[str, Any], act: Any) -> None:
    """Note the arguments of the last call of each kind that `act` makes."""
    from chalicelib.store.client import dynamodb

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        recorded[model.name] = params

    events = dynamodb().meta.events
    events.register("before-parameter-build.dynamodb.*", note)
    try:
        act()
    finally:
        events.unregister("before-parameter-build.dynamodb.*", note)


def renamed(operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the same puts under keys of their own, without conditions that could fail."""
    fresh = uuid.uuid4().hex
    puts = []
    for operation in operations:
        put = {**operation["Put"], "Item": dict(operation["Put"]["Item"])}
        for key in ("account_id", "redemption_id"):
            if key in put["Item"]:
                put["Item"][key] = {"S": f"{key}-{fresh}"}
        hash_key = "redemption_id" if "redemption_id" in put["Item"] else "account_id"
        put["ConditionExpression"] = f"attribute_not_exists({hash_key})"
        for name in ("ExpressionAttributeValues", "ExpressionAttributeNames"):
            put.pop(name, None)
        puts.append({"Put": put})
    return puts
