"""What the tests of paying at a till share: a shop, a resident with points, a phone that makes codes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.vouchers import Staff
from chalicelib.domain.wallet_codes import step_at, wallet_code
from chalicelib.services import charges
from chalicelib.services.wallet import register_device
from chalicelib.store import catalogue
from tests.services.ledger import CASHIER, NOW, STRANGER, add_shop, record

MERCHANT = "mer_laundry"
STORE = "sto_1"


@dataclass
class Phone:
    """A registered phone; its clock may be wrong by `off_s`."""

    account_id: str
    handle: str
    secret: str
    off_s: int = 0
    owner_seal: str = ""

    def code(self, at: datetime) -> str:
        """Return the code that the phone shows at `at`."""
        return wallet_code(self.secret, self.handle, step_at(at + timedelta(seconds=self.off_s)))

    def qr(self, at: datetime) -> str:
        """Return what the phone's QR code says at `at`."""
        return self.code(at) + self.owner_seal


def add_phone(
    account_id: str = "res_a", device_id: str = "phone-000001", works_at: tuple[str, ...] = ()
) -> Phone:
    """Register a phone."""
    made = register_device(account_id, device_id, "手机", works_at, NOW)
    return Phone(account_id, made["handle"], made["secret"], owner_seal=made["owner_seal"])


def open_shop() -> None:
    """Publish the laundry and somebody else's shop."""
    add_shop()
    merchant = {"id": "mer_laundry", "name": "锦绣洗衣", "scenarios": ["衣"]}
    catalogue.put_document("merchant", "mer_laundry", merchant, replace=True)
    catalogue.put_document("merchant", "mer_other", {"id": "mer_other", "name": "别家"})
    catalogue.put_document("store", "sto_2", {"id": "sto_2", "merchant_id": "mer_other", "name": "别家店"})


def earn(account_id: str = "res_a", trips: int = 2) -> None:
    """Give a resident 51.5 points a trip, four trips a day at most."""
    for number in range(trips):
        record(account_id, f"{account_id}-{number}", at=NOW - timedelta(days=1 + number // 4))


def request(
    phone: Phone, at: datetime = NOW, charge_id: str = "charge-00001", **changes: Any
) -> dict[str, Any]:
    """Return a request to charge."""
    body = {"charge_id": charge_id, "code": phone.code(at), "store_id": STORE, "bill_fen": 10_000}
    return {**body, **changes}


def charge(
    phone: Phone, at: datetime = NOW, charge_id: str = "charge-00001", staff: Staff = CASHIER, **changes: Any
) -> dict[str, Any]:
    """Charge with the code that the phone shows."""
    return charges.charge(staff, request(phone, at, charge_id, **changes), at)


__all__ = ["CASHIER", "NOW", "STRANGER", "Phone", "add_phone", "charge", "earn", "open_shop", "request"]
