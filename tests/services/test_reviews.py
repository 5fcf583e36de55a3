"""Charges that are looked at first: why, what the till learns, what becomes of the points."""

from datetime import timedelta

import pytest

from chalicelib.domain.vouchers import Staff
from chalicelib.errors import Conflict, NotFound
from chalicelib.profiles import current_profile
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.charge_changes import refund_charge, void_charge
from chalicelib.services.charges import charge as send
from chalicelib.services.charges import get_charge
from chalicelib.services.releasing import release_due_vouchers
from chalicelib.services.reviews import cancel_charge, list_reviews, release_charge
from chalicelib.services.wallet import note_works_at
from chalicelib.store.transactions import Transaction
from tests.services.paying import CASHIER, NOW, add_phone, charge, earn, open_shop, request

ID = "charge-00001"


@pytest.fixture
def suspicious(tables):
    """A charge of somebody at the shop where they work."""
    open_shop()
    earn()
    return charge(add_phone(works_at=("mer_laundry",)), points=60)


def balance():
    found = read_balance("res_a", NOW)
    return found["points_available"], found["points_held"]


def test_a_member_of_staff_at_their_own_merchant_is_held_for_review_with_the_reason(suspicious):
    assert (suspicious["state"], suspicious["points"]) == ("in-review", 60)
    assert suspicious["reasons"] == [{"code": "own-merchant", "words": "付款人是该商户的员工"}]
    assert balance() == (43, 60)
    (case,) = list_reviews("open", 10, None).items
    assert (case["redemption_id"], case["points"]) == (suspicious["redemption_id"], 60)
    assert case["due_at"] == "2026-11-24T04:00:00.000Z"
    report = run_audit()
    assert report.findings == []
    assert report.totals.points_by_party["mer_laundry"] == 0


def test_a_released_charge_counts_as_any_other_and_can_be_refunded(suspicious):
    rid = suspicious["redemption_id"]
    assert release_charge(rid, "op_1", "真实消费", NOW)["state"] == "charged"
    assert release_charge(rid, "op_1", "真实消费", NOW)["_hit"] is True
    with pytest.raises(Conflict, match="review-decided"):
        cancel_charge(rid, "op_2", "x", NOW)
    assert balance() == (43, 0)
    assert run_audit().totals.points_by_party["mer_laundry"] == 60
    refund_charge(CASHIER, ID, "refund-000001", None, "x", NOW)
    assert balance() == (103, 0)
    assert list_reviews("open", 10, None).items == []
    assert list_reviews("released", 10, None).items[0]["decided_by"] == "op_1"
    assert run_audit().findings == []


@pytest.mark.parametrize("by", ["operator", "merchant", "deadline"])
def test_a_charge_that_is_not_let_through_gives_its_points_back(suspicious, by):
    rid = suspicious["redemption_id"]
    if by == "operator":
        assert cancel_charge(rid, "op_1", "自买自用", NOW)["state"] == "cancelled"
        assert cancel_charge(rid, "op_1", "自买自用", NOW)["_hit"] is True
    elif by == "merchant":
        assert void_charge(CASHIER, ID, NOW)["state"] == "cancelled"
    else:
        assert release_due_vouchers(NOW + timedelta(days=2), lambda: False).reviews == 0
        assert release_due_vouchers(NOW + timedelta(days=3), lambda: False).reviews == 1
    assert get_charge(CASHIER, ID)["state"] == "cancelled"
    assert balance() == (103, 0)
    assert list_reviews("open", 10, None).items == []
    with pytest.raises(Conflict, match="review-decided"):
        release_charge(rid, "op_1", "x", NOW)
    assert run_audit().findings == []


def test_the_till_that_asks_again_is_told_that_it_still_waits(tables):
    open_shop()
    earn()
    body = request(add_phone(works_at=("mer_laundry",)), points=60)
    first = send(CASHIER, body, NOW)
    assert send(CASHIER, body, NOW) == {**first, "_hit": True}


def test_a_cashier_who_charges_their_own_phone_is_held_for_review(tables):
    open_shop()
    earn()
    own = Staff("stf_1", "mer_laundry", "cashier", account_id="res_a")
    made = charge(add_phone(), staff=own, points=10)
    assert [reason["code"] for reason in made["reasons"]] == ["own-till"]


def test_more_charges_or_points_a_day_than_ordinary_are_held_for_review(tables, monkeypatch):
    from dataclasses import replace

    open_shop()
    earn(trips=4)
    few = replace(current_profile(), review_charges_per_day=2, review_points_per_day=100)
    monkeypatch.setattr("chalicelib.services.charging.current_profile", lambda: few)
    phone = add_phone()
    states = []
    for number in range(3):
        at = NOW + timedelta(seconds=30 * number)
        made = charge(phone, at, f"charge-1000{number}", points=40)
        states.append((made["state"], [reason["code"] for reason in made["reasons"]]))
    assert states == [
        ("charged", []),
        ("charged", []),
        ("in-review", ["many-charges", "many-points"]),
    ]
    tomorrow = NOW + timedelta(days=1)
    assert charge(phone, tomorrow, "charge-20000", points=40)["state"] == "charged"


def test_somebody_hired_after_registering_a_phone_is_known_from_the_next_sign_in(tables):
    open_shop()
    earn()
    phone = add_phone()
    note_works_at("res_a", ("mer_laundry",))
    assert charge(phone, points=10)["state"] == "in-review"


def test_an_operator_and_the_merchant_at_once_decide_once(suspicious, monkeypatch):
    real, rivals = Transaction.commit, []

    def commit(self):
        if not rivals:
            rivals.append(1)
            void_charge(CASHIER, ID, NOW)
        real(self)

    monkeypatch.setattr(Transaction, "commit", commit)
    with pytest.raises(Conflict, match="review-decided"):
        release_charge(suspicious["redemption_id"], "op_1", "x", NOW)
    assert balance() == (103, 0)


def test_a_review_of_nothing_is_unknown(tables):
    with pytest.raises(NotFound, match="hold-review-unknown"):
        release_charge("chg_none", "op_1", "x", NOW)
