"""What the tests about merchants and offers share: an enterprise that joins, people who decide, offers in force."""

from typing import Any

from chalicelib.services import merchant_applications as applications
from chalicelib.services import offer_drafts, stores
from tests.services.ledger import NOW

CREDIT_CODE = "91110000600037341L"
MERCHANT = f"mer_{CREDIT_CODE.lower()}"
MANAGER, ANNA, BERT = "stf_manager", "op_anna", "op_bert"
APPLICATION = {
    "application_id": "app-0123456789abcdef",
    "credit_code": CREDIT_CODE,
    "name": "锦绣洗衣",
    "contact_name": "李经理",
    "contact_phone": "0951-5550101",
    "scenarios": ["衣"],
}
TERMS = {
    "contract_from": "2026-11-01",
    "contract_to": "2027-10-31",
    "manager": {"subject": "li", "name": "李姐"},
}
STORE = {"id": "sto_1", "name": "解放街店", "address": "银川市兴庆区解放街"}
OFFER = {
    "id": "coat",
    "kind": "item-for-points",
    "store_ids": ["sto_1"],
    "title": "干洗大衣一件",
    "scenario": "衣",
    "points": 50,
    "stock": 10,
    "starts_at": "2026-11-01T00:00:00+08:00",
    "ends_at": "2027-06-30T00:00:00+08:00",
}


def join(application_id: str = "app-0123456789abcdef", **changes: Any) -> dict[str, Any]:
    """Let an enterprise join, through both operators, and return its application."""
    fields = {**APPLICATION, "application_id": application_id, **changes}
    applications.submit_application(application_id, fields, NOW)
    applications.review_application(application_id, TERMS, ANNA, NOW)
    return applications.approve_application(application_id, BERT, NOW)


def join_with_store() -> None:
    """Let the enterprise join and open its first store."""
    join()
    stores.open_store(MERCHANT, STORE, MANAGER, NOW)


def put_in_force(now: Any = NOW, **changes: Any) -> dict[str, Any]:
    """Draft, submit and approve an offer, or its next version."""
    draft = offer_drafts.create_draft(MERCHANT, {**OFFER, **changes}, MANAGER, now)
    offer_drafts.submit_draft(MERCHANT, draft["draft_id"], MANAGER, now)
    return offer_drafts.approve_draft(draft["draft_id"], ANNA, now)
