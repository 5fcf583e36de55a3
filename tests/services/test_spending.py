"""Batched reads give no isolation: what one shows may be of two moments, and nothing may be counted twice for it."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.services import spending
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.vouchers import take_voucher
from tests.services.ledger import NOW, add_shop, record


def tear(monkeypatch: pytest.MonkeyPatch, module: Any, between: Callable[[], object]) -> None:
    """Let the next batched read of `module` see the sheets, then let `between` happen, then see the rest."""
    real, torn = module.batch_get, []

    def batch_get(keys: Any, *more: Any) -> Any:
        if torn:
            return real(keys, *more)
        torn.append(True)
        sheets = [key for key in keys if key[1].get("item", {}).get("S", "").startswith("sheet#")]
        first = real(sheets)
        between()
        return first + real([key for key in keys if key not in sheets])

    monkeypatch.setattr(module, "batch_get", batch_get)


def settle_everything() -> None:
    settle_open_sheets(NOW, lambda: False)


def test_two_settlings_of_one_sheet_grant_it_once(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    record("res_a", "e1")
    tear(monkeypatch, spending, settle_everything)
    settle_everything()
    assert run_audit().findings == []
    assert read_balance("res_a", NOW)["points_available"] == 51


def test_a_spend_and_a_settling_of_one_sheet_grant_it_once(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_shop()
    record("res_a", "e1")
    tear(monkeypatch, spending, settle_everything)
    take_voucher("res_a", "red_1", "off_coat", NOW)
    assert run_audit().findings == []
    assert read_balance("res_a", NOW)["points_available"] == 1


def test_a_spend_that_saw_a_settled_day_before_it_moved_to_its_sheet_grants_nothing_twice(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_shop()
    record("res_a", "e1", "e2")
    take_voucher("res_a", "red_1", "off_coat", NOW)
    tear(monkeypatch, spending, settle_everything)
    take_voucher("res_a", "red_2", "off_coat", NOW)
    assert run_audit().findings == []
    assert read_balance("res_a", NOW)["points_available"] == 3


def test_an_account_does_not_keep_what_moved_to_a_sheet_though_a_spend_raced(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.store import transactions
    from chalicelib.store.accounts import find_account

    add_shop()
    record("res_a", "e1", "e2")
    take_voucher("res_a", "red_1", "off_coat", NOW)
    real, raced = transactions.Transaction.commit, []

    def commit(self: Any) -> None:
        if not raced:
            raced.append(True)
            settle_everything()
        real(self)

    monkeypatch.setattr(transactions.Transaction, "commit", commit)
    take_voucher("res_a", "red_2", "off_coat", NOW)
    account = find_account("res_a")
    assert account is not None
    assert account.settled == {}
    assert run_audit().findings == []


@pytest.mark.parametrize("act", ["balance", "spend"])
def test_a_sheet_seen_from_before_what_the_account_has_settled_is_read_again(
    tables: None, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    add_shop(stock=100)
    record("res_a", "e1")

    def between() -> None:
        record("res_a", "e2", "e3")
        take_voucher("res_a", "red_1", "off_coat", NOW)

    tear(monkeypatch, spending, between)
    if act == "spend":
        take_voucher("res_a", "red_2", "off_coat", NOW)
    points = read_balance("res_a", NOW)["points_available"]
    assert points == (154 - 50 if act == "balance" else 154 - 100)
    assert run_audit().findings == []
