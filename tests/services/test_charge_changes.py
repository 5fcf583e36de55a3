"""Voiding and refunding charges; the exploits that loyalty engines are known for, by name."""

from datetime import timedelta

import pytest

from chalicelib.errors import Conflict, NotFound, Refused
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.charge_changes import refund_charge, void_charge
from chalicelib.services.charges import charge as send
from chalicelib.services.charges import get_charge
from chalicelib.services.entries import list_entries
from chalicelib.services.expiring import expire_due_lots
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.tills import redeem_voucher, refund_voucher
from chalicelib.services.vouchers import take_voucher, voucher_token
from chalicelib.store.accounts import find_account
from chalicelib.store.transactions import Transaction
from tests.services.ledger import record, taken_of
from tests.services.paying import CASHIER, NOW, STRANGER, add_phone, charge, earn, open_shop, request

ID = "charge-00001"
SOON = NOW + timedelta(minutes=5)


@pytest.fixture
def phone(tables):
    open_shop()
    earn()
    return add_phone()


def points(at=SOON, account_id="res_a"):
    return read_balance(account_id, at)["points_available"]


def lots(account_id="res_a"):
    return find_account(account_id).lots


def refund(fen=None, refund_id="refund-000001", at=SOON, staff=CASHIER, reason="少一件"):
    return refund_charge(staff, ID, refund_id, fen, reason, at)


def test_a_void_in_the_window_gives_everything_back_to_its_lot(phone):
    charge(phone, points=103)
    assert void_charge(CASHIER, ID, SOON)["state"] == "voided"
    assert void_charge(CASHIER, ID, SOON)["_hit"] is True
    balance = read_balance("res_a", SOON)
    assert (balance["points_available"], balance["grams_co2e"]) == (103, 1030)
    assert run_audit().totals.points_by_party["mer_laundry"] == 0


def test_a_void_after_the_window_is_refused_and_a_refund_is_not(phone):
    charge(phone, points=50)
    late = NOW + timedelta(minutes=121)
    with pytest.raises(Refused, match="charge-void-too-late"):
        void_charge(CASHIER, ID, late)
    assert refund(at=late)["state"] == "refunded"
    assert points(late) == 103


def test_a_void_of_an_unknown_id_blocks_that_id_for_ever(phone):
    assert void_charge(CASHIER, ID, NOW)["state"] == "blocked"
    for at in (NOW, NOW + timedelta(days=400)):
        with pytest.raises(Conflict, match="charge-blocked"):
            charge(phone, at, points=10)
    assert get_charge(CASHIER, ID)["state"] == "blocked"
    assert void_charge(CASHIER, ID, SOON) == {**get_charge(CASHIER, ID), "_hit": True}
    assert points() == 103
    with pytest.raises(NotFound, match="charge-unknown"):
        refund()
    with pytest.raises(NotFound, match="charge-unknown"):
        void_charge(CASHIER, "x", NOW)


def test_a_charge_on_its_way_and_the_void_of_its_id_cannot_both_win(phone, monkeypatch):
    real = Transaction.commit

    def commit(self):
        monkeypatch.setattr(Transaction, "commit", real)
        void_charge(CASHIER, ID, NOW)
        real(self)

    monkeypatch.setattr(Transaction, "commit", commit)
    with pytest.raises(Conflict, match="charge-blocked"):
        charge(phone, points=10)
    assert points() == 103


def test_a_charge_that_was_voided_is_not_said_to_be_paid_when_the_till_asks_again(phone):
    body = request(phone, points=10)
    send(CASHIER, body, NOW)
    void_charge(CASHIER, ID, NOW)
    with pytest.raises(Conflict, match="charge-voided"):
        send(CASHIER, body, NOW)


def test_parts_go_back_until_nothing_is_left_and_no_further(phone):
    charge(phone, points=100, bill_fen=1000)
    for number, fen in enumerate((33, 33, 33), 1):
        refund(fen, f"refund-00000{number}")
    with pytest.raises(Refused, match="refund-above-charge") as refused:
        refund(2, "refund-000009")
    assert refused.value.facts["fen_remaining"] == 1
    last = refund(None, "refund-000004")
    assert (last["state"], last["points_refunded"], last["fen_refunded"]) == ("refunded", 100, 100)
    balance = read_balance("res_a", SOON)
    assert (balance["points_available"], balance["grams_co2e"]) == (103, 1030)
    with pytest.raises(Conflict, match="charge-not-refundable"):
        refund(None, "refund-000005")
    assert run_audit().findings == []


def test_a_refund_sent_again_is_the_same_and_with_other_words_refused(phone):
    charge(phone, points=100, bill_fen=1000)
    first = refund(30)
    assert refund(30) == {**first, "_hit": True}
    for other in ({"fen": 31}, {"fen": 30, "reason": "别的"}):
        with pytest.raises(Conflict, match="idempotency-key-reused"):
            refund(**other)
    with pytest.raises(Conflict, match="charge-refunded"):
        void_charge(CASHIER, ID, SOON)
    with pytest.raises(NotFound, match="charge-unknown"):
        refund(staff=STRANGER, refund_id="refund-000002")


def test_a_refund_after_the_days_for_it_is_refused(phone):
    charge(phone, points=10)
    with pytest.raises(Refused, match="refund-too-late"):
        refund(at=NOW + timedelta(days=31))


def test_second_refund_blnk_374(phone, monkeypatch):
    """Two refunds at once, both decided on the same state: one goes through, the other is decided anew."""
    charge(phone, points=100, bill_fen=1000)
    real, rivals = Transaction.commit, []

    def commit(self):
        if not rivals:
            rivals.append(1)
            refund(60, "refund-rival1")
        real(self)

    monkeypatch.setattr(Transaction, "commit", commit)
    with pytest.raises(Refused, match="refund-above-charge"):
        refund(60)
    assert points() == 63
    assert get_charge(CASHIER, ID)["points_refunded"] == 60


