"""Disputes: one a line, decided once; what is corrected stands in the statement of its own day, naming the dispute."""

from datetime import timedelta

import pytest

from chalicelib.errors import Conflict, InvalidInput, NotFound, Refused
from chalicelib.services import disputes
from chalicelib.services.statement_audits import check_statements
from chalicelib.services.statements import get_statement, list_lines
from tests.services.ledger import NOW, change_profile
from tests.services.paying import charge
from tests.services.settling_days import NIGHT, ON, closed, open_for_business, redeem

TODAY = NOW + NIGHT
ASKED = {"store_id": "sto_1", "on": ON, "line_no": 1, "reason": "顾客说没有消费"}


@pytest.fixture
def line(tables: None) -> str:
    """A closed day of a voucher and then a charge; the voucher's line is disputed."""
    phone = open_for_business()
    redeem("voucher-00001")
    charge(phone, NOW + timedelta(minutes=1), points=10)
    closed()
    return disputes.open_dispute("mer_laundry", ASKED, "stf_li", TODAY)["dispute_id"]


def decide(dispute_id: str, action: str, now=TODAY, by: str = "op_anna", **more):
    return disputes.decide_dispute(dispute_id, {"action": action, "reason": "经核对", **more}, by, now)


def next_day():
    closed(NOW + 2 * NIGHT)
    assert check_statements(NOW + 2 * NIGHT, lambda: False, True).findings == []
    return list_lines("mer_laundry", "sto_1", "2026-11-22", 20, None).items


def test_a_line_has_one_dispute(line: str) -> None:
    assert disputes.open_dispute("mer_laundry", ASKED, "stf_li", TODAY)["_hit"]
    with pytest.raises(Conflict, match="dispute-exists"):
        disputes.open_dispute("mer_laundry", {**ASKED, "reason": "别的原因"}, "stf_li", TODAY)
    assert [one["dispute_id"] for one in disputes.list_disputes("open", 20, None, TODAY).items] == [line]


def test_a_dispute_needs_a_line_of_an_own_recent_statement(line: str) -> None:
    with pytest.raises(NotFound, match="statement-unknown"):
        disputes.open_dispute("mer_other", ASKED, "stf_x", TODAY)
    with pytest.raises(NotFound, match="statement-line-unknown"):
        disputes.open_dispute("mer_laundry", {**ASKED, "line_no": 3}, "stf_li", TODAY)
    with pytest.raises(Refused, match="dispute-too-late"):
        disputes.open_dispute("mer_laundry", {**ASKED, "line_no": 2}, "stf_li", NOW + timedelta(days=70))


def test_a_rejected_dispute_books_nothing(line: str) -> None:
    assert decide(line, "reject")["state"] == "rejected"
    assert decide(line, "reject")["_hit"]
    with pytest.raises(Conflict, match="dispute-decided"):
        decide(line, "take-back")
    closed(NOW + 2 * NIGHT)
    with pytest.raises(NotFound):
        get_statement("mer_laundry", "sto_1", "2026-11-22")


@pytest.mark.parametrize(("line_no", "points"), [(1, -50), (2, -10)])
def test_points_taken_back_stand_in_the_next_statement_under_the_dispute(
    line: str, line_no: int, points: int
) -> None:
    dispute_id = disputes.open_dispute("mer_laundry", {**ASKED, "line_no": line_no}, "stf_li", TODAY)[
        "dispute_id"
    ]
    assert decide(dispute_id, "take-back")["state"] == "corrected"
    assert decide(dispute_id, "take-back")["_hit"]
    (booked,) = next_day()
    assert (booked["kind"], booked["points"], booked["dispute_id"]) == ("refund", points, dispute_id)


def test_wrong_money_is_adjusted_by_a_line_of_its_own(line: str) -> None:
    with pytest.raises(InvalidInput):
        decide(line, "adjust")
    assert decide(line, "adjust", fen=-350)["state"] == "corrected"
    (booked,) = next_day()
    assert (booked["kind"], booked["fen"], booked["points"]) == ("adjustment", -350, 0)
    assert booked["dispute_id"] == line
    figures = get_statement("mer_laundry", "sto_1", "2026-11-22")["figures"]
    assert (figures["adjustments"]["fen"], figures["net"]["fen"]) == (-350, -350)


