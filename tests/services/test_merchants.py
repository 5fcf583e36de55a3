"""Merchants in force: suspension, leaving, contract; every change a version with its author."""

from datetime import timedelta

import pytest

from chalicelib.errors import Conflict, InvalidInput, NotFound, Refused
from chalicelib.services import merchants
from chalicelib.store.catalogue import get_document
from chalicelib.store.transactions import TransactionLost
from tests.services.ledger import NOW
from tests.services.trading import ANNA, BERT, MANAGER, MERCHANT, join, join_with_store

HONOUR = {"reason": "资质过期", "notice": "该商户暂停服务，已领的券照常使用。", "open_vouchers": "honour"}
RELEASE = {**HONOUR, "open_vouchers": "release"}


@pytest.fixture
def joined(tables):
    join_with_store()


def test_a_suspended_merchant_gives_nothing_new_until_it_is_reinstated(joined):
    merchants.check_open(get_document("merchant", MERCHANT), None, NOW)
    suspended = merchants.suspend_merchant(MERCHANT, HONOUR, ANNA, NOW)
    assert (suspended["state"], suspended["suspension"]["open_vouchers"]) == ("suspended", "honour")
    with pytest.raises(Refused, match="merchant-suspended"):
        merchants.check_open(get_document("merchant", MERCHANT), None, NOW)
    assert merchants.reinstate_merchant(MERCHANT, "已换证", BERT, NOW)["state"] == "active"
    merchants.check_open(get_document("merchant", MERCHANT), None, NOW)


def test_every_decision_again_is_the_same_answer(joined):
    first = merchants.suspend_merchant(MERCHANT, HONOUR, ANNA, NOW)
    later = NOW + timedelta(minutes=1)
    assert merchants.suspend_merchant(MERCHANT, HONOUR, ANNA, later) == {**first, "_hit": True}
    merchants.reinstate_merchant(MERCHANT, "已换证", ANNA, NOW)
    assert merchants.reinstate_merchant(MERCHANT, "已换证", ANNA, NOW)["_hit"] is True
    renewed = merchants.renew_contract(MERCHANT, "2027-11-01", "2028-10-31", ANNA, NOW)
    again = merchants.renew_contract(MERCHANT, "2027-11-01", "2028-10-31", ANNA, NOW)
    assert again == {**renewed, "_hit": True}
    assert get_document("merchant", MERCHANT)["version"] == 4


def test_another_suspension_of_a_suspended_merchant_is_refused(joined):
    merchants.suspend_merchant(MERCHANT, HONOUR, ANNA, NOW)
    with pytest.raises(Conflict, match="merchant-wrong-state"):
        merchants.suspend_merchant(MERCHANT, RELEASE, ANNA, NOW)


def test_a_suspension_that_lies_ahead_can_be_taken_back(joined):
    from_at = (NOW + timedelta(days=1)).isoformat()
    ahead = merchants.suspend_merchant(MERCHANT, {**HONOUR, "from_at": from_at}, ANNA, NOW)
    assert ahead["state"] == "active"
    assert merchants.get_merchant(MERCHANT, NOW + timedelta(days=1))["state"] == "suspended"
    merchants.reinstate_merchant(MERCHANT, "误操作", ANNA, NOW)
    assert merchants.get_merchant(MERCHANT, NOW + timedelta(days=1))["state"] == "active"


def test_a_merchant_leaves_at_the_end_of_its_notice_and_not_before(joined):
    too_early = (NOW + timedelta(days=29)).isoformat()
    with pytest.raises(Refused) as refused:
        merchants.give_notice(MERCHANT, {**HONOUR, "from_at": too_early}, MANAGER, NOW)
    assert refused.value.facts == {"earliest_at": "2026-12-21T04:00:00.000Z"}
    assert merchants.give_notice(MERCHANT, HONOUR, MANAGER, NOW)["state"] == "active"
    assert merchants.get_merchant(MERCHANT, NOW + timedelta(days=30))["state"] == "left"


def test_residents_are_told_what_becomes_of_their_vouchers(joined):
    assert merchants.get_public_merchant(MERCHANT, NOW)["notice"] is None
    merchants.suspend_merchant(MERCHANT, RELEASE, ANNA, NOW)
    seen = merchants.get_public_merchant(MERCHANT, NOW)
    assert (seen["state"], seen["notice"]["open_vouchers"]) == ("suspended", "release")
    assert seen["notice"]["notice"] == RELEASE["notice"]
    assert [store["id"] for store in seen["stores"]] == ["sto_1"]
    assert not {"contact_name", "contact_phone", "suspension"} & seen.keys()


def test_outside_its_contract_a_merchant_gives_nothing_new(joined):
    merchants.renew_contract(MERCHANT, "2026-11-22", "2027-10-31", ANNA, NOW)
    with pytest.raises(Refused, match="merchant-contract-over"):
        merchants.check_open(get_document("merchant", MERCHANT), None, NOW)
    with pytest.raises(InvalidInput):
        merchants.renew_contract(MERCHANT, "2027-11-01", "2027-10-31", ANNA, NOW)


def test_every_version_says_who_changed_what_and_when_page_by_page(joined):
    merchants.suspend_merchant(MERCHANT, HONOUR, ANNA, NOW)
    merchants.reinstate_merchant(MERCHANT, "已换证", BERT, NOW + timedelta(hours=1))
    first = merchants.list_merchant_changes(MERCHANT, 2, None)
    rest = merchants.list_merchant_changes(MERCHANT, 2, first.cursor)
    changes = [(c["version"], c["by"], c["what"]) for c in first.items + rest.items]
    assert changes == [(3, BERT, "reinstate: 已换证"), (2, ANNA, "suspend"), (1, BERT, "join")]
    assert first.items[1]["document"]["suspension"]["reason"] == "资质过期"
    with pytest.raises(InvalidInput):
        merchants.list_merchant_changes(MERCHANT, 2, "none")


def test_of_two_who_change_the_same_version_one_decides_again(joined, monkeypatch):
    from chalicelib.store import transactions

    real, raced = transactions.Transaction.commit, []

    def race(self):
        if not raced:
            raced.append(True)
            merchants.renew_contract(MERCHANT, "2026-11-01", "2028-10-31", BERT, NOW)
        return real(self)

    monkeypatch.setattr(transactions.Transaction, "commit", race)
    suspended = merchants.suspend_merchant(MERCHANT, HONOUR, ANNA, NOW)
    assert (suspended["version"], suspended["contract_to"]) == (3, "2028-10-31")


def test_a_version_that_follows_none_is_lost(joined):
    from chalicelib.store.transactions import Transaction
    from chalicelib.store.versions import Change, add_version

    tx = Transaction()
    add_version(tx, "merchant", {"id": MERCHANT, "version": 3}, Change("x", "2026", "y"))
    with pytest.raises(TransactionLost):
        tx.commit()


def test_a_merchant_nobody_entered_is_unknown(tables):
    for act in (merchants.get_merchant, merchants.get_public_merchant):
        with pytest.raises(NotFound, match="merchant-unknown"):
            act("mer_none", NOW)


def test_all_merchants_are_listed_with_their_states(tables):
    join()
    assert [(m["id"], m["state"]) for m in merchants.list_merchants(NOW).items] == [(MERCHANT, "active")]
