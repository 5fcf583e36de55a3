"""Who works for a merchant, entered by whom; and what signing in makes of it."""

import pytest

from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound
from chalicelib.services import staff
from chalicelib.services.sessions import sign_in
from chalicelib.store.catalogue import put_document
from chalicelib.store.people import put_staff
from tests.services.ledger import NOW
from tests.services.trading import MANAGER, MERCHANT, join_with_store

CASHIER = {"subject": "wang", "role": "cashier", "store_ids": ["sto_1"], "name": "王师傅"}


@pytest.fixture
def joined(tables):
    join_with_store()


def enter(by_role="merchant_manager", merchant_id=MERCHANT, **changes):
    return staff.enter_staff(merchant_id, {**CASHIER, **changes}, MANAGER, NOW, by_role)


def signed_in():
    return sign_in("dev", "wang", "cashier", "", NOW)


def test_a_cashier_entered_by_the_manager_signs_in_and_works_there(joined):
    entered = enter()
    session = signed_in()
    assert (session["subject"], session["merchant_id"]) == (entered["staff_id"], MERCHANT)
    assert session["store_ids"] == ["sto_1"]


def test_entering_the_same_again_is_the_same_answer_and_other_stores_replace(joined):
    first = enter()
    assert enter() == {**first, "_hit": True}
    assert enter(store_ids=[])["store_ids"] == []
    assert len(staff.list_staff(MERCHANT).items) == 2


def test_a_manager_enters_cashiers_only_and_an_operator_managers_too(joined):
    with pytest.raises(Forbidden, match="role-not-allowed"):
        enter(role="merchant_manager")
    assert enter("operator", role="merchant_manager")["role"] == "merchant_manager"


def test_a_login_of_another_merchant_is_not_taken_over(joined):
    enter()
    put_document("merchant", "mer_other", {"id": "mer_other", "name": "别家"})
    with pytest.raises(Conflict, match="login-taken"):
        enter(merchant_id="mer_other", store_ids=[])
    assert signed_in()["merchant_id"] == MERCHANT


def test_a_store_of_another_merchant_is_named(joined):
    with pytest.raises(InvalidInput) as refused:
        enter(store_ids=["sto_1", "sto_none"])
    assert refused.value.facts["errors"][0]["pointer"] == "/store_ids/1"


def test_somebody_removed_signs_in_no_more_until_entered_again(joined):
    entered = enter()
    removed = staff.remove_staff(MERCHANT, entered["staff_id"], NOW, "merchant_manager")
    assert removed["removed_at"] is not None
    assert staff.remove_staff(MERCHANT, entered["staff_id"], NOW) == {**removed, "_hit": True}
    with pytest.raises(NotFound, match="login-unknown"):
        signed_in()
    enter()
    assert signed_in()["merchant_id"] == MERCHANT


def test_a_manager_cannot_remove_managers_nor_strangers(joined):
    (manager,) = staff.list_staff(MERCHANT).items
    with pytest.raises(Forbidden, match="role-not-allowed"):
        staff.remove_staff(MERCHANT, manager["staff_id"], NOW, "merchant_manager")
    with pytest.raises(NotFound, match="staff-unknown"):
        staff.remove_staff(MERCHANT, "stf_none", NOW)


def test_staff_entered_without_a_list_is_listed_when_entered_again(joined):
    put_staff("wang", "cashier", MERCHANT, ["sto_1"], "王师傅")
    assert enter("operator")["staff_id"] == signed_in()["subject"]
    assert {m["subject"] for m in staff.list_staff(MERCHANT).items} == {"li", "wang"}
