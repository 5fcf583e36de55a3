"""Joining over HTTP: who may do which step, and what an applicant is told."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.trading import APPLICATIONS, Trade
from tests.gateway import Gateway, Reply, assert_problem
from tests.services.test_merchant_applications import credit_code
from tests.services.trading import APPLICATION, MERCHANT, TERMS

OWN = f"/v1/merchant-applications/{APPLICATION['application_id']}"
ONE = f"{APPLICATIONS}/{APPLICATION['application_id']}"


@pytest.fixture
def trade(gateway: Gateway, token_of: Callable[..., str]) -> Trade:
    return Trade(gateway, token_of)


def test_anybody_applies_and_two_operators_let_them_in(trade: Trade) -> None:
    assert trade.join().json["merchant_id"] == MERCHANT
    told = trade.anybody("GET", OWN).json
    assert (told["state"], told["merchant_id"]) == ("approved", MERCHANT)
    assert "contact" not in str(told)
    again = trade.anybody("POST", "/v1/merchant-applications", APPLICATION)
    assert (again.status, again.headers["Idempotency-Hit"]) == (201, "true")
    login = {"provider": "dev", "subject": "li", "role": "merchant_manager"}
    assert trade.anybody("POST", "/v1/sessions", login).json["merchant_id"] == MERCHANT


def test_operators_find_what_waits_and_reject_with_a_reason(trade: Trade) -> None:
    trade.anybody("POST", "/v1/merchant-applications", APPLICATION)
    (waiting,) = trade.operator("GET", APPLICATIONS).json["items"]
    assert waiting["contact_phone"] == APPLICATION["contact_phone"]
    assert (
        trade.operator("POST", f"{ONE}/rejection", {"reason": "营业执照已过期"}).json["state"] == "rejected"
    )
    assert trade.anybody("GET", OWN).json["reason"] == "营业执照已过期"
    assert trade.operator("GET", f"{APPLICATIONS}?state=submitted").json["items"] == []
    assert trade.operator("GET", ONE).json["decision"]["by"] == "op_anna"
    assert_problem(trade.operator("POST", f"{ONE}/review", TERMS), 409, "application-wrong-state")


def test_one_operator_alone_lets_nobody_in(trade: Trade) -> None:
    trade.anybody("POST", "/v1/merchant-applications", APPLICATION)
    trade.operator("POST", f"{ONE}/review", TERMS)
    assert_problem(trade.operator("POST", f"{ONE}/approval"), 403, "needs-second-person")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"credit_code": "91110000600037342L"}, "/credit_code"),
        ({"credit_code": "911100006000373421"}, "/credit_code"),
        ({"credit_code": "1"}, "/credit_code"),
        ({"scenarios": []}, "/scenarios"),
        ({"scenarios": ["飞"]}, "/scenarios/0"),
        ({"contact_phone": "call me"}, "/contact_phone"),
        ({"name": ""}, "/name"),
        ({"extra": 1}, "/extra"),
    ],
)
def test_every_wrong_field_of_an_application_is_named(trade: Trade, change: dict, pointer: str) -> None:
    reply = trade.anybody("POST", "/v1/merchant-applications", {**APPLICATION, **change})
    assert_problem(reply, 400, "invalid-input", pointer)


def test_what_nobody_applied_for_is_unknown(trade: Trade) -> None:
    assert_problem(
        trade.anybody("GET", "/v1/merchant-applications/none"), 404, "merchant-application-unknown"
    )
    assert_problem(trade.operator("GET", f"{APPLICATIONS}/none"), 404, "merchant-application-unknown")


class Elsewhere(Gateway):
    """The gateway as somebody at one network address reaches it."""

    def event(self, *arguments: Any) -> dict[str, Any]:
        event = super().event(*arguments)
        event["requestContext"]["identity"] = {"sourceIp": "203.0.113.7"}
        return event


def test_one_network_address_sends_so_many_applications_and_is_told_when_to_go_on(gateway: Gateway) -> None:
    def apply(number: int) -> Reply:
        changes = {"credit_code": credit_code(f"{number:08d}"), "application_id": f"app-{number:012d}"}
        return Elsewhere().send("POST", "/v1/merchant-applications", {**APPLICATION, **changes})

    assert [apply(number).status for number in range(10)] == [201] * 10
    refused = apply(10)
    assert_problem(refused, 429, "too-many-applications")
    assert refused.headers["Retry-After"] == "7200"
    assert apply(3).headers["Idempotency-Hit"] == "true"
    other = {**APPLICATION, "credit_code": credit_code("00000099")}
    assert gateway.send("POST", "/v1/merchant-applications", other).status == 201
