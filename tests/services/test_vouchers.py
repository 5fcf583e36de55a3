"""Vouchers: taking, giving back, timing out; one transaction each, or nothing."""

from datetime import timedelta

import pytest

from chalicelib.errors import Conflict, InvalidInput, NotFound, Refused, Unavailable
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.entries import list_entries
from chalicelib.services.releasing import release_due_vouchers
from chalicelib.services.vouchers import get_voucher, list_vouchers, take_voucher, void_voucher, voucher_token
from chalicelib.store import transactions
from tests.services.ledger import NOW, add_offer, add_shop, record, taken_of


@pytest.fixture
def shop(tables):
    add_shop(points=50, stock=2)
    record("res_a", "e1", "e2")


def test_a_voucher_holds_points_that_were_recorded_a_moment_ago(shop):
    voucher = take_voucher("res_a", "red_1", "off_coat", NOW)
    balance = read_balance("res_a", NOW)
    assert (voucher["state"], voucher["points"]) == ("open", 50)
    assert (balance["points_available"], balance["points_held"]) == (53, 50)
    assert [e["kind"] for e in list_entries("res_a", 10, None).items] == ["hold", "grant"]


def test_taking_with_the_same_id_again_is_the_same_voucher(shop):
    first = take_voucher("res_a", "red_1", "off_coat", NOW)
    again = take_voucher("res_a", "red_1", "off_coat", NOW + timedelta(minutes=1))
    assert again == {**first, "_hit": True}
    assert taken_of("off_coat") == 1


def test_taking_again_is_the_same_answer_whatever_became_of_the_voucher(shop):
    first = take_voucher("res_a", "red_1", "off_coat", NOW)
    void_voucher("res_a", "red_1", NOW)
    assert take_voucher("res_a", "red_1", "off_coat", NOW + timedelta(days=20)) == {**first, "_hit": True}


def test_the_same_id_for_something_else_is_refused(shop):
    add_offer("off_shirt", points=10)
    take_voucher("res_a", "red_1", "off_coat", NOW)
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        take_voucher("res_a", "red_1", "off_shirt", NOW)
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        take_voucher("res_b", "red_1", "off_coat", NOW)


def test_too_few_points_are_refused_with_the_numbers_and_nothing_is_written(shop):
    take_voucher("res_a", "red_1", "off_coat", NOW)
    take_voucher("res_a", "red_2", "off_coat", NOW)
    add_offer("off_suit", points=50)
    with pytest.raises(Refused) as refused:
        take_voucher("res_a", "red_3", "off_suit", NOW)
    assert refused.value.facts == {"points_requested": 50, "points_available": 3}
    assert taken_of("off_suit") == 0
    with pytest.raises(NotFound):
        get_voucher("res_a", "red_3", NOW)


def test_the_last_item_goes_to_one_and_the_other_is_told(shop):
    record("res_b", "e3", "e4")
    take_voucher("res_a", "red_1", "off_coat", NOW)
    take_voucher("res_a", "red_2", "off_coat", NOW)
    with pytest.raises(Refused, match="offer-sold-out"):
        take_voucher("res_b", "red_3", "off_coat", NOW)


def test_a_race_for_the_last_item_is_decided_by_the_stored_stock(shop, monkeypatch):
    record("res_b", "e3", "e4")
    take_voucher("res_a", "red_1", "off_coat", NOW)
    real, raced = transactions.Transaction.commit, []

    def race(self):
        if not raced:
            raced.append(True)
            take_voucher("res_b", "red_2", "off_coat", NOW)
        return real(self)

    monkeypatch.setattr(transactions.Transaction, "commit", race)
    with pytest.raises(Refused, match="offer-sold-out"):
        take_voucher("res_a", "red_3", "off_coat", NOW)
    assert taken_of("off_coat") == 2


def test_a_change_that_came_between_is_decided_again(shop, monkeypatch):
    real, raced = transactions.Transaction.commit, []

    def race(self):
        if not raced:
            raced.append(True)
            take_voucher("res_a", "red_1", "off_coat", NOW)
        return real(self)

    monkeypatch.setattr(transactions.Transaction, "commit", race)
    assert take_voucher("res_a", "red_2", "off_coat", NOW)["state"] == "open"
    assert read_balance("res_a", NOW)["points_held"] == 100


