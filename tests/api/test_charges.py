"""Paying over HTTP: a phone's code at a till, a terminal, a poster, an operator, and what staff may not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.wallet_codes import step_at, wallet_code
from chalicelib.services.terminals import secret_of
from chalicelib.store import catalogue
from tests.conftest import Clock
from tests.gateway import Gateway, Reply, assert_problem
from tests.services.ledger import record

ID = "till3-20261120-0001"


class Shop:
    """A laundry with a till, a resident with 103 points and a registered phone, and everybody's tokens."""

    def __init__(self, gateway: Gateway, token_of: Callable[..., str], clock: Clock) -> None:
        self.gateway, self._token_of, self.clock = gateway, token_of, clock
        catalogue.put_document(
            "merchant", "laundry", {"id": "laundry", "name": "洁净洗衣", "scenarios": ["衣"]}
        )
        store = {"id": "laundry-1", "merchant_id": "laundry", "name": "1 号店"}
        catalogue.put_document("store", "laundry-1", store)
        record("res_a", "e1", "e2", at=clock.now - timedelta(days=1), now=clock.now)
        body = {"device_id": "phone-0000001", "name": "我的手机"}
        self.device = self.resident("POST", "/v1/me/devices", body).json

    def resident(self, method: str, path: str, body: Any = None) -> Reply:
        """Send as the resident."""
        return self.gateway.send(method, path, body, self._token_of("resident", "res_a"))

    def staff(self, method: str, path: str, body: Any = None, role: str = "cashier") -> Reply:
        """Send as staff of the laundry."""
        return self.gateway.send(method, path, body, self._token_of(role, "stf_1", "laundry", ("laundry-1",)))

    def operator(self, method: str, path: str, body: Any = None) -> Reply:
        """Send as an operator."""
        return self.gateway.send(method, path, body, self._token_of("operator"))

    def code(self) -> str:
        """Return what the phone shows now."""
        return wallet_code(self.device["secret"], self.device["handle"], step_at(self.clock.now))

    def body(self, **changes: Any) -> dict[str, Any]:
        """Return a request to charge."""
        return {"charge_id": ID, "code": self.code(), "store_id": "laundry-1", "bill_fen": 120, **changes}

    def points(self) -> int:
        """Return what the resident can spend."""
        found: int = self.resident("GET", "/v1/me").json["balance"]["points_available"]
        return found


@pytest.fixture
def shop(gateway: Gateway, token_of: Callable[..., str], clock: Clock) -> Shop:
    return Shop(gateway, token_of, clock)


def test_scan_look_charge_ask_void(shop: Shop) -> None:
    asked = {name: value for name, value in shop.body().items() if name != "charge_id"}
    said = shop.staff("POST", "/v1/pos/charges/preview", asked)
    assert (said.status, said.json["points"], said.json["fen_to_pay"], shop.points()) == (200, 60, 60, 103)
    made = shop.staff("POST", "/v1/pos/charges", shop.body(quote=said.json["quote"], points=60))
    assert (made.status, made.json["state"], shop.points()) == (201, "charged", 43)
    again = shop.staff("POST", "/v1/pos/charges", shop.body(points=60))
    assert (again.headers["Idempotency-Hit"], again.json) == ("true", made.json)
    assert shop.staff("GET", f"/v1/pos/charges/{ID}").json == made.json
    (seen,) = shop.staff("GET", "/v1/pos/charges?since=2026-11-20T03:59:00Z").json["items"]
    assert (seen["kind"], seen["charge_id"]) == ("charge", ID)
    assert shop.staff("POST", f"/v1/pos/charges/{ID}/void").json["state"] == "voided"
    assert shop.points() == 103
    assert "res_a" not in made.text + said.text, "a till does not learn who it is"


def test_a_manager_refunds_a_part_and_a_cashier_may_not(shop: Shop) -> None:
    shop.staff("POST", "/v1/pos/charges", shop.body())
    body = {"refund_id": "refund-000001", "fen": 20, "reason": "退一件"}
    assert_problem(shop.staff("POST", f"/v1/pos/charges/{ID}/refund", body), 403, "role-not-allowed")
    reply = shop.staff("POST", f"/v1/pos/charges/{ID}/refund", body, "merchant_manager")
    assert (reply.json["points_refunded"], shop.points()) == (20, 63)
    too_much = {**body, "refund_id": "refund-000002", "fen": 41}
    reply = shop.staff("POST", f"/v1/pos/charges/{ID}/refund", too_much, "merchant_manager")
    assert_problem(reply, 422, "refund-above-charge")
    assert reply.json["fen_remaining"] == 40


