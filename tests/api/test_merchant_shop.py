"""A manager's own shop over HTTP: stores, cashiers, terminals; never those of another merchant."""

from collections.abc import Callable

import pytest

from tests.api.trading import Trade
from tests.gateway import Gateway, assert_problem
from tests.services.trading import MERCHANT, STORE

TERMINAL = {"terminal_id": "term-000000001", "store_id": "sto_1", "name": "一号机"}
CASHIER = {"subject": "wang", "role": "cashier", "store_ids": ["sto_1"], "name": "王师傅"}


@pytest.fixture
def trade(gateway: Gateway, token_of: Callable[..., str]) -> Trade:
    trade = Trade(gateway, token_of)
    trade.join()
    return trade


def test_a_manager_runs_stores(trade: Trade) -> None:
    assert trade.manager("GET", "").json["id"] == MERCHANT
    hours = [{"weekdays": [1, 2], "opens": "09:00", "closes": "24:00"}]
    said = {"name": "解放街店", "address": "新址", "opening_hours": hours, "state": "closed"}
    assert trade.manager("PUT", "/stores/sto_1", said).json["state"] == "closed"
    assert trade.manager("POST", "/stores", {**STORE, "id": "sto_2"}).status == 201
    assert [store["id"] for store in trade.manager("GET", "/stores").json["items"]] == ["sto_1", "sto_2"]
    assert_problem(trade.manager("PUT", "/stores/none", said), 404, "store-unknown")
    assert_problem(trade.manager("POST", "/stores", {**STORE, "name": "别的"}), 409, "store-exists")
    late = [{**hours[0], "closes": "25:00"}]
    reply = trade.manager("PUT", "/stores/sto_1", {**said, "opening_hours": late})
    assert_problem(reply, 400, "invalid-input", "/opening_hours/0/closes")


def test_a_manager_enters_and_removes_cashiers_only(trade: Trade) -> None:
    entered = trade.manager("POST", "/staff", CASHIER)
    assert (entered.status, entered.json["role"]) == (201, "cashier")
    manager = {**CASHIER, "role": "merchant_manager"}
    assert_problem(trade.manager("POST", "/staff", manager), 403, "role-not-allowed")
    assert_problem(
        trade.manager("POST", "/staff", {**CASHIER, "store_ids": ["none"]}),
        400,
        "invalid-input",
        "/store_ids/0",
    )
    assert len(trade.manager("GET", "/staff").json["items"]) == 2
    path = f"/staff/{entered.json['staff_id']}"
    assert trade.manager("DELETE", path).json["removed_at"] is not None
    assert_problem(trade.manager("DELETE", path, merchant_id="mer_other"), 404, "staff-unknown")


def test_a_terminals_secret_is_shown_when_it_is_made(trade: Trade) -> None:
    made = trade.manager("POST", "/terminals", TERMINAL)
    assert (made.status, made.json["key_id"]) == (201, "term-000000001.1")
    assert trade.manager("POST", "/terminals", TERMINAL).headers["Idempotency-Hit"] == "true"
    assert_problem(trade.manager("POST", "/terminals", {**TERMINAL, "name": "别的"}), 409, "terminal-exists")
    assert "secret" not in trade.manager("GET", "/terminals").text
    keys = "/terminals/term-000000001/keys"
    assert trade.manager("POST", keys, {"after_key_no": 1}).json["key_no"] == 2
    assert_problem(trade.manager("POST", keys, {"after_key_no": 7}), 409, "terminal-key-changed")
    assert trade.manager("DELETE", "/terminals/term-000000001").json["revoked_at"] is not None
    assert_problem(trade.manager("POST", keys, {"after_key_no": 2}), 409, "terminal-revoked")
    assert_problem(
        trade.manager("DELETE", "/terminals/term-000000001", merchant_id="mer_x"), 404, "terminal-unknown"
    )


def test_a_merchant_gives_notice_in_time(trade: Trade) -> None:
    terms = {"reason": "迁址", "notice": "门店迁出本市。", "open_vouchers": "honour"}
    soon = {**terms, "from_at": "2026-12-01T00:00:00+08:00"}
    assert_problem(trade.manager("POST", "/leaving", soon), 422, "notice-too-short")
    assert trade.manager("POST", "/leaving", terms).json["leaving"]["from_at"] == "2026-12-20T04:00:00.000Z"
