"""Closing days: one signed statement a store and day, put once, numbered and chained; its sums are the ledger's."""

from datetime import date, timedelta

import pytest

from chalicelib.domain.canonical import digest_of
from chalicelib.domain.statements import decided_of
from chalicelib.services import statement_closing, statements
from chalicelib.services.charge_changes import refund_charge, void_charge
from chalicelib.services.merchant_journal import list_movements
from chalicelib.services.statement_seals import is_genuine
from chalicelib.services.tills import redeem_voucher, refund_voucher
from chalicelib.services.vouchers import take_voucher, voucher_token
from chalicelib.store import catalogue
from tests.services.ledger import CASHIER, NOW, add_offer
from tests.services.paying import charge
from tests.services.settling_days import NIGHT, ON, closed, open_for_business, redeem


@pytest.fixture
def day(tables: None) -> None:
    """A day with a voucher, three charges, a void and a refund in part."""
    phone = open_for_business()
    redeem("voucher-00001")
    charge(phone, charge_id="charge-00001", points=10)
    charge(phone, NOW + timedelta(minutes=1), "charge-00002", points=4)
    charge(phone, NOW + timedelta(minutes=2), "charge-00003", points=8)
    void_charge(CASHIER, "charge-00002", NOW + timedelta(minutes=3))
    refund_charge(CASHIER, "charge-00003", "refund-00001", None, "void", NOW + timedelta(minutes=4))


def statement(on: str = ON):
    return statements.get_statement("mer_laundry", "sto_1", on)


def test_a_day_is_closed_once_it_is_over_with_all_its_figures(day: None) -> None:
    assert closed(NOW).statements == 0
    assert closed().statements == 1
    figures = statement()["figures"]
    assert {name: figures[name]["count"] for name in ("redeemed", "voids", "refunds")} == {
        "redeemed": 4,
        "voids": 1,
        "refunds": 1,
    }
    assert [figures[name]["points"] for name in ("redeemed", "voids", "refunds")] == [72, 4, 8]
    assert figures["net"]["points"] == 60
    assert sum(row["points"] for row in figures["vintages"]) == 60
    assert sum(row["grams_co2e"] for row in figures["vintages"]) == figures["net"]["grams_co2e"]
    assert {row["offer_id"]: row["points"] for row in figures["offers"]} == {None: 10, "off_coat": 50}
    assert [row["staff_id"] for row in figures["cashiers"]] == ["stf_cashier"]
    assert (
        figures["net"]["fen"]
        == figures["redeemed"]["fen"] - figures["voids"]["fen"] - figures["refunds"]["fen"]
    )