def test_amounts_that_are_none_are_refused_each_by_its_own_name(shop: Shop) -> None:
    for bill_fen, code in [
        (0, "amount-not-positive"),
        (-1, "amount-not-positive"),
        (1.5, "amount-not-whole"),
        (10**12, "amount-too-large"),
        ("120", "invalid-input"),
        (True, "invalid-input"),
        (None, "invalid-input"),
    ]:
        reply = shop.staff("POST", "/v1/pos/charges", shop.body(bill_fen=bill_fen))
        assert_problem(reply, 400, code, "/bill_fen")
    assert shop.points() == 103


def test_a_till_that_sends_wrong_codes_has_to_wait(shop: Shop) -> None:
    wrong = shop.code()[:-1] + str((int(shop.code()[-1]) + 1) % 10)
    for _ in range(10):
        assert_problem(
            shop.staff("POST", "/v1/pos/charges", shop.body(code=wrong)), 422, "wallet-code-unknown"
        )
    reply = shop.staff("POST", "/v1/pos/charges", shop.body(code=wrong))
    assert_problem(reply, 429, "too-many-codes")
    assert int(reply.headers["Retry-After"]) == reply.json["retry_after_s"] > 0


def test_a_store_where_one_does_not_work_is_not_charged_at(shop: Shop) -> None:
    assert_problem(shop.staff("POST", "/v1/pos/charges", shop.body(store_id="other")), 403, "store-of-others")


def test_a_terminal_signs_in_with_its_key_and_charges_like_a_cashier(shop: Shop) -> None:
    terminal = {
        "id": "till-laundry-1",
        "merchant_id": "laundry",
        "store_id": "laundry-1",
        "name": "1 号机",
        "version": 1,
        "key_no": 1,
        "keyed_at": "2026-11-20T00:00:00.000Z",
        "revoked_at": None,
    }
    catalogue.put_document("terminal", terminal["id"], terminal)
    key = {"key_id": "till-laundry-1.1", "secret": secret_of("till-laundry-1.1")}
    session = shop.gateway.send("POST", "/v1/pos/sessions", key)
    assert (session.status, session.json["role"], session.json["store_ids"]) == (
        201,
        "terminal",
        ["laundry-1"],
    )
    token = session.json["access_token"]
    made = shop.gateway.send("POST", "/v1/pos/charges", shop.body(), token)
    assert (made.json["state"], made.json["staff_id"]) == ("charged", "trm_till-laundry-1")
    for wrong in ({"secret": "A" * 43}, {"key_id": "till-laundry-1.2"}, {"key_id": "none.1"}):
        assert_problem(
            shop.gateway.send("POST", "/v1/pos/sessions", {**key, **wrong}), 404, "terminal-key-unknown"
        )


def test_a_resident_pays_at_the_poster_of_a_store(shop: Shop) -> None:
    codes = "/v1/merchant/stores/laundry-1/codes"
    assert_problem(shop.staff("POST", codes, {"label": "1 号收银台"}), 403, "role-not-allowed")
    code = shop.staff("POST", codes, {"label": "1 号收银台"}, "merchant_manager").json
    bare = code["text"].removeprefix("tanhui-pay:")
    assert shop.resident("GET", f"/v1/me/merchant-codes/{bare}").json["store_name"] == "1 号店"
    asked = {"merchant_code": code["text"], "bill_fen": 120}
    said = shop.resident("POST", "/v1/me/payments/preview", asked).json
    paid = shop.resident(
        "POST", "/v1/me/payments", {**asked, "payment_id": "payment-00001", "points": said["points"]}
    )
    assert (paid.status, paid.json["merchant_name"], shop.points()) == (201, "洁净洗衣", 43)
    rid = paid.json["redemption_id"]
    assert shop.resident("GET", f"/v1/me/payments/{rid}").json == paid.json
    assert shop.resident("GET", "/v1/me/payments").json["items"] == [paid.json]
    assert shop.staff("GET", f"/v1/pos/charges/{rid}").json["via"] == "merchant-code"
    assert shop.staff("DELETE", f"{codes}/1", role="merchant_manager").json["revoked_at"]
    assert_problem(shop.resident("POST", "/v1/me/payments/preview", asked), 422, "merchant-code-revoked")
    assert len(shop.staff("GET", codes, role="merchant_manager").json["items"]) == 1


