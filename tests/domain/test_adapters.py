"""An adapter document is compiled; every field that contradicts another is named by its pointer."""

import copy
from typing import Any

import pytest

from chalicelib.domain.adapters import parse_adapter
from chalicelib.errors import InvalidInput
from chalicelib.profiles.adapters import shipped_adapter

GOOD = shipped_adapter("szt")


def changed(*path: str, to: Any) -> dict[str, Any]:
    """Return the shipped document with one value set, or removed when `to` is None."""
    document = copy.deepcopy(GOOD)
    inner: Any = document
    for name in path[:-1]:
        inner = inner[name]
    if to is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return document


def pointers_of(document: Any) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        parse_adapter(document)
    return [error["pointer"] for error in refused.value.facts["errors"]]


def test_the_shipped_document_is_good_and_its_digest_is_of_every_field() -> None:
    adapter = parse_adapter(GOOD)
    assert adapter.methodology_ids == {"szt-bus-ride", "szt-metro-trip"}
    assert adapter.shifts_to_yesterday
    assert parse_adapter(changed("trip", "minutes_max", to=241)).digest != adapter.digest


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (changed("columns", "card", to=1), "/columns/card"),
        (changed("columns", "card", to="deal_date"), "/columns"),
        (changed("columns", "kind", to=None), "/event_id/2"),
        (changed("columns", "station", to=None), "/columns/station"),
        (changed("time", "format", to="%Y-%m-%d"), "/time/format"),
        (changed("time", "format", to="%Y-%m-%d %H:%M:%S %f"), "/time/format"),
        (changed("time", "format", to="%Y%Y-%m-%d %H:%M:%S"), "/time/format"),
        (changed("time", "zone", to="Asia/Nowhere"), "/time/zone"),
        (changed("time", "zone", to="../etc/passwd"), "/time/zone"),
        (changed("kinds", to={}), "/kinds"),
        (changed("kinds", "巴士", to={"as": "ride"}), "/kinds/巴士/methodology_id"),
        (
            changed("kinds", "地铁入站", "methodology_id", to="szt-metro-trip"),
            "/kinds/地铁入站/methodology_id",
        ),
        (changed("kinds", "地铁入站", "inputs", to={"distance_m": "station"}), "/kinds/地铁入站/inputs"),
        (changed("kinds", "巴士", "inputs", to={"distance_m": "nope"}), "/kinds/巴士/inputs/distance_m"),
        (changed("kinds", "地铁出站", to=None), "/kinds"),
        (changed("trip", to=None), "/trip"),
        (changed("event_id", to=["card"]), "/event_id"),
        (changed("event_id", to=["card", "kind", "device"]), "/event_id"),
        (changed("event_id", to=["serial"]), "/event_id/0"),
        (changed("filters", to=[{"column": "serial", "values": ["1"]}]), "/filters/0/column"),
    ],
)
def test_a_field_that_contradicts_another_is_named(document: Any, pointer: str) -> None:
    assert pointer in pointers_of(document)


def test_without_a_kind_column_there_is_one_kind() -> None:
    document = changed("kinds", to={"": {"as": "ride", "methodology_id": "szt-bus-ride"}})
    del document["columns"]["kind"], document["trip"]
    document["event_id"] = ["at", "device"]
    assert list(parse_adapter(document).kinds) == [""]
    document["kinds"] = {"巴士": document["kinds"][""]}
    assert pointers_of(document) == ["/columns/kind"]
