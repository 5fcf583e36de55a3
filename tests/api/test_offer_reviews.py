"""What operators decide about offers over HTTP."""

from collections.abc import Callable

from tests.api.trading import Trade
from tests.gateway import Gateway, assert_problem
from tests.services.trading import OFFER

AUDIENCES = "/v1/operator/audiences"


def test_an_offer_is_kept_for_an_audience_made_by_an_operator(
    gateway: Gateway, token_of: Callable[..., str]
) -> None:
    trade = Trade(gateway, token_of)
    trade.join()
    audience = {"id": "aud_1", "title": "获奖居民"}
    assert trade.operator("POST", AUDIENCES, audience).status == 201
    assert trade.operator("POST", AUDIENCES, audience).headers["Idempotency-Hit"] == "true"
    assert_problem(trade.operator("POST", AUDIENCES, {**audience, "title": "别的"}), 409, "audience-exists")
    trade.put_in_force(kind="priority-window", audience_id="aud_1")
    seen = trade.resident("GET", "/v1/me/offers/coat").json
    assert (seen["can_take"], seen["why_not"]) == (False, "offer-not-eligible")
    body = {"redemption_id": "redemption-0001", "offer_id": "coat"}
    assert_problem(trade.resident("POST", "/v1/me/vouchers", body), 422, "offer-not-eligible")
    admitted = trade.operator("POST", f"{AUDIENCES}/aud_1/members", {"account_ids": ["res_a"]})
    assert admitted.json["admitted"] == 1
    assert trade.resident("GET", "/v1/me/offers/coat").json["why_not"] == "points-insufficient"
    nobody = {"account_ids": ["res_a"]}
    assert_problem(trade.operator("POST", f"{AUDIENCES}/none/members", nobody), 404, "audience-unknown")


def test_who_is_no_second_person_cannot_approve(gateway: Gateway, token_of: Callable[..., str]) -> None:
    trade = Trade(gateway, token_of)
    trade.join()
    trade.manager("POST", "/offer-drafts", OFFER)
    trade.manager("POST", "/offer-drafts/coat.v1/submission")
    approval = "/v1/operator/offer-drafts/coat.v1/approval"
    assert_problem(trade.operator("POST", approval, who="stf_li"), 403, "needs-second-person")
    assert_problem(trade.manager("POST", "/none"), 404)
    assert trade.operator("POST", approval).status == 200