@pytest.mark.parametrize("size", ["A4", "A6"])
def test_the_poster_is_a_pdf_with_the_code_and_the_names_in_chinese(shop: Shop, size: str) -> None:
    label = {"label": "1 号收银台"}
    shop.staff("POST", "/v1/merchant/stores/laundry-1/codes", label, "merchant_manager")
    reply = shop.staff("GET", f"/v1/merchant/stores/laundry-1/poster?size={size}", role="merchant_manager")
    assert reply.headers["Content-Type"] == "application/pdf"
    assert reply.text.startswith("%PDF-1.4")
    assert reply.text.isascii()
    for text in ("洁净洗衣", "1 号店", "收款码 1 号收银台"):
        assert text.encode("utf-16-be").hex().upper() in reply.text
    box = {"A4": "[0 0 595.28 841.89]", "A6": "[0 0 297.64 419.53]"}[size]
    assert box in reply.text
    missing = shop.staff("GET", "/v1/merchant/stores/laundry-1/poster?number=9", role="merchant_manager")
    assert_problem(missing, 404, "merchant-code-unknown")


def test_an_operator_freezes_and_decides_reviews(shop: Shop, token_of: Callable[..., str]) -> None:
    from chalicelib.services.wallet import note_works_at

    note_works_at("res_a", ("laundry",))
    held = shop.staff("POST", "/v1/pos/charges", shop.body())
    assert (held.status, held.json["state"], held.json["reasons"][0]["code"]) == (
        202,
        "in-review",
        "own-merchant",
    )
    (review,) = shop.operator("GET", "/v1/operator/reviews").json["items"]
    path = f"/v1/operator/reviews/{review['redemption_id']}"
    reason = {"reason": "核实为真实消费"}
    assert shop.operator("POST", path + "/release", reason).json["state"] == "charged"
    assert_problem(shop.operator("POST", path + "/cancel", reason), 409, "review-decided")
    frozen = shop.operator("POST", "/v1/operator/residents/res_a/freeze", {"reason": "挂失"})
    assert frozen.json["frozen_at"] == "2026-11-20T04:00:00.000Z"
    shop.clock.pass_(seconds=30)
    reply = shop.staff("POST", "/v1/pos/charges", shop.body(charge_id="till3-20261120-0002"))
    assert_problem(reply, 422, "account-frozen")
    free = shop.operator("POST", "/v1/operator/residents/res_a/unfreeze", reason)
    assert free.json["frozen_at"] is None


def test_offline_scans_come_back_one_by_one_with_a_sentence_for_the_cashier(shop: Shop) -> None:
    scan = {
        "token": "x" * 40,
        "scan_id": "scan-00000001",
        "store_id": "laundry-1",
        "scanned_at": "2026-11-20T03:00:00Z",
    }
    (result,) = shop.staff("POST", "/v1/pos/vouchers/uploads", {"items": [scan]}).json["results"]
    assert (result["outcome"], result["title"]) == ("conflict", "提交的内容有误")
    (kept,) = shop.staff("GET", "/v1/merchant/conflicts", role="merchant_manager").json["items"]
    path = f"/v1/merchant/conflicts/{kept['case_id']}/settle"
    assert shop.staff("POST", path, {"note": "已处理"}, "merchant_manager").json["state"] == "settled"
    assert_problem(
        shop.staff("POST", "/v1/pos/vouchers/uploads", {"items": [scan] * 101}),
        400,
        "invalid-input",
        "/items",
    )
    closed = shop.staff("GET", "/v1/pos/vouchers/closed?since=2026-11-20T00:00:00Z").json
    assert (closed["items"], closed["is_complete"]) == ([], True)


def test_what_a_merchant_gathered_says_what_may_be_done_with_it(shop: Shop) -> None:
    shop.staff("POST", "/v1/pos/charges", shop.body())
    (day,) = shop.staff("GET", "/v1/merchant/holdings?limit=1", role="merchant_manager").json["items"]
    assert (day["on"], day["vintages"][0]["points"]) == ("2026-11-20", 60)
    assert any("核证" in use for use in day["vintages"][0]["uses"])


def test_devices_are_listed_without_secrets_and_revoked(shop: Shop) -> None:
    listed = shop.resident("GET", "/v1/me/devices").json
    assert (len(listed["items"]), "secret" in listed["items"][0], listed["server_at"]) == (
        1,
        False,
        "2026-11-20T04:00:00.000Z",
    )
    assert shop.resident("DELETE", "/v1/me/devices/phone-0000001").status == 204
    assert_problem(shop.resident("DELETE", "/v1/me/devices/phone-0000001"), 404, "device-unknown")
    assert_problem(shop.staff("POST", "/v1/pos/charges", shop.body()), 422, "wallet-device-revoked")
