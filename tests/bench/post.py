"""Redeeming a voucher: round trips and write units."""

from tests.bench.harness import Meter, Table
from tests.bench.shop import NOW, YESTERDAY

VOUCHERS = 40


def run(table: Table) -> None:
    """Measure the post of vouchers, each on an account with some history."""
    from chalicelib.services.tills import redeem_voucher
    from chalicelib.services.vouchers import take_voucher, voucher_token
    from tests.services.ledger import CASHIER, add_shop, record

    add_shop(points=50, stock=10_000)
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