def test_a_refund_whose_reason_is_the_word_void_is_still_a_refund(day: None) -> None:
    closed()
    lines = statements.list_lines("mer_laundry", "sto_1", ON, 20, None).items
    assert [line["kind"] for line in lines][2:] == ["charge", "charge", "void", "refund"]
    assert {line["kind"] for line in lines[:2]} == {"voucher", "charge"}
    assert [line["line_no"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert {line["redemption_id"] for line in lines} == {
        one["redemption_id"] for one in list_movements("mer_laundry", ("sto_1",), NOW, 20, NOW + NIGHT)
    }


def test_a_second_run_changes_nothing(day: None) -> None:
    closed()
    before = statement()
    assert closed().statements == 0
    assert statement_closing.close_day("mer_laundry", date.fromisoformat(ON), NOW + 2 * NIGHT) == 0
    assert statement() == before


def test_a_statement_is_signed_and_says_what_its_digest_says(day: None) -> None:
    closed()
    found = statement()
    assert is_genuine(found)
    assert found["digest"] == digest_of(decided_of(found))
    assert not is_genuine({**found, "number": 7})


def test_other_numbers_for_a_closed_day_are_a_failure_not_an_overwrite(
    day: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed()
    before = statement()
    real = statement_closing.lines_by_store
    monkeypatch.setattr(
        statement_closing, "lines_by_store", lambda *of: {one: found[1:] for one, found in real(*of).items()}
    )
    with pytest.raises(statement_closing.DayDiffers):
        statement_closing.close_day("mer_laundry", date.fromisoformat(ON), NOW + NIGHT)
    assert statement() == before


def test_statements_of_a_store_are_numbered_and_chained_and_quiet_days_have_none(day: None) -> None:
    closed()
    redeem("voucher-00002", NOW + 3 * NIGHT)
    assert closed(NOW + 4 * NIGHT).days == 2 * 3
    first, second = statement(), statement("2026-11-24")
    assert (first["number"], second["number"]) == (1, 2)
    assert second["previous"] == {"on": ON, "digest": first["digest"]}
    assert second["totals"]["points"] == 60 + 50
    found = statements.list_statements("mer_laundry", None, None, 20, None).items
    assert [one["on"] for one in found] == ["2026-11-24", ON]


def test_a_late_refund_stands_in_the_statement_of_its_own_day(day: None) -> None:
    closed()
    refund_voucher(CASHIER, "voucher-00001", "洗坏了", NOW + NIGHT)
    closed(NOW + 2 * NIGHT)
    late = statement("2026-11-22")["figures"]
    assert (late["redeemed"]["count"], late["refunds"]["points"], late["net"]["points"]) == (0, 50, -50)
    assert late["offers"] == [{"offer_id": "off_coat", "count": 1, "points": -50, "fen": 0,
                               "grams_co2e": late["net"]["grams_co2e"]}]  # fmt: skip


def test_the_day_is_the_citys_not_that_of_utc(tables: None) -> None:
    open_for_business()
    before_midnight = NOW.replace(hour=15, minute=59, second=59)
    redeem("voucher-00001", before_midnight)
    redeem("voucher-00002", before_midnight + timedelta(seconds=1))
    closed(NOW + 2 * NIGHT)
    assert [statement(on)["lines"] for on in (ON, "2026-11-22")] == [1, 1]


def test_of_two_workers_one_closes_and_the_other_finds_it_closed(day: None) -> None:
    lines = statement_closing.lines_by_store("mer_laundry", date.fromisoformat(ON))["sto_1"]
    on = date.fromisoformat(ON)
    assert statement_closing._close_store("mer_laundry", "sto_1", on, lines, NOW + NIGHT) is True
    assert statement_closing._close_store("mer_laundry", "sto_1", on, lines, NOW + 2 * NIGHT) is False


def test_a_run_that_is_told_to_stop_goes_on_where_it_stopped(day: None) -> None:
    stops = iter([False, True])
    stopped = statement_closing.close_days(NOW + NIGHT, lambda: next(stops))
    assert (stopped.days, stopped.is_complete) == (1, False)
    rest = closed()
    assert (rest.days, rest.is_complete) == (1, True)
    assert statement()["number"] == 1


def test_long_statements_are_kept_in_blocks_and_read_page_by_page(tables: None, monkeypatch) -> None:
    for module in ("chalicelib.domain.statements", "chalicelib.services.statements"):
        monkeypatch.setattr(f"{module}.LINES_PER_BLOCK", 2)
    phone = open_for_business()
    for number in range(5):
        charge(phone, NOW + timedelta(minutes=number), f"charge-0000{number}", points=2)
    closed()
    first = statements.list_lines("mer_laundry", "sto_1", ON, 2, None)
    rest = statements.list_lines("mer_laundry", "sto_1", ON, 2, first.cursor)
    last = statements.list_lines("mer_laundry", "sto_1", ON, 2, rest.cursor)
    assert [line["line_no"] for line in first.items + rest.items + last.items] == [1, 2, 3, 4, 5]
    assert last.cursor is None
    assert len(statements.all_lines(statement())) == 5


def test_a_merchant_that_joined_today_is_closed_from_today_on(tables: None) -> None:
    catalogue.put_document(
        "merchant", "mer_new", {"id": "mer_new", "name": "新店", "joined_at": "2026-11-20T04:00:00.000Z"}
    )
    assert closed().days == 2


def test_a_voucher_counts_with_what_its_offer_is_worth_and_a_refund_takes_its_share_back(
    tables: None,
) -> None:
    open_for_business()
    add_offer("off_worth", points=40, value_fen=3000)
    take_voucher("res_a", "voucher-00001", "off_worth", NOW)
    redeem_voucher(CASHIER, voucher_token("res_a", "voucher-00001", NOW), "sto_1", "scan-00001", NOW)
    refund_voucher(CASHIER, "voucher-00001", "退", NOW, "refund-00001", 10)
    refund_voucher(CASHIER, "voucher-00001", "退", NOW + NIGHT, "refund-00002")
    closed(NOW + 2 * NIGHT)
    first, second = statement(), statement("2026-11-22")
    assert [first["figures"][name]["fen"] for name in ("redeemed", "refunds", "net")] == [3000, 750, 2250]
    assert {row["offer_id"]: row["fen"] for row in first["figures"]["offers"]} == {"off_worth": 2250}
    assert (second["figures"]["net"]["fen"], second["totals"]["fen"]) == (-2250, 0)


@pytest.mark.parametrize(
    ("entered", "first"),
    [
        ({"joined_at": "2026-11-19T16:30:00.000Z", "contract_from": "2026-01-01"}, date(2026, 11, 20)),
        ({"contract_from": "2026-01-01"}, date(2026, 1, 1)),
        ({"contract_from": None}, date(2026, 10, 21)),
    ],
)
def test_the_first_closing_reaches_back_to_where_nothing_can_have_been_booked(entered, first) -> None:
    merchant = {"id": "mer_laundry", **entered}
    assert statement_closing.first_day_of(merchant, NOW + NIGHT) == first


def test_of_a_merchant_without_dates_thirty_one_days_are_closed_and_then_every_new_one(tables: None) -> None:
    open_for_business()
    catalogue.put_document("merchant", "mer_laundry", {"id": "mer_laundry", "name": "店"}, replace=True)
    catalogue.put_document("merchant", "mer_other", {"id": "mer_other", "name": "别家"}, replace=True)
    redeem("voucher-00001")
    run = closed()
    assert (run.days, run.statements, run.is_complete) == (2 * 32, 1, True)
    assert closed(NOW + 2 * NIGHT).days == 2