def test_endless_conflict_is_given_up_with_nothing_written(shop, monkeypatch):
    def lose(self):
        raise transactions.TransactionLost(frozenset({"account"}), conflict=True)

    monkeypatch.setattr(transactions.Transaction, "commit", lose)
    with pytest.raises(Unavailable, match="too-busy"):
        take_voucher("res_a", "red_1", "off_coat", NOW)
    monkeypatch.undo()
    assert read_balance("res_a", NOW)["points_held"] == 0


def test_an_offer_counts_only_while_it_is_live(shop):
    add_offer("off_draft", state="draft")
    with pytest.raises(Refused, match="offer-not-live"):
        take_voucher("res_a", "red_1", "off_draft", NOW)
    with pytest.raises(Refused, match="offer-not-live"):
        take_voucher("res_a", "red_1", "off_coat", NOW - timedelta(days=31))
    with pytest.raises(NotFound, match="offer-unknown"):
        take_voucher("res_a", "red_1", "off_none", NOW)


def test_a_voided_voucher_returns_points_and_stock_once(shop):
    take_voucher("res_a", "red_1", "off_coat", NOW)
    assert void_voucher("res_a", "red_1", NOW)["state"] == "voided"
    assert void_voucher("res_a", "red_1", NOW)["_hit"] is True
    assert read_balance("res_a", NOW)["points_available"] == 103
    assert taken_of("off_coat") == 0


def test_an_unused_voucher_is_released_at_its_deadline_once(shop):
    take_voucher("res_a", "red_1", "off_coat", NOW)
    before, after = NOW + timedelta(days=13, hours=23), NOW + timedelta(days=14)
    assert release_due_vouchers(before, lambda: False).vouchers == 0
    assert get_voucher("res_a", "red_1", after)["state"] == "timed-out"
    assert release_due_vouchers(after, lambda: False).vouchers == 1
    assert release_due_vouchers(after, lambda: False).vouchers == 0
    assert read_balance("res_a", after)["points_available"] == 103
    assert run_audit().findings == []


def test_a_voucher_past_its_deadline_shows_no_code(shop):
    take_voucher("res_a", "red_1", "off_coat", NOW)
    with pytest.raises(Conflict, match="voucher-not-open"):
        voucher_token("res_a", "red_1", NOW + timedelta(days=15))


def test_a_voucher_of_somebody_else_is_not_there(shop):
    take_voucher("res_a", "red_1", "off_coat", NOW)
    for act in (get_voucher, void_voucher, voucher_token):
        with pytest.raises(NotFound, match="voucher-unknown"):
            act("res_b", "red_1", NOW)


def test_vouchers_taken_in_the_same_instant_are_all_listed(shop):
    for number in range(2):
        take_voucher("res_a", f"red_{number}", "off_coat", NOW)
    first = list_vouchers("res_a", 1, None, NOW)
    second = list_vouchers("res_a", 1, first.cursor, NOW)
    assert {v["redemption_id"] for v in first.items + second.items} == {"red_1", "red_0"}
    assert list_vouchers("res_a", 1, second.cursor, NOW).items == []


def test_vouchers_are_listed_newest_first(shop):
    for number in range(2):
        take_voucher("res_a", f"red_{number}", "off_coat", NOW + timedelta(minutes=number))
    listed = list_vouchers("res_a", 20, None, NOW)
    assert ([v["redemption_id"] for v in listed.items], listed.cursor) == (["red_1", "red_0"], None)
    with pytest.raises(InvalidInput):
        list_vouchers("res_a", 20, "yesterday", NOW)


def test_voiding_twice_at_once_is_one_void_and_the_same_answer(shop, monkeypatch):
    from chalicelib.services import vouchers

    take_voucher("res_a", "red_1", "off_coat", NOW)
    real, raced = vouchers._own_voucher, []

    def own_voucher(account_id, redemption_id):
        found = real(account_id, redemption_id)
        if not raced:
            raced.append(True)
            void_voucher(account_id, redemption_id, NOW)
        return found

    monkeypatch.setattr(vouchers, "_own_voucher", own_voucher)
    assert void_voucher("res_a", "red_1", NOW)["_hit"] is True
    assert read_balance("res_a", NOW)["points_available"] == 103
