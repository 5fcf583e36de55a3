"""What the browser tests of merchants share: a desk, some business, and the night that closes it."""

from typing import Any

from tests.e2e.people import new_id, sign_in

DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "is_mobile": False, "has_touch": False}
# The business of today is closed as tomorrow night will.
CLOSE_TODAY = """
from datetime import UTC, datetime, timedelta
from chalicelib.services.statement_closing import close_days
closed = close_days(datetime.now(UTC) + timedelta(days=1, minutes=15), lambda: False)
assert closed.is_complete and not closed.failed, closed
"""


def redeem_shirt(url: str, name: str) -> None:
    """Let a resident take a shirt's voucher and the laundry redeem it."""
    resident, cashier = sign_in(url, name, "resident"), sign_in(url, "wang", "cashier")
    redemption_id = new_id("red")
    taken = resident.act("POST", "/v1/me/vouchers", {"redemption_id": redemption_id, "offer_id": "off_shirt"})
    assert taken.status == 201, taken
    token = resident.get(f"/v1/me/vouchers/{redemption_id}/token")["token"]
    body = {"token": token, "store_id": "sto_jiefang", "scan_id": new_id("scan")}
    redeemed = cashier.act("POST", "/v1/pos/vouchers/redeem", body)
    assert redeemed.status == 200, redeemed
