"""What the tests of statements share: a shop where something happens, and nights that close its days."""

from datetime import datetime, timedelta

from chalicelib.domain.days import to_text
from chalicelib.services.statement_closing import Closed, close_days
from chalicelib.services.tills import redeem_voucher
from chalicelib.services.vouchers import take_voucher, voucher_token
from chalicelib.store import catalogue
from tests.services.ledger import CASHIER, NOW
from tests.services.paying import Phone, add_phone, earn, open_shop

ON = "2026-11-21"
NIGHT = timedelta(days=1)


def closed(now: datetime = NOW + NIGHT) -> Closed:
    """Close what is over at `now`."""
    return close_days(now, lambda: False)


def open_for_business() -> Phone:
    """Open the laundry, with a resident who has points and a phone."""
    open_shop()
    for merchant_id in ("mer_laundry", "mer_other"):
        merchant = catalogue.get_document("merchant", merchant_id)
        joined = {**merchant, "joined_at": to_text(NOW)}
        catalogue.put_document("merchant", merchant_id, joined, replace=True)
    earn(trips=4)
    return add_phone()


def redeem(redemption_id: str, now: datetime = NOW) -> None:
    """Take a voucher and spend it."""
    take_voucher("res_a", redemption_id, "off_coat", now)
    token = voucher_token("res_a", redemption_id, now)
    redeem_voucher(CASHIER, token, "sto_1", f"scan-{redemption_id}", now)
