"""Paying at a merchant's poster: genuine codes only, once, and the till sees it."""

from datetime import timedelta

import pytest

from chalicelib.domain.vouchers import Staff
from chalicelib.errors import Conflict, NotFound, Refused
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.charge_changes import void_charge
from chalicelib.services.charges import get_charge
from chalicelib.services.merchant_codes import (
    add_code,
    code_to_print,
    describe_code,
    list_codes,
    own_store,
    revoke_code,
)
from chalicelib.services.merchant_journal import list_holdings, list_movements
from chalicelib.services.payments import get_payment, list_payments, pay, preview_payment
from chalicelib.services.vouchers import list_vouchers, take_voucher
from chalicelib.store import catalogue
from tests.services.paying import CASHIER, NOW, STRANGER, add_phone, charge, earn, open_shop

MANAGER = Staff("stf_boss", "mer_laundry", "merchant_manager")


@pytest.fixture
def code(tables):
    open_shop()
    earn()
    return add_code(own_store("mer_laundry", "sto_1"), "1 号收银台", NOW)["text"]


def asked(code, payment_id="payment-00001", **changes):
    return {"payment_id": payment_id, "merchant_code": code, "bill_fen": 120, **changes}


def points():
    return read_balance("res_a", NOW)["points_available"]


def test_a_resident_scans_looks_and_pays_and_the_till_sees_it(code):
    assert describe_code(code)["store_name"] == "锦绣洗衣解放街店"
    said = preview_payment("res_a", (), asked(code), NOW)
    assert (said["points"], said["fen"], said["merchant_name"], points()) == (60, 60, "锦绣洗衣", 103)
    paid = pay("res_a", (), asked(code, points=60), NOW)
    assert (paid["state"], paid["via"], points()) == ("charged", "merchant-code", 43)
    (seen,) = list_movements("mer_laundry", ("sto_1",), NOW - timedelta(minutes=1), 10, NOW)
    assert (seen["redemption_id"], seen["points"], seen["fen"]) == (paid["redemption_id"], 60, 60)
    assert get_charge(CASHIER, paid["redemption_id"])["resident"] == "居民 ···es_a"
    assert void_charge(CASHIER, paid["redemption_id"], NOW)["state"] == "voided"
    assert points() == 103
    assert run_audit().findings == []


def test_a_payment_sent_again_is_the_same_even_when_the_poster_was_taken_down(code):
    first = pay("res_a", (), asked(code), NOW)
    assert pay("res_a", (), asked(code), NOW) == {**first, "_hit": True}
    revoke_code("sto_1", "1", NOW)
    assert pay("res_a", (), asked(code), NOW) == {**first, "_hit": True}
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        pay("res_a", (), asked(code, bill_fen=121), NOW)


def test_a_revoked_code_and_one_that_was_made_up_take_nothing(code):
    catalogue._cache.clear()
    revoke_code("sto_1", "1", NOW)
    with pytest.raises(Refused, match="merchant-code-revoked"):
        pay("res_a", (), asked(code), NOW)
    for forged in (
        code[:-1] + "_",
        code.replace(".1.", ".2."),
        "tanhui-pay:sto_1.1",
        "https://evil.example/x",
    ):
        with pytest.raises(Refused, match="merchant-code-forged"):
            pay("res_a", (), asked(forged), NOW)
    assert points() == 103


def test_codes_have_numbers_and_the_newest_in_use_is_printed(code):
    add_code(own_store("mer_laundry", "sto_1"), "2 号收银台", NOW)
    assert [one["number"] for one in list_codes("sto_1")] == [1, 2]
    assert code_to_print("sto_1", None)[1]["number"] == 2
    revoke_code("sto_1", "2", NOW)
    assert code_to_print("sto_1", None)[1]["number"] == 1
    with pytest.raises(Refused, match="merchant-code-revoked"):
        code_to_print("sto_1", 2)
    with pytest.raises(NotFound, match="merchant-code-unknown"):
        code_to_print("sto_1", 3)
    with pytest.raises(NotFound, match="store-unknown"):
        own_store("mer_other", "sto_1")


def test_staff_paying_at_their_own_merchant_are_held_for_review(code):
    paid = pay("res_a", ("mer_laundry",), asked(code), NOW)
    assert (paid["state"], paid["reasons"][0]["code"]) == ("in-review", "own-merchant")


def test_a_resident_sees_their_charges_of_both_kinds_and_no_vouchers_among_them(code):
    take_voucher("res_a", "red_1", "off_coat", NOW)
    pay("res_a", (), asked(code, points=10), NOW + timedelta(seconds=1))
    charge(add_phone(), NOW + timedelta(seconds=2), points=20)
    first = list_payments("res_a", 1, None)
    second = list_payments("res_a", 1, first.cursor)
    assert [p["points"] for p in first.items + second.items] == [20, 10]
    assert list_payments("res_a", 5, second.cursor).items == []
    assert [v["redemption_id"] for v in list_vouchers("res_a", 10, None, NOW).items] == ["red_1"]
    rid = second.items[0]["redemption_id"]
    assert get_payment("res_a", rid)["points"] == 10
    for who, what in (("res_b", rid), ("res_a", "red_1"), ("res_a", "chg_none")):
        with pytest.raises(NotFound, match="charge-unknown"):
            get_payment(who, what)


def test_a_merchant_sees_its_own_movements_newest_first_and_nobody_elses(code):
    paid = pay("res_a", (), asked(code, points=30), NOW)
    void_charge(CASHIER, paid["redemption_id"], NOW + timedelta(seconds=5))
    seen = list_movements("mer_laundry", ("sto_1",), NOW, 10, NOW + timedelta(seconds=9))
    assert [(m["kind"], m["points"]) for m in seen] == [("void", 30), ("charge", 30)]
    assert list_movements("mer_laundry", ("sto_9",), NOW, 10, NOW) == []
    assert list_movements("mer_other", ("sto_1",), NOW, 10, NOW) == []
    assert STRANGER.merchant_id == "mer_other"


def test_holdings_are_what_was_gathered_by_day_and_vintage(code):
    pay("res_a", (), asked(code, points=30), NOW)
    midnight = NOW.replace(hour=16, minute=30)  # half past midnight of the next local day
    paid = pay("res_a", (), asked(code, "payment-00002", points=20), midnight)
    void_charge(CASHIER, paid["redemption_id"], midnight)
    pay("res_a", (), asked(code, "payment-00003", points=7), midnight)
    page = list_holdings("mer_laundry", 2, None, midnight)
    assert [(day["on"], day["vintages"][0]["points"]) for day in page.items] == [
        ("2026-11-22", 7),
        ("2026-11-21", 30),
    ]
    assert page.items[0]["vintages"][0]["uses"]
    assert list_holdings("mer_laundry", 31, page.cursor, midnight).items == []
    report = run_audit()
    held = sum(day["vintages"][0]["grams_co2e"] for day in page.items)
    assert report.totals.grams_by_party["mer_laundry"] == held
