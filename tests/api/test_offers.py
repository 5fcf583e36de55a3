"""Offers over HTTP: what anybody finds, what a resident can afford, and why not."""

from collections.abc import Callable

import pytest

from tests.api.trading import Trade
from tests.conftest import NOON
from tests.gateway import Gateway, assert_problem
from tests.services.ledger import record
from tests.services.trading import STORE

PLACE = {"latitude_microdegrees": 38466100, "longitude_microdegrees": 106279900}


@pytest.fixture
def trade(gateway: Gateway, token_of: Callable[..., str]) -> Trade:
    trade = Trade(gateway, token_of)
    trade.join()
    said = {name: value for name, value in STORE.items() if name != "id"}
    assert trade.manager("PUT", "/stores/sto_1", {**said, **PLACE}).status == 200
    trade.put_in_force()
    trade.put_in_force(id="shirt", points=20, title="水洗衬衫一件", limit_per_resident=1)
    return trade


def ids(trade: Trade, query: str = "", path: str = "/v1/offers") -> list[str]:
    send = trade.resident if path.startswith("/v1/me") else trade.anybody
    return [offer["id"] for offer in send("GET", path + query).json["items"]]


def test_no_offers_is_an_empty_page(gateway: Gateway) -> None:
    assert gateway.send("GET", "/v1/offers").json == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["shirt", "coat"]),
        ("?points_max=20", ["shirt"]),
        ("?scenario=食", []),
        ("?q=大衣", ["coat"]),
        ("?near=38.461,106.2813", ["coat", "shirt"]),
        ("?near=38.461,106.2813&within_m=100", []),
        ("?merchant_id=none", []),
        ("?within_m=100", ["shirt", "coat"]),
    ],
)
def test_offers_are_found_by_what_is_asked(trade: Trade, query: str, expected: list[str]) -> None:
    assert ids(trade, query) == expected


def test_a_distance_is_answered_in_metres(trade: Trade) -> None:
    for offer in trade.anybody("GET", "/v1/offers?near=38.461,106.2813").json["items"]:
        assert 500 < offer["distance_m"] < 700
    assert trade.anybody("GET", "/v1/offers").json["items"][0]["distance_m"] is None


def test_offers_come_page_by_page(trade: Trade) -> None:
    first = trade.anybody("GET", "/v1/offers?limit=1").json
    assert ids(trade, f"?limit=1&cursor={first['next_cursor']}") == ["coat"]
    assert_problem(trade.anybody("GET", "/v1/offers?cursor=nonsense"), 400, "invalid-input", "/query/cursor")


@pytest.mark.parametrize(
    "near", ["38.4", "91.0,106.2", "38.4,181", "38.1234567,106", "a,b", "38.4;106.2", "٣٨,١٠٦"]
)
def test_a_place_that_is_none_is_named(trade: Trade, near: str) -> None:
    assert_problem(trade.anybody("GET", f"/v1/offers?near={near}"), 400, "invalid-input", "/query/near")


def test_a_resident_sees_what_their_points_pay_and_why_not(trade: Trade) -> None:
    affordable = "?affordable=true"
    assert ids(trade, affordable, "/v1/me/offers") == []
    assert ids(trade, "", "/v1/me/offers") == ["shirt", "coat"]

    record("res_a", "e1", at=NOON, now=NOON)
    assert ids(trade, affordable, "/v1/me/offers") == ["shirt", "coat"]
    body = {"redemption_id": "redemption-0001", "offer_id": "shirt"}
    taken = trade.resident("POST", "/v1/me/vouchers", body)
    assert (taken.status, taken.json["offer"]["kind"]) == (201, "item-for-points")
    assert ids(trade, affordable, "/v1/me/offers") == ["shirt"]
    seen = trade.resident("GET", "/v1/me/offers/shirt").json
    assert (seen["can_take"], seen["why_not"]) == (False, "offer-limit-per-resident")
    again = {"redemption_id": "redemption-0002", "offer_id": "shirt"}
    assert_problem(trade.resident("POST", "/v1/me/vouchers", again), 422, "offer-limit-per-resident")


def test_an_offer_shows_terms_and_stores(trade: Trade) -> None:
    shown = trade.anybody("GET", "/v1/offers/coat").json
    assert (shown["merchant_name"], shown["is_takeable"]) == ("锦绣洗衣", True)
    assert shown["stores"][0]["latitude_microdegrees"] == 38466100
    assert_problem(trade.resident("GET", "/v1/me/offers/none"), 404, "offer-unknown")
