"""Killed at every call to the database, in every flow of the till: after the retry all is as if nothing had been."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import moto
import pytest

from chalicelib.domain.days import to_text
from chalicelib.services import charges, freezing, reviews
from chalicelib.services.auditing import run_audit
from chalicelib.services.charge_changes import refund_charge, void_charge
from chalicelib.services.merchant_codes import add_code, own_store
from chalicelib.services.offline import upload_vouchers
from chalicelib.services.payments import pay
from chalicelib.services.releasing import release_due_vouchers
from chalicelib.services.tills import redeem_voucher, refund_voucher
from chalicelib.services.vouchers import take_voucher, void_voucher, voucher_token
from chalicelib.services.wallet import register_device, revoke_device
from chalicelib.store import catalogue
from chalicelib.store.tables import MODELS
from tests.killing import killed_at_every_call
from tests.services.paying import CASHIER, NOW, Phone, add_phone, charge, earn, open_shop, request

DUE = NOW + timedelta(days=14)


@dataclass
class World:
    """What a flow acts on."""

    phone: Phone
    poster: str
    token: str


def suspicious(world: World) -> str:
    made = charge(add_phone(device_id="phone-staff1", works_at=("mer_laundry",)), points=10)
    return str(made["redemption_id"])


def uploaded(world: World, at: Any) -> None:
    item = {
        "token": world.token,
        "scan_id": "scan-0001",
        "store_id": "sto_1",
        "scanned_at": to_text(DUE - timedelta(1)),
    }
    upload_vouchers(CASHIER, [item], at)


def paid(world: World) -> None:
    pay("res_a", (), {"payment_id": "payment-00001", "merchant_code": world.poster, "bill_fen": 90}, NOW)


def redeemed(world: World) -> None:
    redeem_voucher(CASHIER, world.token, "sto_1", "scan_1", NOW)


# name -> (what came before, the flow)
FLOWS: dict[str, tuple[Callable[[World], Any], Callable[[World, Any], Any]]] = {
    "charge": (lambda w: None, lambda w, _: charges.charge(CASHIER, request(w.phone, NOW, points=30), NOW)),
    "charge held for review": (
        lambda w: add_phone(device_id="phone-staff1", works_at=("mer_laundry",)),
        lambda w, phone: charges.charge(CASHIER, request(phone, NOW, points=30), NOW),
    ),
    "payment": (lambda w: None, lambda w, _: paid(w)),
    "void": (lambda w: charge(w.phone, points=30), lambda w, _: void_charge(CASHIER, "charge-00001", NOW)),
    "void of an unknown id": (lambda w: None, lambda w, _: void_charge(CASHIER, "charge-00009", NOW)),
    "void of a review": (suspicious, lambda w, rid: void_charge(CASHIER, rid, NOW)),
    "refund of a part": (
        lambda w: charge(w.phone, points=30),
        lambda w, _: refund_charge(CASHIER, "charge-00001", "refund-000001", 7, "x", NOW),
    ),
    "refund of all": (
        lambda w: charge(w.phone, points=30),
        lambda w, _: refund_charge(CASHIER, "charge-00001", "refund-000001", None, "x", NOW),
    ),
    "release of a review": (suspicious, lambda w, rid: reviews.release_charge(rid, "op_1", "x", NOW)),
    "cancelling of a review": (suspicious, lambda w, rid: reviews.cancel_charge(rid, "op_1", "x", NOW)),
    "overdue review": (suspicious, lambda w, _: release_due_vouchers(NOW + timedelta(days=3), lambda: False)),
    "taking of a voucher": (lambda w: None, lambda w, _: take_voucher("res_a", "red_2", "off_coat", NOW)),
    "redeeming": (lambda w: None, lambda w, _: redeemed(w)),
    "giving back": (lambda w: None, lambda w, _: void_voucher("res_a", "red_1", NOW)),
    "refund of a part of a voucher": (
        redeemed,
        lambda w, _: refund_voucher(CASHIER, "red_1", "x", NOW, "refund-000001", 20),
    ),
    "refund of a whole voucher": (redeemed, lambda w, _: refund_voucher(CASHIER, "red_1", "x", NOW)),
    "letting go at the deadline": (
        lambda w: None,
        lambda w, _: release_due_vouchers(DUE + timedelta(hours=1), lambda: False),
    ),
    "upload": (lambda w: None, lambda w, _: uploaded(w, DUE + timedelta(hours=1))),
    "upload after the release": (
        lambda w: release_due_vouchers(DUE + timedelta(hours=1), lambda: False),
        lambda w, _: uploaded(w, DUE + timedelta(hours=2)),
    ),
    "registration of a phone": (
        lambda w: None,
        lambda w, _: register_device("res_a", "phone-000009", "手机", (), NOW),
    ),
    "revocation of a phone": (lambda w: None, lambda w, _: revoked_if_there(w)),
    "freezing": (lambda w: None, lambda w, _: freezing.freeze("res_a", "op_1", "x", NOW)),
}


def revoked_if_there(world: World) -> None:
    """Revoke as a client does: that the phone is gone already is what was wanted."""
    from chalicelib.errors import NotFound

    try:
        revoke_device("res_a", "phone-000001", NOW)
    except NotFound as gone:
        assert gone.code == "device-unknown"


def a_world() -> World:
    for model in MODELS:
        model.create_table(wait=False)
    catalogue._cache.clear()
    open_shop()
    earn(trips=3)
    take_voucher("res_a", "red_1", "off_coat", NOW)
    poster = add_code(own_store("mer_laundry", "sto_1"), "1 号", NOW)["text"]
    return World(add_phone(), poster, voucher_token("res_a", "red_1", NOW))


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_killed_at_any_call_and_tried_again_ends_as_if_it_had_not_been_killed(name: str) -> None:
    before, act = FLOWS[name]
    with moto.mock_aws():
        world = a_world()
        fact = before(world)
        assert killed_at_every_call(lambda: act(world, fact)) >= 3, "a flow reads and writes at least once"
        act(world, fact)
        assert run_audit().findings == []
