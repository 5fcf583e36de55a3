"""The audit: every kind of tampering is found, and work that goes on meanwhile is not taken for it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.services import account_audits
from chalicelib.services.auditing import AUDIT, IN_USE, run_audit
from chalicelib.services.corrections import restore_activity, reverse_activity
from chalicelib.services.findings import acknowledge_finding, list_findings
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.sweeps import run_sweep_now, start_sweep, work_on
from chalicelib.services.tills import redeem_voucher
from chalicelib.services.vouchers import take_voucher, voucher_token
from chalicelib.store import queues, runs
from chalicelib.store.client import Item, dynamodb
from chalicelib.store.sheets import find_sheet
from tests.services.ledger import CASHIER, NOW, add_offer, add_shop, record
from tests.services.paying import add_phone, charge, earn, open_shop

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
        ("accounts", ACCOUNT, edit_state(borne=[[1, 2026, 1, 9]]), 2),
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


VOUCHER = {"redemption_id": {"S": "red_2"}}
SPENT = {"redemption_id": {"S": "red_1"}}


def edit_voucher(**changes: Any) -> Callable[[dict[str, Any]], object]:
    """Change a voucher consistently, its text and what stands beside it."""

    def change(item: dict[str, Any]) -> None:
        item["body"]["S"] = json.dumps(
            json.loads(item["body"]["S"]) | changes, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        for name in {"state", "account_id"} & set(changes):
            item[name] = {"S": changes[name]}

    return change


@pytest.mark.parametrize(
    ("table", "key", "change", "invariant"),
    [
        ("redemptions", VOUCHER, edit_voucher(draws=[[2026, "2028-12-31", 49, 490]]), 6),
        ("redemptions", VOUCHER, edit_voucher(account_id="res_b"), 6),
        ("redemptions", VOUCHER, lambda item: item.update(state={"S": "posted"}), 6),
        ("redemptions", VOUCHER, lambda item: item.update(body={"S": "{"}), 6),
        ("redemptions", VOUCHER, lambda item: item.update(kind={"S": "gift"}), 6),
        ("redemptions", SPENT, edit_voucher(state="refunded"), 6),
        ("redemptions", SPENT, edit_voucher(draws=[]), 6),
        ("entries", entry_key(3), lambda item: item.pop("counterparty"), 1),
        ("entries", entry_key(3), lambda item: item.update(counterparty={"S": "mer_other#2026-11-21#00"}), 1),
        ("entries", entry_key(3), lambda item: item.update(at={"S": "2026-11-20T00:00:00.000Z"}), 1),
        ("entries", entry_key(3), lambda item: item.pop("body"), 1),
        ("accounts", ACCOUNT, lambda item: item.update(state={"S": "{}"}), 2),
        ("accounts", SHEET, edit_activity(6, "?"), 2),
        ("accounts", SHEET, lambda item: item.pop("g"), 2),
    ],
)
def test_a_change_behind_the_products_back_is_found_and_named(
    history: None, table: str, key: dict[str, Any], change: Callable[[dict[str, Any]], object], invariant: int
) -> None:
    put(table, key, change)
    findings = run_audit().findings
    assert invariant in {finding.invariant for finding in findings}
    assert "res_a" in {finding.account_id for finding in findings if finding.invariant == invariant}


def test_a_charge_that_was_changed_is_found_and_an_honest_one_is_not(tables: None) -> None:
    open_shop()
    earn()
    made = charge(add_phone())
    name = "tanhui-test-redemptions"
    (item,) = dynamodb().scan(TableName=name)["Items"]
    assert run_audit().findings == []
    for changes in ({"draws": []}, {"state": "voided"}, {"state": "blocked"}, {"account_id": "res_b"}):
        changed = json.loads(json.dumps(item))
        edit_voucher(**changes)(changed)
        dynamodb().put_item(TableName=name, Item=changed)
        assert 6 in {finding.invariant for finding in run_audit().findings}, changes
    dynamodb().delete_item(TableName=name, Key={"redemption_id": item["redemption_id"]})
    assert [(f.invariant, f.account_id) for f in run_audit().findings] == [(6, "res_a")], made


def test_swapped_entries_are_found(history: None) -> None:
    name = "tanhui-test-entries"
    second, third = (dynamodb().get_item(TableName=name, Key=entry_key(seq))["Item"] for seq in (2, 3))
    dynamodb().put_item(TableName=name, Item={**third, "seq": {"N": "2"}})
    dynamodb().put_item(TableName=name, Item={**second, "seq": {"N": "3"}})
    assert {1, 4} <= {finding.invariant for finding in run_audit().findings}


def test_an_inserted_entry_is_found(history: None) -> None:
    item = dynamodb().get_item(TableName="tanhui-test-entries", Key=entry_key(1))["Item"]
    dynamodb().put_item(TableName="tanhui-test-entries", Item={**item, "seq": {"N": "5"}})
    assert {1, 2, 4} <= {finding.invariant for finding in run_audit().findings}


def test_an_inserted_or_deleted_sheet_and_an_item_of_unknown_kind_are_found(history: None) -> None:
    name = "tanhui-test-accounts"
    sheet = dynamodb().get_item(TableName=name, Key=SHEET)["Item"]
    dynamodb().put_item(TableName=name, Item={**sheet, "item": {"S": "sheet#2026-11-19"}})
    assert {2, 9} <= {finding.invariant for finding in run_audit().findings}
    dynamodb().delete_item(TableName=name, Key={**SHEET, "item": {"S": "sheet#2026-11-19"}})
    dynamodb().put_item(TableName=name, Item={**ACCOUNT, "item": {"S": "gift#1"}})
    (finding,) = run_audit().findings
    assert (finding.invariant, finding.account_id, "gift#1" in finding.detail) == (2, "res_a", True)
    dynamodb().delete_item(TableName=name, Key={**ACCOUNT, "item": {"S": "gift#1"}})
    dynamodb().delete_item(TableName=name, Key=SHEET)
    assert [finding.invariant for finding in run_audit().findings] == [2]


def test_a_deleted_voucher_is_found(history: None) -> None:
    dynamodb().delete_item(TableName="tanhui-test-redemptions", Key=SPENT)
    assert [(f.invariant, f.account_id) for f in run_audit().findings] == [(6, "res_a")]


def test_entries_and_vouchers_of_nobody_are_found_under_their_name(history: None) -> None:
    entry = dynamodb().get_item(TableName="tanhui-test-entries", Key=entry_key(1))["Item"]
    dynamodb().put_item(TableName="tanhui-test-entries", Item={**entry, "account_id": {"S": "res_ghost"}})
    voucher = dynamodb().get_item(TableName="tanhui-test-redemptions", Key=VOUCHER)["Item"]
    edit_voucher(account_id="res_ghost", redemption_id="red_9")(voucher)
    dynamodb().put_item(
        TableName="tanhui-test-redemptions", Item={**voucher, "redemption_id": {"S": "red_9"}}
    )
    found = {(finding.invariant, finding.account_id) for finding in run_audit().findings}
    assert {(1, "res_ghost"), (6, "res_ghost"), (1, "")} <= found


@pytest.mark.parametrize("seq", [1, 2, 3, 4])
def test_a_deleted_entry_is_found(history: None, seq: int) -> None:
    dynamodb().delete_item(TableName="tanhui-test-entries", Key=entry_key(seq))
    assert {finding.invariant for finding in run_audit().findings} & {2, 4}


def test_entries_of_an_account_that_is_gone_are_found(history: None) -> None:
    for key in (ACCOUNT, SHEET):
        dynamodb().delete_item(TableName="tanhui-test-accounts", Key=key)
    assert run_audit().findings != []


def test_a_charge_to_nobody_and_a_refund_beyond_what_was_redeemed_are_found() -> None:
    from datetime import date

    from chalicelib.domain.accounts import Account, Booking, charge_points, refund_post
    from chalicelib.domain.auditing import Totals, audit_account
    from chalicelib.domain.entries import entry_body
    from chalicelib.domain.lots import Lot

    today, facts = date(2026, 11, 21), {"redemption_id": "chg_1"}
    start = Booking(Account("res_a", lots=(Lot(date(2027, 12, 31), 2026, 50, 500),)))
    charged, draws = charge_points(start, 20, "mer_1", facts, today, NOW)
    twice = refund_post(
        refund_post(charged, draws, "mer_1", facts, today, 30, NOW, left_at=1),
        draws,
        "mer_1",
        facts,
        today,
        30,
        NOW,
        left_at=1,
    )
    stolen, _ = charge_points(start, 20, "sys_pool", facts, today, NOW)
    for booking, invariant in ((twice, 7), (stolen, 1)):
        journal = [(entry_body(entry), digest) for entry, digest in booking.entries]
        found = {finding.invariant for finding in audit_account(booking.account, [], journal, Totals())}
        assert invariant in found


def test_trading_during_the_audit_is_not_a_finding(history: None, monkeypatch: pytest.MonkeyPatch) -> None:
    record("res_a", "e3", at=NOW)
    real, bought = account_audits.entry_items_of, []

    def entries(account_id: str, consistent: bool) -> Iterator[Item]:
        if len(bought) < 3:
            bought.append(take_voucher("res_a", f"red_{3 + len(bought)}", "off_small", NOW))
        yield from real(account_id, consistent)

    add_offer("off_small", points=1, stock=100)
    monkeypatch.setattr(account_audits, "entry_items_of", entries)
    report = run_audit(NOW)
    assert (report.findings, len(bought)) == ([], 3)


def test_an_entry_of_the_last_minutes_may_be_in_one_reading_only(
    history: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = account_audits.redemption_items_of

    def redemptions(account_id: str) -> Iterator[Item]:
        record("res_late", "e1", at=NOW)
        settle_open_sheets(NOW + timedelta(days=1), lambda: False)
        return real(account_id)

    monkeypatch.setattr(account_audits, "redemption_items_of", redemptions)
    assert run_audit(NOW + timedelta(days=1)).findings == []


def test_a_finding_is_kept_once_and_rings_until_it_is_acknowledged(
    history: None, capsys: pytest.CaptureFixture[str]
) -> None:
    put("accounts", ACCOUNT, edit_state(carry=1))
    audit = replace(AUDIT, segments=1)
    for number in range(2):
        run_sweep_now(audit, f"audit-{number}", IN_USE, NOW)
    (found,) = list_findings("open", 10, None).items
    assert (found["invariant"], found["account_id"], found["times"]) == (2, "res_a", 2)
    assert '"AuditFindings":1' in capsys.readouterr().out
    acknowledge_finding(found["finding_id"], "已查明，待更正", "opr_1", NOW)
    assert run_sweep_now(audit, "audit-3", IN_USE, NOW)["findings"] == 1
    assert '"AuditFindings":0' in capsys.readouterr().out
    assert list_findings("open", 10, None).items == []
    (known,) = list_findings("acknowledged", 10, None).items
    assert (known["times"], known["why"], known["acknowledged_by"]) == (3, "已查明，待更正", "opr_1")


def test_two_audits_at_once_do_not_disturb_each_other(history: None, monkeypatch: pytest.MonkeyPatch) -> None:
    put("accounts", ACCOUNT, edit_state(carry=1))
    audit = replace(AUDIT, segments=2)
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr(queues, "send_message", lambda _, body: sent.append((body["sweep"], body["part"])))
    for audit_id in ("audit-1", "audit-2"):
        start_sweep(audit, audit_id, IN_USE, NOW)
    for audit_id, part in sorted(sent, key=lambda message: message[1]):
        work_on(audit, audit_id, part, NOW, lambda: False)
    alone = run_sweep_now(audit, "audit-3", IN_USE, NOW)
    for audit_id in ("audit-1", "audit-2"):
        assert runs.get_run(audit_id).body["result"] == alone
    assert alone["findings"] == 1
    (found,) = list_findings("open", 10, None).items
    assert found["times"] == 3


def test_a_resident_with_many_vouchers_is_audited_whole(tables: None) -> None:
    add_shop()
    add_offer("off_small", points=1, stock=1000)
    record("res_a", "e1", "e2", "e3", "e4", "e5")
    for number in range(120):
        take_voucher("res_a", f"red_{number}", "off_small", NOW)
    assert run_audit().findings == []


def test_of_very_many_merchants_only_the_sum_is_kept(history: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.services.audit_totals.PARTIES_MAX", 2)
    totals = run_audit().totals
    assert set(totals.points_by_party) == {"residents", "residents/held", "sys_issuance", "merchants"}
    assert totals.points_by_party["merchants"] == 50