def test_second_refund_of_a_voucher_blnk_374(phone, monkeypatch):
    take_voucher("res_a", "red_1", "off_coat", NOW)
    redeem_voucher(CASHIER, voucher_token("res_a", "red_1", NOW), "sto_1", "scan_1", NOW)
    real, rivals = Transaction.commit, []

    def commit(self):
        if not rivals:
            rivals.append(1)
            refund_voucher(CASHIER, "red_1", "脏了", SOON, "refund-rival1", 30)
        real(self)

    monkeypatch.setattr(Transaction, "commit", commit)
    with pytest.raises(Refused, match="refund-above-charge"):
        refund_voucher(CASHIER, "red_1", "脏了", SOON, "refund-000001", 30)
    assert points() == 53 + 30
    assert refund_voucher(CASHIER, "red_1", "脏了", SOON, "refund-000002", 20)["state"] == "refunded"
    assert points() == 103
    assert run_audit().findings == []


def test_expired_lots_collapse_flocafe_78(tables):
    """Lots of different years stay apart through charge, refund and expiry; only what expired gets days of grace."""
    open_shop()
    december = NOW.replace(month=12, day=30)
    for number in range(2):
        record("res_a", f"old{number}", at=december, now=december)
    january = december + timedelta(days=3)
    for number in range(2):
        record("res_a", f"new{number}", at=january, now=january)
    phone = add_phone()
    charge(phone, january, points=150)
    before = {(lot.vintage, lot.expires_on.year): lot.points for lot in lots()}
    assert before == {(2027, 2028): 56}
    after_expiry = january.replace(year=2028, month=1, day=5)
    with pytest.raises(Refused, match="refund-too-late"):
        refund(at=after_expiry)
    refund(40, at=january + timedelta(days=1))
    assert {(lot.vintage, lot.expires_on.year): lot.points for lot in lots()} == {(2027, 2028): 96}
    refund(None, "refund-000002", at=january + timedelta(days=1))
    whole = {(lot.vintage, lot.expires_on.year): (lot.points, lot.grams_co2e) for lot in lots()}
    assert whole == {(2026, 2027): (103, 1030), (2027, 2028): (103, 1030)}
    expire_due_lots(after_expiry, lambda: False)
    assert [lot.vintage for lot in lots()] == [2027]
    assert run_audit().findings == []


def test_a_lot_that_expired_since_the_charge_comes_back_with_days_of_grace_and_the_others_as_they_were(
    tables,
):
    open_shop()
    december = NOW.replace(month=12, day=30)
    for number in range(2):
        record("res_a", f"old{number}", at=december, now=december)
    settle_open_sheets(december + timedelta(days=9), lambda: False)
    phone = add_phone()
    at = december.replace(year=2027, month=12, day=31)
    for number in range(2):
        record("res_a", f"new{number}", at=at - timedelta(days=1), now=at)
    charge(phone, at, points=150)
    back_on = at + timedelta(days=5)
    refund(at=back_on)
    assert [(lot.vintage, lot.expires_on.isoformat(), lot.points) for lot in lots()] == [
        (2026, "2028-02-04", 103),
        (2027, "2028-12-31", 103),
    ]
    assert run_audit().findings == []


def test_buy_earn_refund_odoo_257854(phone):
    """Whatever is bought, earned in between and refunded, in any order: nobody has more points than they recorded."""
    for number in range(3):
        at = NOW + timedelta(minutes=number)
        made = charge(phone, at, f"charge-2000{number}", points=30, bill_fen=300)
        record("res_a", f"between{number}", at=at, now=at)
        refund_charge(CASHIER, made["charge_id"], "refund-000001", 10, "x", at)
        refund_charge(CASHIER, made["charge_id"], "refund-000002", None, "x", at)
    assert points() == 257  # five trips of 51.5 points
    assert read_balance("res_a", SOON)["grams_co2e"] == 5 * 515
    report = run_audit()
    assert report.findings == []
    assert (report.totals.points_by_party["mer_laundry"], report.totals.grams_by_party["mer_laundry"]) == (
        0,
        0,
    )


def test_limit_race_saleor_15855(tables, monkeypatch):
    """Two residents load the last one of an offer and both commit: one has it, the other is told that it is gone."""
    from tests.services.ledger import add_offer

    open_shop()
    add_offer("off_last", points=10, stock=1)
    for account_id in ("res_a", "res_b"):
        earn(account_id)
    real, rivals = Transaction.commit, []

    def commit(self):
        if not rivals:
            rivals.append(1)
            take_voucher("res_b", "red_b", "off_last", NOW)
        real(self)

    monkeypatch.setattr(Transaction, "commit", commit)
    with pytest.raises(Refused, match="offer-sold-out"):
        take_voucher("res_a", "red_a", "off_last", NOW)
    assert taken_of("off_last") == 1
    assert points() == 103


def test_the_journal_says_of_each_part_what_it_was(phone):
    charge(phone, points=100, bill_fen=1000)
    refund(30)
    entries = list_entries("res_a", 9, None).items
    assert [(e["kind"], e["points_change"]) for e in entries] == [
        ("refund", 30),
        ("charge", -100),
        ("grant", 103),
    ]
    assert entries[0]["facts"]["refund_id"] == "refund-000001"
    assert entries[1]["facts"]["bill_fen"] == 1000
    assert "staff_id" not in entries[1]["facts"]
