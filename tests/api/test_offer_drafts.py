"""Offers from a merchant's draft to their end, over HTTP."""

from collections.abc import Callable

import pytest

from chalicelib.store import files
from tests.api.trading import Trade
from tests.gateway import Gateway, assert_problem
from tests.services.delivering import add_bucket
from tests.services.trading import MERCHANT, OFFER


@pytest.fixture
def trade(gateway: Gateway, token_of: Callable[..., str]) -> Trade:
    trade = Trade(gateway, token_of)
    trade.join()
    return trade


def test_an_offer_goes_from_draft_through_review_to_its_end(trade: Trade) -> None:
    assert trade.manager("POST", "/offer-drafts", OFFER).json["state"] == "draft"
    mended = trade.manager("PUT", "/offer-drafts/coat.v1", {**OFFER, "points": 40})
    assert mended.json["offer"]["points"] == 40
    assert trade.manager("POST", "/offer-drafts/coat.v1/submission").json["state"] == "review"
    assert [d["draft_id"] for d in trade.operator("GET", "/v1/operator/offer-drafts").json["items"]] == [
        "coat.v1"
    ]
    assert trade.operator("POST", "/v1/operator/offer-drafts/coat.v1/approval").json["state"] == "published"
    assert [o["version"] for o in trade.manager("GET", "/offers").json["items"]] == [1]
    ended = trade.manager("POST", "/offers/coat/end", {"reason": "换季"})
    assert (ended.json["state"], ended.json["end_reason"]) == ("ended", "换季")
    assert trade.anybody("GET", "/v1/offers/coat").json["state"] == "ended"
    assert_problem(trade.manager("POST", "/offer-drafts", OFFER), 422, "offer-ended")


def test_an_offer_given_back_is_withdrawn_mended_or_given_up(trade: Trade) -> None:
    trade.manager("POST", "/offer-drafts", OFFER)
    trade.manager("POST", "/offer-drafts/coat.v1/submission")
    assert trade.manager("POST", "/offer-drafts/coat.v1/withdrawal").json["state"] == "draft"
    trade.manager("POST", "/offer-drafts/coat.v1/submission")
    reason = {"reason": "条款不清楚"}
    rejected = trade.operator("POST", "/v1/operator/offer-drafts/coat.v1/rejection", reason)
    assert rejected.json["decision"]["reason"] == "条款不清楚"
    assert trade.operator("GET", "/v1/operator/offer-drafts/coat.v1").json["state"] == "draft"
    assert trade.manager("DELETE", "/offer-drafts/coat.v1").json["state"] == "discarded"
    assert_problem(trade.manager("POST", "/offer-drafts/coat.v1/submission"), 409, "offer-wrong-state")
    assert [d["state"] for d in trade.manager("GET", "/offer-drafts").json["items"]] == ["discarded"]


def test_another_merchants_drafts_and_offers_do_not_exist(trade: Trade) -> None:
    trade.put_in_force()
    reply = trade.manager("POST", "/offers/coat/end", {"reason": "换季"}, merchant_id="mer_other")
    assert_problem(reply, 404, "offer-unknown")
    reply = trade.manager("POST", "/offer-drafts/coat.v1/submission", merchant_id="mer_other")
    assert_problem(reply, 404, "offer-draft-unknown")
    assert trade.operator("POST", "/v1/operator/offers/coat/end", {"reason": "违规"}).json["state"] == "ended"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"points": -1}, "/points"),
        ({"points": 1.5}, "/points"),
        ({"points": 0}, "/points"),
        ({"kind": "gift"}, "/kind"),
        ({"scenario": "飞"}, "/scenario"),
        ({"store_ids": []}, "/store_ids"),
        ({"store_ids": ["none"]}, "/store_ids/0"),
        ({"limit_per_resident": 0}, "/limit_per_resident"),
        ({"budget_fen": 100}, "/value_fen"),
        (
            {"valid_hours": [{"weekdays": [8], "opens": "09:00", "closes": "10:00"}]},
            "/valid_hours/0/weekdays/0",
        ),
        ({"valid_hours": [{"weekdays": [1], "opens": "9:00", "closes": "10:00"}]}, "/valid_hours/0/opens"),
        ({"picture": "data:image/png;base64,AAAA"}, "/picture"),
        ({"picture": "http://example.org/a.png"}, "/picture"),
        ({"ends_at": "2026-10-01T00:00:00+08:00"}, "/ends_at"),
    ],
)
def test_every_wrong_field_of_an_offer_is_named(trade: Trade, change: dict, pointer: str) -> None:
    reply = trade.manager("POST", "/offer-drafts", {**OFFER, **change})
    assert_problem(reply, 400, "invalid-input", pointer)


def test_a_picture_is_uploaded_into_the_merchants_own_folder_and_looked_at_when_submitted(
    trade: Trade,
) -> None:
    add_bucket()
    asked = {"sha256": "a" * 64, "media": "image/png", "size_bytes": 1000}
    answer = trade.manager("POST", "/pictures", asked).json
    assert answer["picture"].startswith(f"pictures/{MERCHANT}/")
    assert trade.manager("POST", "/offer-drafts", {**OFFER, "picture": answer["picture"]}).status == 201
    submission = f"/offer-drafts/{OFFER['id']}.v1/submission"
    assert_problem(trade.manager("POST", submission), 422, "picture-missing")
    files.write_bytes(answer["picture"], b"<html>", "image/png")
    assert_problem(trade.manager("POST", submission), 422, "picture-invalid")
    too_big = {**asked, "size_bytes": 1024 * 1024 + 1}
    assert_problem(trade.manager("POST", "/pictures", too_big), 400, "invalid-input", "/size_bytes")
