"""The main job over HTTP: own cups become points, points become a voucher, the cashier redeems it once."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Clock
from tests.gateway import Gateway, Reply, assert_problem

OFFER = {
    "id": "coat-cleaning",
    "merchant_id": "laundry",
    "store_ids": ["laundry-1", "laundry-2"],
    "title": "洗一件大衣",
    "scenario": "衣",
    "points": 2,
    "stock": 2,
    "starts_at": "2026-11-01T00:00:00+08:00",
    "ends_at": "2026-12-31T23:59:59+08:00",
}
RID = "redemption-0001"


class City:
    """A small city: one merchant with two stores and one offer, a resident with points, a cashier."""

    def __init__(self, gateway: Gateway, token_of: Callable[..., str]) -> None:
        self.gateway, self._token_of = gateway, token_of
        operator = token_of("operator")
        self.published = [
            gateway.send("POST", "/v1/operator/merchants", {"id": "laundry", "name": "洁净洗衣"}, operator),
            *(gateway.send("POST", "/v1/operator/stores", _store(n), operator) for n in (1, 2)),
            gateway.send("POST", "/v1/operator/offers", OFFER, operator),
        ]

    def resident(self, method: str, path: str, body: Any = None, account_id: str = "res_a") -> Reply:
        """Send as a resident."""
        return self.gateway.send(method, path, body, self._token_of("resident", account_id))

    def cashier(self, path: str, body: Any, merchant_id: str = "laundry", role: str = "cashier") -> Reply:
        """Send as staff of a merchant, who works at its first store."""
        token = self._token_of(role, "stf_1", merchant_id, ("laundry-1",))
        return self.gateway.send("POST", f"/v1/pos/vouchers/{path}", body, token)

    def earn(self, cups: int, account_id: str = "res_a") -> None:
        """Declare own cups, three a day at most: two points each."""
        for number in range(cups):
            day = 20 - number // 3
            body = _cup(f"{account_id}-cup-{number:04d}", f"2026-11-{day}T08:0{number % 3}:00+08:00")
            assert self.resident("POST", "/v1/me/activities", body, account_id).status == 201

    def take(self, redemption_id: str = RID) -> Reply:
        """Take a voucher of the offer."""
        body = {"redemption_id": redemption_id, "offer_id": "coat-cleaning"}
        return self.resident("POST", "/v1/me/vouchers", body)

    def scan(
        self, token: str, scan_id: str = "scan-00000001", store_id: str = "laundry-1", **staff: Any
    ) -> Reply:
        """Redeem at the till."""
        return self.cashier("redeem", {"token": token, "store_id": store_id, "scan_id": scan_id}, **staff)

    def token(self) -> str:
        """Return the voucher's signed text."""
        found: str = self.resident("GET", f"/v1/me/vouchers/{RID}/token").json["token"]
        return found

    def balance(self) -> dict[str, Any]:
        """Return the resident's balance."""
        found: dict[str, Any] = self.resident("GET", "/v1/me").json["balance"]
        return found


def _store(number: int) -> dict[str, str]:
    return {
        "id": f"laundry-{number}",
        "merchant_id": "laundry",
        "name": f"{number} 号店",
        "address": "中山路 1 号",
    }


def _cup(event_id: str, occurred_at: str) -> dict[str, Any]:
    event_id = occurred_at[:10].replace("-", "") + "-" + event_id
    return {"event_id": event_id, "methodology_id": "own-cup", "occurred_at": occurred_at, "inputs": {}}


@pytest.fixture
def city(gateway: Gateway, token_of: Callable[..., str]) -> City:
    return City(gateway, token_of)


def test_own_cups_become_a_cleaned_coat(city: City) -> None:
    city.earn(cups=3)
    assert city.balance()["points_available"] == 6
    voucher = city.take()
    assert (voucher.status, voucher.json["state"], voucher.json["points"]) == (201, "open", 2)
    assert (city.balance()["points_available"], city.balance()["points_held"]) == (4, 2)
    token = city.token()
    preview = city.cashier("preview", {"token": token, "store_id": "laundry-1"})
    assert (preview.json["state"], city.balance()["points_held"]) == ("open", 2)
    redeemed = city.scan(token)
    assert (redeemed.json["state"], redeemed.json["store_id"]) == ("posted", "laundry-1")
    assert (city.balance()["points_available"], city.balance()["points_held"]) == (4, 0)
    kinds = [entry["kind"] for entry in city.resident("GET", "/v1/me/entries").json["items"]]
    assert kinds == ["post", "hold", "grant"]


def test_repeated_requests_get_the_same_answer_and_a_mark(city: City) -> None:
    cup = _cup("cup-00000001", "2026-11-20T08:00:00+08:00")
    first, again = (city.resident("POST", "/v1/me/activities", cup) for _ in range(2))
    assert (first.json, "Idempotency-Hit" in first.headers) == (again.json, False)
    assert again.headers["Idempotency-Hit"] == "true"
    taken, taken_again = city.take(), city.take()
    assert taken_again.headers["Idempotency-Hit"] == "true"
    assert (taken.json, taken.status) == (taken_again.json, taken_again.status)
    token = city.token()
    scanned, scanned_again = city.scan(token), city.scan(token)
    assert scanned_again.headers["Idempotency-Hit"] == "true"
    assert scanned.json == scanned_again.json


def test_the_same_id_for_something_else_is_refused(city: City) -> None:
    city.earn(cups=2)
    city.take()
    body = {"redemption_id": RID, "offer_id": "coat-cleaning"}
    assert_problem(city.resident("POST", "/v1/me/vouchers", body, "res_b"), 409, "idempotency-key-reused")


