"""Vouchers of a merchant that does not honour them go back, all of them, once, whatever stops the work on the way."""

from datetime import timedelta

import pytest

from chalicelib.services import merchant_releasing, merchants
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.merchant_releasing import SETTLED_AFTER, release_of_merchants
from chalicelib.services.vouchers import get_voucher, take_voucher, void_voucher
from chalicelib.store import catalogue
from chalicelib.store.runs import get_run
from tests.services.ledger import NOW, add_offer, add_shop, record, taken_of

TERMS = {"reason": "资质过期", "notice": "该商户暂停服务，未用的券已退回。", "open_vouchers": "release"}
LATER = NOW + SETTLED_AFTER
VOUCHERS = 12


@pytest.fixture
def city(tables):
    add_shop(points=5, stock=100)
    catalogue.put_document("merchant", "mer_other", {"id": "mer_other", "name": "别家"})
    add_offer("off_other", points=5, merchant_id="mer_other")
    for number in range(VOUCHERS):
        record(f"res_{number}", "e1")
        take_voucher(f"res_{number}", f"red_{number}", "off_coat", NOW)
    take_voucher("res_0", "red_other", "off_other", NOW)


def suspend(**changes):
    merchants.suspend_merchant("mer_laundry", {**TERMS, **changes}, "op", NOW)


def states():
    return [get_voucher(f"res_{n}", f"red_{n}", LATER)["state"] for n in range(VOUCHERS)]


def test_all_open_vouchers_of_the_merchant_go_back_and_no_others(city):
    suspend()
    released = release_of_merchants(LATER, lambda: False)
    assert (released.vouchers, released.points, released.is_complete) == (VOUCHERS, 5 * VOUCHERS, True)
    assert set(states()) == {"voided"}
    assert get_voucher("res_1", "red_1", LATER)["reason"] == "merchant-suspended"
    assert get_voucher("res_0", "red_other", LATER)["state"] == "open"
    assert (taken_of("off_coat"), read_balance("res_1", LATER)["points_held"]) == (0, 0)
    assert release_of_merchants(LATER, lambda: False).vouchers == 0
    assert run_audit().findings == []


@pytest.mark.parametrize("choice", ["honour", None])
def test_vouchers_that_are_honoured_stay_open(city, choice):
    if choice:
        suspend(open_vouchers=choice)
    assert release_of_merchants(LATER, lambda: False).vouchers == 0
    assert set(states()) == {"open"}


def test_nothing_is_released_before_the_last_take_can_have_ended(city):
    suspend()
    assert release_of_merchants(LATER - timedelta(seconds=1), lambda: False).vouchers == 0
    assert release_of_merchants(LATER, lambda: False).vouchers == VOUCHERS


def test_work_that_is_told_to_stop_goes_on_where_it_was(city):
    suspend()
    total, rounds = 0, 0
    while True:
        calls = iter([False, True])
        result = release_of_merchants(LATER, lambda calls=calls: next(calls, True))
        total, rounds = total + result.vouchers, rounds + 1
        if result.is_complete:
            break
    assert (total, set(states())) == (VOUCHERS, {"voided"})
    assert rounds > 3
    run = get_run(f"merchant-release-mer_laundry-{'2026-11-21T04:00:00.000Z'}")
    assert (run.state, run.body["vouchers"]) == ("done", VOUCHERS)


def test_a_voucher_that_fails_is_tried_again_and_does_not_hold_up_the_others(city, monkeypatch, capsys):
    suspend()
    real = merchant_releasing.close_unspent

    def fail(voucher, *arguments):
        if voucher.redemption_id == "red_3":
            raise RuntimeError("out of reach")
        return real(voucher, *arguments)

    monkeypatch.setattr(merchant_releasing, "close_unspent", fail)
    first = release_of_merchants(LATER, lambda: False)
    assert (first.vouchers, first.failed) == (VOUCHERS - 1, 1)
    monkeypatch.undo()
    assert release_of_merchants(LATER, lambda: False).vouchers == 1


def test_a_voucher_closed_meanwhile_is_left_alone(city, monkeypatch):
    suspend()
    real, raced = merchant_releasing.close_unspent, []

    def race(voucher, *arguments):
        if not raced:
            raced.append(voucher)
            void_voucher(voucher.account_id, voucher.redemption_id, NOW)
        return real(voucher, *arguments)

    monkeypatch.setattr(merchant_releasing, "close_unspent", race)
    assert release_of_merchants(LATER, lambda: False).vouchers == VOUCHERS - 1
    assert get_voucher(raced[0].account_id, raced[0].redemption_id, LATER)["reason"] == "by-resident"


def test_a_merchant_that_has_left_releases_at_the_end_of_its_notice(city):
    merchants.give_notice("mer_laundry", TERMS, "stf", NOW)
    assert release_of_merchants(LATER, lambda: False).vouchers == 0
    late = NOW + timedelta(days=30) + SETTLED_AFTER
    assert release_of_merchants(late, lambda: False).vouchers == VOUCHERS
    assert get_voucher("res_1", "red_1", late)["reason"] == "merchant-left"
