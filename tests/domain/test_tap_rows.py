"""A line of a partner's file is read by the adapter document, and by nothing else."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.domain.adapters import RIDE, STATIONLESS, parse_adapter
from chalicelib.domain.tap_rows import Refusal, Row, parse_inputs, read_rows
from chalicelib.errors import Refused
from chalicelib.profiles.adapters import shipped_adapter

BIKE = {
    "id": "bikes",
    "encoding": "utf-8",
    "delimiter": "\t",
    "quoting": "none",
    "header": False,
    "column_count": 5,
    "columns": {"card": 1, "at": 2, "metres": 3, "status": 4, "serial": 5},
    "time": {"format": "%Y%m%d%H%M", "zone": "Asia/Shanghai"},
    "kinds": {"": {"as": "ride", "methodology_id": "bike", "inputs": {"distance_m": "metres"}}},
    "event_id": ["at", "serial"],
    "filters": [{"column": "status", "values": ["paid", "free"]}],
}


def rows_of(document: dict[str, Any], *lines: str) -> list[Row | Refusal]:
    return list(read_rows(parse_adapter(document), ["\n".join(lines).encode()]))


def bike_row(*lines: str) -> Row | Refusal:
    return rows_of(BIKE, *lines)[0]


def test_positions_filters_quantities_and_a_time_without_separators_are_data() -> None:
    found = bike_row('C"1\t202611200830\t5200\tpaid\t77')
    at_epoch_s = int(datetime(2026, 11, 20, 0, 30, tzinfo=UTC).timestamp())
    assert found == Row(1, 'C"1', at_epoch_s, RIDE, 0, f"77|{at_epoch_s}", "distance_m=5200")
    assert parse_inputs("distance_m=5200,riders=2") == {"distance_m": 5200, "riders": 2}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("C1\t202611200830\t5200\tstolen\t77", "filtered"),
        ("C1\t202611200830\t5.2\tpaid\t77", "bad-quantity"),
        ("C1\t202611200830\t-5\tpaid\t77", "bad-quantity"),
        ("C1\t202611200830\t1234567890123\tpaid\t77", "bad-quantity"),
        ("C1\t20261120 830\t5200\tpaid\t77", "bad-time"),
        ("C1\t+02611200830\t5200\tpaid\t77", "bad-time"),
        ("C1\t２０２６11200830\t5200\tpaid\t77", "bad-time"),
        ("C1\t202611200860\t5200\tpaid\t77", "bad-time"),
        ("\t202611200830\t5200\tpaid\t77", "bad-card"),
        ("C" * 33 + "\t202611200830\t5200\tpaid\t77", "bad-card"),
        ("   ", "blank-line"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(line: str, reason: str) -> None:
    found = bike_row(line)
    assert isinstance(found, Refusal)
    assert found.reason == reason


def test_a_row_is_the_same_event_however_its_time_is_spelt() -> None:
    document = shipped_adapter("szt")
    columns = "card_no,deal_date,deal_type,deal_money,equ_no,station"
    first = rows_of(document, columns, "C1,2026-11-20 08:30:00,巴士,160,231,")[0]
    spelt = document | {"time": {"format": "%d/%m/%Y %H:%M:%S", "zone": "UTC"}}
    second = rows_of(spelt, columns, "C1,20/11/2026 00:30:00,巴士,160,231,")[0]
    assert isinstance(first, Row)
    assert first == second


def test_a_tap_without_station_is_marked_only_where_stations_matter() -> None:
    document = shipped_adapter("szt")
    lines = (
        "card_no,deal_date,deal_type,deal_money,equ_no,station",
        "C1,2026-11-20 08:30:00,地铁入站,0,231,",
    )
    assert rows_of(document, *lines)[0].role == STATIONLESS
    document["trip"]["station_required"] = False
    assert rows_of(document, *lines)[0].role != STATIONLESS


def test_a_header_that_names_a_column_twice_or_not_at_all_is_refused() -> None:
    for header in ("card_no,card_no,deal_date,deal_type,deal_money,equ_no,station", "a,b"):
        with pytest.raises(Refused, match="wrong-header"):
            rows_of(shipped_adapter("szt"), header)


def test_a_file_whose_lines_end_in_a_bare_carriage_return_is_refused() -> None:
    columns = "card_no,deal_date,deal_type,deal_money,equ_no,station"
    row = "C1,2026-11-20 08:30:00,巴士,160,231,"
    with pytest.raises(Refused, match="wrong-header"):
        rows_of(shipped_adapter("szt"), f"{columns}\r{row}\r")
    assert isinstance(rows_of(shipped_adapter("szt"), columns + "\r", row + "\r")[0], Row)


def test_different_fields_are_different_events_whatever_characters_they_hold() -> None:
    document = BIKE | {"event_id": ["at", "status", "serial"], "filters": []}
    pairs = [("a|b", "c"), ("a", "b|c"), ("a\\", "|c"), ("a\\|", "c"), ("a\\|b", "c"), ("a", "b\\|c")]
    lines = [f"C1\t202611200830\t5200\t{status}\t{serial}" for status, serial in pairs]
    events = [row.event for row in rows_of(document, *lines) if isinstance(row, Row)]
    assert len(set(events)) == len(pairs)


def test_zero_with_a_sign_is_no_negative_amount() -> None:
    columns = "card_no,deal_date,deal_type,deal_money,equ_no,station"
    amounts = {"-0": "", "-0.00": "", "1.50": "", "-0.01": "negative-amount", "": "bad-amount"}
    for amount, reason in amounts.items():
        found = rows_of(shipped_adapter("szt"), columns, f"C1,2026-11-20 08:30:00,巴士,{amount},231,")[0]
        assert getattr(found, "reason", "") == reason, amount


CHARGING = BIKE | {"columns": BIKE["columns"] | {"asset": 5}}
del CHARGING["columns"]["serial"]
CHARGING["event_id"] = ["at", "asset"]


def test_a_column_asset_names_the_charger_meter_or_vehicle_and_may_be_empty() -> None:
    found = rows_of(
        CHARGING, *(f"C1\t202611200830\t5200\tpaid\t{no}" for no in (" 640104-0012 ", "", "宁A12345"))
    )
    assert [one.asset_no for one in found if isinstance(one, Row)] == ["640104-0012", "", "宁A12345"]


@pytest.mark.parametrize("asset_no", ["640104/0012", "x" * 41, "a b", "'; DROP"])
def test_an_asset_that_is_no_number_is_refused_by_name(asset_no: str) -> None:
    (found,) = rows_of(CHARGING, f"C1\t202611200830\t5200\tpaid\t{asset_no}")
    assert found == Refusal(1, "rejected", "bad-asset")
