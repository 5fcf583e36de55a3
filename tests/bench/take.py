"""Taking a voucher: round trips and write units, without and with every limit."""

from datetime import timedelta

from tests.bench.harness import Meter, Table
from tests.bench.shop import NOW, YESTERDAY

VOUCHERS = 40
LIMITS = {"limit_per_resident": 9, "limit_per_resident_per_day": 9, "limit_per_day": 9_000}
BUDGET = {"value_fen": 100, "budget_fen": 100_000_000}


def run(table: Table) -> None:
    """Measure takes on settled accounts, of an offer limited by stock only and of one limited in every way."""
    from chalicelib.services.settling import settle_open_sheets
    from tests.services.ledger import add_offer, add_shop, record

    add_shop(points=5, stock=100_000)
    add_offer("off_limited", points=5, stock=100_000, **LIMITS, **BUDGET)
    for number in range(VOUCHERS):
        account_id = f"res_take{number:016d}"
        record(account_id, "e1", "e2", at=YESTERDAY, now=NOW)
    settle_open_sheets(NOW + timedelta(days=1), lambda: False)
    # a resident's first take of a limited offer makes their counter, the second is the usual case
    for offer_id, name, most in (
        ("off_coat", "plain", 10),
        ("off_limited", "first", 12),
        ("off_limited", "again", 12),
    ):
        _measure(table, offer_id, name, most)


def _measure(table: Table, offer_id: str, name: str, write_units_max: int) -> None:
    from chalicelib.services.vouchers import take_voucher

    meter = Meter()
    with meter.on():
        for number in range(VOUCHERS):
            take_voucher(f"res_take{number:016d}", f"red_{name}{number:018d}", offer_id, NOW)
    trips = sum(call in ("BatchGetItem", "TransactWriteItems", "GetItem", "Query") for call in meter.calls)
    table.at_most(
        f"voucher take, {name}: round trips", trips / VOUCHERS, 2.05, "one read of the merchant in all"
    )
    table.at_most(f"voucher take, {name}: write units", meter.write_units / VOUCHERS, write_units_max)