def test_a_second_scan_is_told_time_and_place_of_the_first(city: City, clock: Clock) -> None:
    city.earn(cups=1)
    city.take()
    token = city.token()
    city.scan(token)
    reply = city.scan(token, scan_id="scan-00000002")
    assert_problem(reply, 409, "voucher-already-redeemed")
    assert reply.json["redeemed_at"] == "2026-11-20T04:00:00.000Z"
    assert (reply.json["store_id"], reply.json["store_name"]) == ("laundry-1", "1 号店")
    assert_problem(city.resident("GET", f"/v1/me/vouchers/{RID}/token"), 409, "voucher-not-open")


def test_what_the_till_must_refuse(city: City) -> None:
    city.earn(cups=1)
    city.take()
    token = city.token()
    assert_problem(city.scan(token, store_id="laundry-2"), 403, "store-of-others")
    assert_problem(city.scan(token, merchant_id="bakery"), 403, "voucher-of-other-merchant")
    assert_problem(city.scan(token[:-4] + "AAAA"), 422, "voucher-forged")
    assert_problem(city.scan("x" * 40), 400, "invalid-input", "/token")
    assert city.balance()["points_held"] == 2


def test_a_voucher_given_back_returns_its_points(city: City) -> None:
    city.earn(cups=1)
    city.take()
    voided = city.resident("POST", f"/v1/me/vouchers/{RID}/void")
    assert (voided.json["state"], city.balance()["points_available"]) == ("voided", 2)
    assert city.resident("POST", f"/v1/me/vouchers/{RID}/void").headers["Idempotency-Hit"] == "true"


def test_a_manager_takes_a_redemption_back_and_a_cashier_may_not(city: City) -> None:
    city.earn(cups=1)
    city.take()
    city.scan(city.token())
    reason = {"reason": "洗坏了"}
    assert_problem(city.cashier(f"{RID}/refund", reason), 403, "role-not-allowed")
    assert city.cashier(f"{RID}/refund", reason, role="merchant_manager").json["state"] == "refunded"
    assert city.balance()["points_available"] == 2


def test_too_few_points_and_an_empty_stock_are_refused_with_the_numbers(city: City) -> None:
    assert_problem(city.take(), 422, "points-insufficient")
    city.earn(cups=9)
    for number in (1, 2):
        assert city.take(f"redemption-100{number}").status == 201
    assert_problem(city.take("redemption-1003"), 422, "offer-sold-out")
    assert city.resident("GET", "/v1/offers/coat-cleaning").json["stock_remaining"] == 0


def test_what_belongs_to_others_does_not_exist(city: City) -> None:
    city.earn(cups=1)
    city.take()
    activity_id = city.resident("GET", "/v1/me/activities").json["items"][0]["activity_id"]
    for path in (f"/v1/me/vouchers/{RID}", f"/v1/me/vouchers/{RID}/qr", f"/v1/me/vouchers/{RID}/token"):
        assert_problem(city.resident("GET", path, account_id="res_b"), 404, "voucher-unknown")
    assert_problem(
        city.resident("POST", f"/v1/me/vouchers/{RID}/void", account_id="res_b"), 404, "voucher-unknown"
    )
    for path in (f"/v1/activities/{activity_id}", f"/v1/activities/{activity_id}/explain"):
        assert city.resident("GET", path).status == 200
        assert_problem(city.resident("GET", path, account_id="res_b"), 404, "activity-unknown")


def test_the_qr_holds_the_token_on_white_with_a_quiet_zone(city: City) -> None:
    city.earn(cups=1)
    city.take()
    reply = city.resident("GET", f"/v1/me/vouchers/{RID}/qr")
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', reply.text)[1])  # type: ignore[index]
    columns = [int(x) for x in re.findall(r"M(\d+),", reply.text)]
    assert 'fill="white"' in reply.text
    assert (min(columns), max(columns)) == (4, size - 5)
    assert "<script" not in reply.text


def test_lists_of_vouchers_and_offers(city: City, clock: Clock) -> None:
    city.earn(cups=3)
    for number in (1, 2):
        city.take(f"redemption-200{number}")
        clock.pass_(minutes=1)
    page = city.resident("GET", "/v1/me/vouchers?limit=1").json
    rest = city.resident("GET", f"/v1/me/vouchers?limit=5&cursor={page['next_cursor']}").json
    assert len(page["items"] + rest["items"]) == 2
    assert [offer["id"] for offer in city.resident("GET", "/v1/offers").json["items"]] == ["coat-cleaning"]


def test_operators_publish_and_mistakes_are_named(city: City, token_of: Callable[..., str]) -> None:
    assert [reply.status for reply in city.published] == [201, 201, 201, 201]
    operator = token_of("operator")

    def publish(**change: Any) -> Reply:
        return city.gateway.send("POST", "/v1/operator/offers", {**OFFER, "id": "new", **change}, operator)

    assert_problem(publish(id="coat-cleaning"), 409, "offer-exists")
    assert_problem(publish(merchant_id="none"), 400, "invalid-input", "/merchant_id")
    assert_problem(publish(store_ids=["laundry-1", "none"]), 400, "invalid-input", "/store_ids/1")
    assert_problem(publish(ends_at="2026-10-01T00:00:00Z"), 400, "invalid-input", "/ends_at")
    assert_problem(publish(points=0), 400, "invalid-input", "/points")
    assert_problem(city.resident("GET", "/v1/offers/new"), 404, "offer-unknown")
