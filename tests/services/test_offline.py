"""Vouchers scanned without a network: posted when uploaded, conflicts kept, a till's risk bounded."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.days import to_text
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.profiles import current_profile
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.entries import list_entries
from chalicelib.services.merchant_journal import list_closed_vouchers
from chalicelib.services.offline import list_conflicts, settle_conflict, upload_vouchers
from chalicelib.services.releasing import release_due_vouchers
from chalicelib.services.tills import redeem_voucher
from chalicelib.services.vouchers import take_voucher, void_voucher, voucher_token
from tests.services.ledger import CASHIER, NOW, STRANGER, add_shop, record

LATER = NOW + timedelta(hours=2)
DUE = NOW + timedelta(days=14)


@pytest.fixture
def token(tables):
    add_shop()
    record("res_a", "e1", "e2")
    return taken()


def taken(redemption_id="red_1"):
    take_voucher("res_a", redemption_id, "off_coat", NOW)
    return voucher_token("res_a", redemption_id, NOW)


def scan(token, scan_id="scan-0001", at=NOW + timedelta(minutes=5), store_id="sto_1"):
    return {"token": token, "scan_id": scan_id, "store_id": store_id, "scanned_at": to_text(at)}


def upload(*scans, at=LATER, staff=CASHIER):
    answer = upload_vouchers(staff, scans, at)
    return [(r["outcome"], r["code"]) for r in answer["results"]]


def test_a_scan_is_posted_as_of_the_upload_with_its_own_time_as_a_fact(token):
    assert upload(scan(token)) == [("posted", None)]
    entry = list_entries("res_a", 1, None).items[0]
    assert (entry["kind"], entry["at"]) == ("post", to_text(LATER))
    assert entry["facts"]["scanned_at"] == to_text(NOW + timedelta(minutes=5))
    assert run_audit().findings == []


def test_the_whole_upload_again_changes_nothing(token):
    scans = [scan(token), scan("x" * 40, "scan-0002")]
    first = upload(*scans)
    assert upload(*scans) == first
    assert len(list_conflicts(CASHIER, 10, None).items) == 1
    assert read_balance("res_a", LATER)["points_available"] == 53


def test_a_voucher_used_elsewhere_meanwhile_is_a_conflict_with_time_and_place(token):
    redeem_voucher(CASHIER, token, "sto_1", "scan-first", NOW + timedelta(minutes=1))
    assert upload(scan(token)) == [("conflict", "voucher-already-redeemed")]
    (kept,) = list_conflicts(CASHIER, 10, None).items
    assert (kept["redemption_id"], kept["points"], kept["state"]) == ("red_1", 50, "open")
    assert kept["facts"]["store_name"] == "锦绣洗衣解放街店"
    assert kept["facts"]["redeemed_at"] == to_text(NOW + timedelta(minutes=1))
    settled = settle_conflict(CASHIER, kept["case_id"], "顾客已补付现金", LATER)
    assert (settled["state"], settled["note"]) == ("settled", "顾客已补付现金")
    assert settle_conflict(CASHIER, kept["case_id"], "x", LATER)["_hit"] is True
    with pytest.raises(NotFound, match="offline-conflict-unknown"):
        settle_conflict(STRANGER, kept["case_id"], "x", LATER)


def test_a_voucher_given_back_meanwhile_is_a_conflict(token):
    void_voucher("res_a", "red_1", NOW + timedelta(minutes=6))
    assert upload(scan(token)) == [("conflict", "voucher-not-open")]


@pytest.mark.parametrize("is_released", [False, True])
def test_a_deadline_that_passed_after_the_scan_is_kept_within_a_day(token, is_released):
    uploaded_at = DUE + timedelta(hours=3)
    if is_released:
        assert release_due_vouchers(uploaded_at, lambda: False).vouchers == 1
    in_time = scan(token, at=DUE - timedelta(minutes=1))
    assert upload(in_time, at=uploaded_at) == [("posted", None)]
    assert read_balance("res_a", uploaded_at)["points_held"] == 0
    assert run_audit().findings == []
    assert run_audit().totals.points_by_party["mer_laundry"] == 50


def test_a_deadline_that_passed_before_the_scan_or_an_upload_after_a_day_is_a_conflict(token):
    assert upload(scan(token, at=DUE), at=DUE + timedelta(hours=1)) == [("conflict", "voucher-expired")]
    in_time = scan(token, "scan-0002", at=DUE - timedelta(minutes=1))
    assert upload(in_time, at=DUE + timedelta(hours=24)) == [("conflict", "voucher-expired")]


def test_points_that_went_back_and_were_spent_meanwhile_are_a_conflict(token):
    uploaded_at = DUE + timedelta(hours=3)
    release_due_vouchers(uploaded_at, lambda: False)
    for number in (2, 3):
        take_voucher("res_a", f"red_{number}", "off_coat", uploaded_at)
    assert upload(scan(token, at=DUE - timedelta(minutes=1)), at=uploaded_at) == [
        ("conflict", "points-insufficient")
    ]
    assert run_audit().findings == []


def test_a_forged_or_foreign_code_and_a_wrong_store_are_conflicts(token):
    assert upload(scan(token[:-4] + "AAAA"), scan(token, "scan-0002", store_id="sto_9")) == [
        ("conflict", "voucher-forged"),
        ("conflict", "voucher-wrong-store"),
    ]
    assert upload(scan(token, "scan-0003"), staff=STRANGER) == [("conflict", "voucher-of-other-merchant")]


def test_a_clock_that_is_wrong_is_named(token):
    with pytest.raises(InvalidInput, match="/items/0/scanned_at"):
        upload(scan(token, at=LATER + timedelta(minutes=6)))
    assert upload(scan(token, at=NOW - timedelta(minutes=1))) == [("conflict", "scanned-before-taken")]


def test_a_till_may_bring_so_many_points_of_a_day_and_no_more(token, monkeypatch):
    tight = replace(current_profile(), offline_points_per_day=80)
    monkeypatch.setattr("chalicelib.services.offline.current_profile", lambda: tight)
    second = taken("red_2")
    assert upload(scan(token), scan(second, "scan-0002")) == [("posted", None), ("conflict", "offline-limit")]
    (kept,) = list_conflicts(CASHIER, 10, None).items
    assert kept["facts"] == {"points_of_the_day": 50, "points_max": 80}
    other_till = replace(CASHIER, staff_id="stf_2")
    assert upload(scan(second, "scan-0003"), staff=other_till) == [("posted", None)]


def test_a_till_fetches_what_is_no_longer_good(token):
    second = taken("red_2")
    void_voucher("res_a", "red_1", NOW + timedelta(minutes=1))
    redeem_voucher(CASHIER, second, "sto_1", "scan-0001", NOW + timedelta(minutes=2))
    page = list_closed_vouchers("mer_laundry", NOW, LATER)
    assert [(item["redemption_id"], item["state"]) for item in page["items"]] == [
        ("red_1", "voided"),
        ("red_2", "posted"),
    ]
    assert page["is_complete"] is True
    assert list_closed_vouchers("mer_other", NOW, LATER)["items"] == []
    early = list_closed_vouchers("mer_laundry", NOW - timedelta(days=3), LATER)
    assert (early["items"], early["is_complete"]) == ([], False)
    assert early["next_since"] == to_text(NOW - timedelta(days=2))
