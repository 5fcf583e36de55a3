"""The audit: every kind of tampering is found, and work that goes on meanwhile is not taken for it."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.services import auditing
from chalicelib.services.auditing import run_audit
from chalicelib.services.corrections import restore_activity, reverse_activity
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.tills import redeem_voucher
from chalicelib.services.vouchers import take_voucher, voucher_token
from chalicelib.store.client import dynamodb
from chalicelib.store.sheets import find_sheet
from tests.services.ledger import CASHIER, NOW, add_shop, record

DAY = date(2026, 11, 20)
ACCOUNT = {"account_id": {"S": "res_a"}, "item": {"S": "account"}}
SHEET = {"account_id": {"S": "res_a"}, "item": {"S": "sheet#2026-11-20"}}


@pytest.fixture
def history(tables: None) -> None:
    """One resident with a settled day, a redeemed voucher and an open one."""
    add_shop()
    record("res_a", "e1", "e2")
    take_voucher("res_a", "red_1", "off_coat", NOW)
    redeem_voucher(CASHIER, voucher_token("res_a", "red_1", NOW), "sto_1", "scan_1", NOW)
    take_voucher("res_a", "red_2", "off_coat", NOW)
    settle_open_sheets(NOW, lambda: False)


def put(table: str, key: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> None:
    """Change a stored item behind the product's back."""
    name = f"tanhui-test-{table}"
    item = dynamodb().get_item(TableName=name, Key=key)["Item"]
    change(item)
    dynamodb().put_item(TableName=name, Item=item)


def entry_key(seq: int) -> dict[str, Any]:
    return {"account_id": {"S": "res_a"}, "seq": {"N": str(seq)}}


def edit_state(**changes: Any) -> Callable[[dict[str, Any]], object]:
    def change(item: dict[str, Any]) -> None:
        item["state"]["S"] = json.dumps(json.loads(item["state"]["S"]) | changes)

    return change


def edit_body(old: str, new: str) -> Callable[[dict[str, Any]], object]:
    def change(item: dict[str, Any]) -> None:
        assert old in item["body"]["S"]
        item["body"]["S"] = item["body"]["S"].replace(old, new)

    return change


def edit_activity(position: int, text: str) -> Callable[[dict[str, Any]], object]:
    def change(item: dict[str, Any]) -> None:
        name = min(name for name in item if name[0] == "e")
        fields = item[name]["S"].split("|")
        fields[position] = text
        item[name]["S"] = "|".join(fields)

    return change


@pytest.fixture
def corrected(history: None) -> None:
    """The same with a third ride reversed after all was settled and mostly spent, and an idle correction."""
    record("res_a", "e3", "e4")
    settle_open_sheets(NOW, lambda: False)
    sheet = find_sheet("res_a", DAY)
    assert sheet is not None
    first, second, *_ = sorted(sheet.activities)
    for key, cause in ((first, "job_1"), (second, "job_2")):
        reverse_activity("res_a", DAY, key, cause, NOW)
    restore_activity("res_a", DAY, first, "apl_1", NOW)
    settle_open_sheets(NOW, lambda: False)


def edit_correction(old: str, new: str) -> Callable[[dict[str, Any]], object]:
    def change(item: dict[str, Any]) -> None:
        name = max(name for name in item if "~" in name and old in item[name]["S"])
        item[name]["S"] = item[name]["S"].replace(old, new)

    return change


def drop_line(mark: str) -> Callable[[dict[str, Any]], object]:
    return lambda item: item.pop(next(name for name in sorted(item) if mark in name))


def add_line(text: str) -> Callable[[dict[str, Any]], object]:
    """Put one more correction beside an activity that has none, leaving every total as it is."""

    def change(item: dict[str, Any]) -> None:
        plain = [n for n in item if n[0] == "e" and "~" not in n and f"{n}~1" not in item]
        item[f"{min(plain)}~1"] = {"S": text}

    return change


@pytest.mark.parametrize(
    "change",
    [
        edit_correction("=reverse", "=replace"),
        edit_correction("job_2", "job_9"),
        edit_correction("|515|51500|", "|516|51600|"),
        edit_correction("|0|0|", "|1|100|"),
        drop_line("~2"),
        drop_line("~1"),
        add_line("=reverse|sm1-KTfOM05mYg6L|0|0|job_9"),
        add_line("=replace|sm1-KTfOM05mYg6L|515|51500|job_9"),
        lambda item: item.update({"c:sm": {"N": "2"}}),
        lambda item: item.update(g={"N": "1"}),
        lambda item: item.update(sg={"N": "1"}),
    ],
)
def test_a_changed_dropped_or_inserted_correction_is_found(
    corrected: None, change: Callable[[dict[str, Any]], object]
) -> None:
    assert run_audit().findings == []
    put("accounts", SHEET, change)
    assert run_audit().findings != []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"debit":"sys_loss"', '"debit":"sys_expired"'),
        ('"correction":"reverse"', '"correction":"restore"'),
        ('"millipoints":-51500', '"millipoints":-51400'),
        ('"day":"2026-11-20"', '"day":"2026-11-19"'),
    ],
)
def test_a_changed_adjustment_is_found(corrected: None, old: str, new: str) -> None:
    items = dynamodb().scan(TableName="tanhui-test-entries")["Items"]
    changed = [item for item in items if '"adjust"' in item["body"]["S"] and old in item["body"]["S"]]
    assert changed, "the history has such an entry"
    put("entries", {name: changed[0][name] for name in ("account_id", "seq")}, edit_body(old, new))
    assert run_audit().findings != []


