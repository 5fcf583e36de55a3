"""Which entries become a message, with what facts; every kind of entry is decided upon."""

from datetime import date

import pytest

from chalicelib.domain.entries import KINDS as ENTRY_KINDS
from chalicelib.domain.entries import Entry
from chalicelib.domain.lots import Lot
from chalicelib.domain.message_texts import KIND_TITLES, render
from chalicelib.domain.messages import KINDS, entry_message_id, link_of, notice_of

AT = "2026-11-24T04:00:00.000Z"
LOT = Lot(date(2027, 12, 31), 2026, 10, 100)


def entry(kind, debit, credit, facts=None, lots=(LOT,)):
    return Entry("res_a", 7, AT, kind, debit, credit, tuple(lots), facts or {})


CASES = [
    (entry("grant", "sys_issuance", "res_a", {"day": "2026-11-20"}), "points-granted", {"day": "2026-11-20"}),
    (entry("hold", "res_a", "res_a/held", {"redemption_id": "r"}), None, {}),
    (entry("post", "res_a/held", "mer_1", {"redemption_id": "r", "store_id": "s", "staff_id": "x"}),
     "voucher-redeemed", {"redemption_id": "r", "store_id": "s", "merchant_id": "mer_1"}),
    (entry("charge", "res_a", "mer_1", {"redemption_id": "r", "bill_fen": 1250}),
     "points-charged", {"redemption_id": "r", "bill_fen": 1250, "merchant_id": "mer_1"}),
    (entry("hold", "res_a", "res_a/held", {"redemption_id": "chg_1", "bill_fen": 900}),
     "charge-in-review", {"redemption_id": "chg_1", "bill_fen": 900}),
    (entry("post", "res_a/held", "mer_1", {"redemption_id": "chg_1", "bill_fen": 900}),
     "points-charged", {"redemption_id": "chg_1", "bill_fen": 900, "merchant_id": "mer_1"}),
    (entry("void", "res_a/held", "res_a", {"redemption_id": "chg_1", "reason": "deadline"}),
     "charge-cancelled", {"redemption_id": "chg_1", "reason": "deadline", "expires_on": "2027-12-31"}),
    (entry("void", "res_a/held", "res_a", {"redemption_id": "r", "reason": "by-resident"}),
     "voucher-voided", {"redemption_id": "r", "reason": "by-resident", "expires_on": "2027-12-31"}),
    (entry("void", "res_a/held", "res_a", {"redemption_id": "r", "reason": "deadline"}),
     "voucher-timed-out", {"redemption_id": "r", "reason": "deadline", "expires_on": "2027-12-31"}),
    (entry("refund", "mer_1", "res_a", {"redemption_id": "r", "reason": "洗坏了"}),
     "points-refunded",
     {"redemption_id": "r", "reason": "洗坏了", "merchant_id": "mer_1", "expires_on": "2027-12-31"}),
    (entry("expire", "res_a", "sys_expired"), "points-expired", {"expires_on": "2027-12-31"}),
    (entry("adjust", "res_a", "sys_issuance", {"day": "2026-11-20", "key": "k", "correction": "reverse"}),
     "points-corrected",
     {"day": "2026-11-20", "activity_id": "20261120-k", "correction": "reverse", "points_change": -10}),
    (entry("adjust", "sys_issuance", "res_a", {"day": "2026-11-20", "key": "k", "correction": "confirm"}),
     "points-corrected",
     {"day": "2026-11-20", "activity_id": "20261120-k", "correction": "confirm", "points_change": 10}),
    (entry("adjust", "sys_loss", "sys_issuance", {"day": "2026-11-20", "key": "k", "correction": "reverse"}),
     "points-borne", {"day": "2026-11-20", "activity_id": "20261120-k", "correction": "reverse"}),
    (entry("repay", "res_a", "sys_loss", {"returned_by": 6}), "points-repaid", {}),
    (entry("pool", "sys_expired", "sys_pool", {"day": "2026-11-20"}), None, {}),
    (entry("bonus", "sys_pool", "res_a", {"reason": "低碳之星"}),
     "points-awarded", {"reason": "低碳之星", "expires_on": "2027-12-31"}),
]  # fmt: skip


@pytest.mark.parametrize(("found", "kind", "facts"), CASES, ids=lambda v: getattr(v, "kind", None))
def test_an_entry_becomes_the_message_that_its_resident_expects(found, kind, facts):
    notice = notice_of(found)
    if kind is None:
        assert notice is None
        return
    assert notice == (kind, {"seq": 7, "points": 10, "grams_co2e": 100, **facts})


def test_every_kind_of_entry_is_decided_upon():
    assert {case[0].kind for case in CASES} == ENTRY_KINDS


def test_an_entry_that_moves_nothing_is_no_message():
    assert notice_of(entry("grant", "sys_issuance", "res_a", {"day": "2026-11-20"}, lots=())) is None


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_message_of_an_entry_can_be_worded(language):
    for found, kind, _ in CASES:
        notice = notice_of(found)
        if notice is not None:
            title, body = render(*notice, language)
            assert title and body and "{" not in title + body, kind


def test_the_id_of_an_entrys_message_depends_on_the_entry_alone_and_sorts_by_time():
    first, later = (
        entry("grant", "a", "res_a"),
        Entry("res_a", 8, "2026-11-24T04:00:00.001Z", "grant", "a", "b", ()),
    )
    assert entry_message_id(first) == "20261124T040000000Z.e7"
    assert entry_message_id(first) < entry_message_id(later)


def test_every_kind_has_a_title_for_the_switches():
    assert set(KIND_TITLES) == KINDS


def test_a_correction_without_its_activity_leads_nowhere():
    assert link_of("points-corrected", {"points_change": -3}) is None
