"""Offers before and after they are in force: drafts, reviews by a second person, versions, endings."""

from datetime import timedelta
from hashlib import sha256

import pytest

from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused
from chalicelib.services import merchants, offer_drafts
from chalicelib.services.vouchers import get_voucher, take_voucher
from chalicelib.store import files
from chalicelib.store.catalogue import find_document, get_document
from tests.killing import killed_at_every_call
from tests.services.delivering import add_bucket
from tests.services.ledger import NOW, counter_of, record
from tests.services.trading import ANNA, BERT, MANAGER, MERCHANT, OFFER, join_with_store, put_in_force


@pytest.fixture
def joined(tables):
    join_with_store()


def draft(**changes):
    return offer_drafts.create_draft(MERCHANT, {**OFFER, **changes}, MANAGER, NOW)


def submitted(**changes):
    draft_id = draft(**changes)["draft_id"]
    return offer_drafts.submit_draft(MERCHANT, draft_id, MANAGER, NOW)["draft_id"]


def test_a_draft_is_in_force_when_an_operator_approved_it_and_not_before(joined):
    made = draft()
    assert (made["draft_id"], made["state"], made["due_at"]) == ("coat.v1", "draft", None)
    handed_in = offer_drafts.submit_draft(MERCHANT, "coat.v1", MANAGER, NOW)
    assert (handed_in["state"], handed_in["due_at"]) == ("review", "2026-11-24T04:00:00.000Z")
    assert find_document("offer", "coat") is None
    assert offer_drafts.approve_draft("coat.v1", ANNA, NOW)["state"] == "published"
    offer = get_document("offer", "coat")
    assert (offer["state"], offer["version"], offer["merchant_id"]) == ("live", 1, MERCHANT)
    assert counter_of("coat").version == 1


def test_every_step_again_is_the_same_answer(joined):
    first = draft()
    assert draft() == {**first, "_hit": True}
    handed_in = offer_drafts.submit_draft(MERCHANT, "coat.v1", MANAGER, NOW)
    assert offer_drafts.submit_draft(MERCHANT, "coat.v1", MANAGER, NOW) == {**handed_in, "_hit": True}
    approved = offer_drafts.approve_draft("coat.v1", ANNA, NOW)
    assert offer_drafts.approve_draft("coat.v1", ANNA, NOW) == {**approved, "_hit": True}
    ended = offer_drafts.end_offer("coat", "换季", MANAGER, NOW, MERCHANT)
    assert offer_drafts.end_offer("coat", "换季", MANAGER, NOW, MERCHANT) == {**ended, "_hit": True}


def test_who_drafted_or_submitted_an_offer_cannot_approve_it(joined):
    submitted()
    with pytest.raises(Forbidden, match="needs-second-person"):
        offer_drafts.approve_draft("coat.v1", MANAGER, NOW)
    assert find_document("offer", "coat") is None


def test_a_rejected_draft_goes_back_with_the_reason_and_can_be_mended(joined):
    submitted()
    back = offer_drafts.reject_draft("coat.v1", "条款不清楚", ANNA, NOW)
    assert (back["state"], back["decision"]["reason"]) == ("draft", "条款不清楚")
    assert offer_drafts.reject_draft("coat.v1", "条款不清楚", ANNA, NOW) == {**back, "_hit": True}
    mended = {**OFFER, "terms": "每张券洗一件。"}
    assert offer_drafts.edit_draft(MERCHANT, "coat.v1", mended, MANAGER, NOW)["offer"]["terms"]
    assert offer_drafts.edit_draft(MERCHANT, "coat.v1", mended, MANAGER, NOW)["_hit"] is True


def test_a_draft_is_withdrawn_and_given_up_and_drafted_again(joined):
    submitted()
    with pytest.raises(Conflict, match="offer-wrong-state"):
        offer_drafts.edit_draft(MERCHANT, "coat.v1", OFFER, MANAGER, NOW)
    assert offer_drafts.withdraw_draft(MERCHANT, "coat.v1")["state"] == "draft"
    assert offer_drafts.discard_draft(MERCHANT, "coat.v1")["state"] == "discarded"
    assert offer_drafts.discard_draft(MERCHANT, "coat.v1")["_hit"] is True
    assert draft(points=60)["offer"]["points"] == 60


def test_a_second_draft_of_the_same_version_is_refused(joined):
    draft()
    with pytest.raises(Conflict, match="offer-exists"):
        draft(points=60)


def test_a_new_price_is_a_new_version_and_vouchers_keep_the_old_one(joined):
    put_in_force(points=50)
    record("res_a", "e1", "e2")
    take_voucher("res_a", "red_1", "coat", NOW)
    assert put_in_force(points=30)["draft_id"] == "coat.v2"
    assert take_voucher("res_a", "red_2", "coat", NOW)["points"] == 30
    assert get_voucher("res_a", "red_1", NOW)["points"] == 50
    assert (counter_of("coat").taken, counter_of("coat").version) == (2, 2)


def test_a_take_of_a_version_replaced_meanwhile_is_decided_again(joined, monkeypatch):
    """The price changes between the read and the write: the resident is never charged the old one."""
    from chalicelib.store import transactions

    put_in_force(points=50)
    record("res_a", "e1", "e2")
    real, raced = transactions.Transaction.commit, []

    def race(self):
        if not raced:
            raced.append(True)
            put_in_force(points=80)
        return real(self)

    monkeypatch.setattr(transactions.Transaction, "commit", race)
    assert take_voucher("res_a", "red_1", "coat", NOW)["points"] == 80


