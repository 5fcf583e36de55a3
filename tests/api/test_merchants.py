"""Merchants in force over HTTP: what operators decide, what anybody sees."""

from collections.abc import Callable

import pytest

from tests.api.trading import Trade
from tests.gateway import Gateway, assert_problem
from tests.services.trading import MERCHANT

ONE = f"/v1/operator/merchants/{MERCHANT}"
TERMS = {"reason": "资质过期", "notice": "该商户暂停服务。", "open_vouchers": "release"}


@pytest.fixture
def trade(gateway: Gateway, token_of: Callable[..., str]) -> Trade:
    trade = Trade(gateway, token_of)
    trade.join()
    return trade


def test_a_suspension_is_seen_by_everybody_and_ends_with_its_lifting(trade: Trade) -> None:
    assert trade.operator("POST", f"{ONE}/suspension", TERMS).json["state"] == "suspended"
    again = trade.operator("POST", f"{ONE}/suspension", TERMS)
    assert again.headers["Idempotency-Hit"] == "true"
    seen = trade.anybody("GET", f"/v1/merchants/{MERCHANT}").json
    assert (seen["state"], seen["notice"]["open_vouchers"]) == ("suspended", "release")
    assert trade.operator("POST", f"{ONE}/reinstatement", {"reason": "已换证"}).json["state"] == "active"
    changes = trade.operator("GET", f"{ONE}/changes?limit=2").json
    assert [change["what"] for change in changes["items"]] == ["reinstate: 已换证", "suspend"]
    rest = trade.operator("GET", f"{ONE}/changes?limit=2&cursor={changes['next_cursor']}").json
    assert [change["what"] for change in rest["items"]] == ["join"]


def test_operators_renew_contracts_and_let_merchants_leave(trade: Trade) -> None:
    period = {"contract_from": "2026-11-01", "contract_to": "2028-10-31"}
    assert trade.operator("PUT", f"{ONE}/contract", period).json["contract_to"] == "2028-10-31"
    backwards = {"contract_from": "2028-11-01", "contract_to": "2028-10-31"}
    assert_problem(trade.operator("PUT", f"{ONE}/contract", backwards), 400, "invalid-input", "/contract_to")
    assert trade.operator("POST", f"{ONE}/leaving", TERMS).json["state"] == "left"
    assert_problem(trade.operator("POST", f"{ONE}/suspension", TERMS), 409, "merchant-wrong-state")
    assert [m["state"] for m in trade.operator("GET", "/v1/operator/merchants").json["items"]] == ["left"]


def test_operators_enter_and_remove_staff(trade: Trade) -> None:
    member = {"subject": "sun", "role": "merchant_manager", "store_ids": ["sto_1"], "name": "孙姐"}
    entered = trade.operator("POST", f"{ONE}/staff", member)
    assert (entered.status, entered.json["role"]) == (201, "merchant_manager")
    assert {m["subject"] for m in trade.operator("GET", f"{ONE}/staff").json["items"]} == {"li", "sun"}
    removed = trade.operator("DELETE", f"{ONE}/staff/{entered.json['staff_id']}").json
    assert removed["removed_at"] is not None
    assert_problem(trade.operator("DELETE", f"{ONE}/staff/none"), 404, "staff-unknown")


def test_a_merchant_nobody_entered_is_unknown(trade: Trade) -> None:
    assert_problem(trade.anybody("GET", "/v1/merchants/none"), 404, "merchant-unknown")
    assert_problem(trade.operator("GET", "/v1/operator/merchants/none"), 404, "merchant-unknown")
    assert_problem(
        trade.operator("POST", "/v1/operator/merchants/none/leaving", TERMS), 404, "merchant-unknown"
    )