def test_a_refused_refund_leaves_the_dispute_open_for_another_decision(line: str) -> None:
    late = NOW + timedelta(days=50)
    with pytest.raises(Refused, match="refund-too-late"):
        decide(line, "take-back", late)
    assert decide(line, "adjust", late, fen=100)["state"] == "corrected"


def test_a_decision_cut_off_before_it_was_carried_out_is_carried_on_and_cannot_be_changed(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(disputes, "_take_back", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            decide(line, "take-back")
    with pytest.raises(Conflict, match="dispute-decided"):
        decide(line, "reject", by="op_bert")
    assert decide(line, "take-back", by="op_bert")["state"] == "corrected"
    (booked,) = next_day()
    assert booked["points"] == -50


def test_a_part_is_taken_back_by_points_of_a_voucher_and_by_money_of_a_charge(line: str) -> None:
    assert decide(line, "take-back", points=20)["decision"]["points"] == 20
    other = disputes.open_dispute("mer_laundry", {**ASKED, "line_no": 2}, "stf_li", TODAY)["dispute_id"]
    assert decide(other, "take-back", fen=4)["state"] == "corrected"
    assert decide(other, "take-back", fen=4)["_hit"]
    with pytest.raises(Conflict, match="dispute-decided"):
        decide(other, "take-back")
    assert {one["dispute_id"]: (one["points"], one["fen"]) for one in next_day()} == {
        line: (-20, 0),
        other: (-4, -4),
    }


@pytest.mark.parametrize(
    ("line_no", "action", "more", "pointer"),
    [
        (1, "take-back", {"fen": 5}, "/fen"),
        (2, "take-back", {"points": 5}, "/points"),
        (2, "take-back", {"fen": -5}, "/fen"),
        (1, "reject", {"fen": 5}, "/fen"),
        (1, "reject", {"points": 5}, "/points"),
        (2, "adjust", {"fen": 5, "points": 5}, "/points"),
        (2, "adjust", {}, "/fen"),
    ],
)
def test_an_amount_that_does_not_go_with_the_decision_is_named(line, line_no, action, more, pointer) -> None:
    asked = {**ASKED, "line_no": line_no}
    dispute_id = disputes.open_dispute("mer_laundry", asked, "stf_li", TODAY)["dispute_id"]
    with pytest.raises(InvalidInput) as refused:
        decide(dispute_id, action, **more)
    assert refused.value.facts["errors"][0]["pointer"] == pointer
    assert {one["state"] for one in disputes.list_disputes_of("mer_laundry", 20, None, TODAY).items} == {
        "open"
    }


def test_more_than_is_left_cannot_be_taken_back_and_the_dispute_stays_open(line: str) -> None:
    with pytest.raises(Refused, match="refund-above-charge"):
        decide(line, "take-back", points=51)
    assert decide(line, "take-back", points=50)["state"] == "corrected"


def test_a_dispute_nobody_answered_in_time_is_overdue_until_it_is_decided(line: str) -> None:
    late = TODAY + timedelta(days=10)
    for now, overdue in ((late - timedelta(seconds=1), 0), (late, 1)):
        found = disputes.list_disputes("open", 20, None, now, is_overdue_only=True).items
        assert (len(found), disputes.count_overdue(now)) == (overdue, overdue)
        assert disputes.list_disputes("open", 20, None, now).items[0]["is_overdue"] is bool(overdue)
    decide(line, "reject", late)
    assert disputes.count_overdue(late) == 0
    assert not disputes.list_disputes("rejected", 20, None, late).items[0]["is_overdue"]


def test_a_city_says_how_long_a_line_can_be_disputed_and_how_soon_it_is_answered(
    line: str, monkeypatch
) -> None:
    asked = {**ASKED, "line_no": 2}
    change_profile(monkeypatch, dispute_days=1, dispute_answer_days=3)
    with pytest.raises(Refused, match="dispute-too-late"):
        disputes.open_dispute("mer_laundry", asked, "stf_li", TODAY + NIGHT)
    made = disputes.open_dispute("mer_laundry", asked, "stf_li", TODAY)
    assert made["due_at"] == "2026-11-25T04:00:00.000Z"