def test_entries_that_changed_places_or_were_inserted_are_found(corrected: None) -> None:
    one, other = (
        dynamodb().get_item(TableName="tanhui-test-entries", Key=entry_key(n))["Item"] for n in (5, 6)
    )
    for item, seq in ((one, "6"), (other, "5")):
        dynamodb().put_item(TableName="tanhui-test-entries", Item={**item, "seq": {"N": seq}})
    assert {finding.invariant for finding in run_audit().findings} & {4}
    for item in (one, other, {**one, "seq": {"N": "99"}}):
        dynamodb().put_item(TableName="tanhui-test-entries", Item=item)
    assert {finding.invariant for finding in run_audit().findings} & {4}


def test_a_worthless_line_edited_after_it_was_settled_is_found(tables: None) -> None:
    record("res_a", "c1", "c2", "c3", "c4", methodology_id="own-cup")
    settle_open_sheets(NOW, lambda: False)
    assert run_audit().findings == []

    def change(item: dict[str, Any]) -> None:
        name = next(name for name in item if name[0] == "e" and "cap-per-day" in item[name]["S"])
        item[name]["S"] = item[name]["S"].replace("|szt|", "|hlj|")

    put("accounts", SHEET, change)
    assert run_audit().findings != []


def test_an_honest_history_has_no_findings(history: None) -> None:
    report = run_audit()
    assert (report.findings, report.accounts, report.totals.entries) == ([], 1, 4)


@pytest.mark.parametrize(
    ("table", "key", "change", "invariant"),
    [
        ("accounts", ACCOUNT, edit_state(held=[0, 0]), 6),
        ("accounts", ACCOUNT, edit_state(carry=1), 2),
        ("accounts", ACCOUNT, edit_state(lots=[[2026, "2027-12-31", 4, 31]]), 2),
        ("accounts", ACCOUNT, lambda item: item.update(seq={"N": "3"}), 4),
        ("accounts", ACCOUNT, lambda item: item.update(head_hash={"S": "0" * 64}), 4),
        ("accounts", SHEET, lambda item: item.update(sg={"N": "1"}), 2),
        ("accounts", SHEET, lambda item: item.update(g={"N": "1031"}), 2),
        ("accounts", SHEET, edit_activity(1, "61"), 2),
        ("accounts", SHEET, edit_activity(3, "516"), 2),
        ("accounts", SHEET, edit_activity(5, "evil"), 2),
        ("accounts", SHEET, lambda item: item.update({"c:sm": {"N": "0"}}), 2),
        ("entries", entry_key(1), edit_body('"grant"', '"bonus"'), 1),
        ("entries", entry_key(1), edit_body('"points":103,"seq"', '"points":104,"seq"'), 1),
        ("entries", entry_key(1), lambda item: item.update(body={"S": "{"}), 1),
        ("entries", entry_key(1), edit_body('"millipoints":103000', '"millipoints":103001'), 4),
        ("entries", entry_key(3), edit_body('"credit":"mer_laundry"', '"credit":"sys_expired"'), 1),
        ("entries", entry_key(2), lambda item: item.update(hash={"S": "1" * 64}), 4),
    ],
)
def test_a_changed_item_is_found(
    history: None, table: str, key: dict[str, Any], change: Callable[[dict[str, Any]], object], invariant: int
) -> None:
    put(table, key, change)
    assert invariant in {finding.invariant for finding in run_audit().findings}


@pytest.mark.parametrize("seq", [1, 2, 3, 4])
def test_a_deleted_entry_is_found(history: None, seq: int) -> None:
    dynamodb().delete_item(TableName="tanhui-test-entries", Key=entry_key(seq))
    assert {finding.invariant for finding in run_audit().findings} & {2, 4}


def test_entries_of_an_account_that_is_gone_are_found(history: None) -> None:
    for key in (ACCOUNT, SHEET):
        dynamodb().delete_item(TableName="tanhui-test-accounts", Key=key)
    assert run_audit().findings != []


def test_trading_during_the_audit_is_not_a_finding(history: None, monkeypatch: pytest.MonkeyPatch) -> None:
    record("res_a", "e3", at=NOW)
    real = auditing._held_by_vouchers

    def held() -> dict[str, int]:
        found = real()
        take_voucher("res_a", "red_3", "off_coat", NOW)
        return found

    monkeypatch.setattr(auditing, "_held_by_vouchers", held)
    assert run_audit(NOW + timedelta(seconds=1)).findings == []