def test_an_offer_ended_meanwhile_is_not_taken(joined, monkeypatch):
    from chalicelib.store import transactions

    put_in_force()
    record("res_a", "e1", "e2")
    real, raced = transactions.Transaction.commit, []

    def race(self):
        if not raced:
            raced.append(True)
            offer_drafts.end_offer("coat", "换季", ANNA, NOW)
        return real(self)

    monkeypatch.setattr(transactions.Transaction, "commit", race)
    with pytest.raises(Refused, match="offer-ended"):
        take_voucher("res_a", "red_1", "coat", NOW)
    assert counter_of("coat").taken == 0


def test_an_ended_offer_has_no_next_version(joined):
    put_in_force()
    offer_drafts.end_offer("coat", "换季", MANAGER, NOW, MERCHANT)
    with pytest.raises(Refused, match="offer-ended"):
        draft(points=60)


def test_a_next_version_keeps_merchant_and_kind(joined):
    put_in_force()
    with pytest.raises(Conflict, match="offer-exists"):
        draft(kind="service")
    with pytest.raises(NotFound, match="offer-unknown"):
        offer_drafts.end_offer("coat", "换季", "stf_other", NOW, "mer_other")
    with pytest.raises(NotFound, match="offer-draft-unknown"):
        offer_drafts.submit_draft("mer_other", "coat.v1", "stf_other", NOW)


def test_an_offer_of_a_suspended_merchant_is_not_approved(joined):
    submitted()
    terms = {"reason": "资质过期", "notice": "暂停服务", "open_vouchers": "honour"}
    merchants.suspend_merchant(MERCHANT, terms, BERT, NOW)
    with pytest.raises(Refused, match="merchant-suspended"):
        offer_drafts.approve_draft("coat.v1", ANNA, NOW)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"store_ids": ["sto_none"]}, "/store_ids/0"),
        ({"kind": "top-up"}, "/top_up_fen"),
        ({"kind": "priority-window", "audience_id": "aud_none"}, "/audience_id"),
        ({"behaviour": {"methodology_ids": ["none"], "count": 1, "days": 1}}, "/behaviour/methodology_ids/0"),
        ({"picture": "pictures/mer_other/x.png"}, "/picture"),
    ],
)
def test_what_a_draft_names_must_exist_and_be_the_merchants(joined, change, pointer):
    with pytest.raises(InvalidInput) as refused:
        draft(**change)
    assert pointer in [e["pointer"] for e in refused.value.facts["errors"]]


def test_two_approvals_at_once_are_one_version(joined, monkeypatch):
    from chalicelib.store import transactions

    submitted()
    real, raced = transactions.Transaction.commit, []

    def race(self):
        if not raced:
            raced.append(True)
            offer_drafts.approve_draft("coat.v1", BERT, NOW)
        return real(self)

    monkeypatch.setattr(transactions.Transaction, "commit", race)
    with pytest.raises(Conflict, match="offer-wrong-state"):
        offer_drafts.approve_draft("coat.v1", ANNA, NOW)
    assert get_document("offer", "coat")["version"] == 1


def test_drafts_wait_for_operators_by_urgency_and_are_listed_for_their_merchant(joined):
    submitted(id="later-offer")
    draft(id="still-draft")
    offer_drafts.create_draft(MERCHANT, {**OFFER, "id": "older"}, MANAGER, NOW - timedelta(days=1))
    offer_drafts.submit_draft(MERCHANT, "older.v1", MANAGER, NOW - timedelta(days=1))
    waiting = [d["draft_id"] for d in offer_drafts.list_drafts("review", 10, None).items]
    assert waiting == ["older.v1", "later-offer.v1"]
    assert len(offer_drafts.list_own_drafts(MERCHANT, 10, None).items) == 3
    assert offer_drafts.get_draft("older.v1")["merchant_id"] == MERCHANT


def test_a_draft_is_submitted_with_the_copy_of_its_picture_that_was_looked_at(joined):
    add_bucket()
    content = b"\xff\xd8\xff" + b"coat" * 9
    key = f"pictures/{MERCHANT}/{sha256(content).hexdigest()}.jpg"
    files.write_bytes(key, content, "image/jpeg")
    draft_id = draft(picture=key)["draft_id"]
    submitted = offer_drafts.submit_draft(MERCHANT, draft_id, MANAGER, NOW)
    assert submitted["offer"]["picture"] == key.replace(f"{MERCHANT}/", f"{MERCHANT}/checked/")
    assert offer_drafts.submit_draft(MERCHANT, draft_id, MANAGER, NOW)["_hit"]


def test_an_offer_killed_at_any_call_on_its_way_into_force_ends_as_if_it_had_not_been(joined):
    draft_id = f"{OFFER['id']}.v1"
    for step in (
        draft,
        lambda: offer_drafts.submit_draft(MERCHANT, draft_id, MANAGER, NOW),
        lambda: offer_drafts.approve_draft(draft_id, ANNA, NOW),
    ):
        assert killed_at_every_call(step) >= 2
