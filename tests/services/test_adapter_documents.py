"""An adapter document from outside: its shape is checked before its fields are held against each other."""

from typing import Any

import pytest

from chalicelib.errors import InvalidInput
from chalicelib.services.adapter_documents import AdapterDocument, check_adapter
from chalicelib.services.strict import faults_of
from tests.domain.test_adapters import GOOD, changed


def pointers_of(document: Any) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        check_adapter(document)
    return [error["pointer"] for error in refused.value.facts["errors"]]


def test_the_shipped_document_passes_and_is_read_as_the_import_reads_it() -> None:
    from chalicelib.domain.adapters import parse_adapter

    assert check_adapter(GOOD) == parse_adapter(GOOD)
    assert faults_of(AdapterDocument, {**GOOD, "date_shift": None}) == []


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], ""),
        (changed("encoding", to="latin-1"), "/encoding"),
        (changed("delimiter", to="::"), "/delimiter"),
        (changed("header", to="true"), "/header"),
        (changed("columns", "card", to=None), "/columns/card"),
        (changed("kinds", "巴士", to={"as": "walk"}), "/kinds/巴士/as"),
        (changed("trip", "minutes_max", to=0), "/trip/minutes_max"),
        (changed("date_shift", to={"to": "tomorrow"}), "/date_shift/to"),
        (changed("line_bytes_max", to=10**9), "/line_bytes_max"),
        (changed("colour", to="red"), "/colour"),
        (changed("header", to=1), "/header"),
        (changed("columns", "card", to=0), "/columns/card"),
        (changed("columns", "card", to=True), "/columns/card"),
        (changed("columns", "card", to=""), "/columns/card"),
        (changed("columns", "at", to=1.0), "/columns/at"),
        (changed("columns", "more", to={}), "/columns/more"),
        (changed("trip", "minutes_max", to="240"), "/trip/minutes_max"),
        (GOOD | {"trip": None}, "/trip"),
        (changed("kinds", "巴士", to=[]), "/kinds/巴士"),
        (changed("kinds", "巴士", "more", to=1), "/kinds/巴士/more"),
        (changed("event_id", to=[]), "/event_id"),
        (changed("event_id", to=["card", "At"]), "/event_id/1"),
        (changed("filters", to=[{"column": "kind", "values": ["a\x00"]}]), "/filters/0/values/0"),
        (changed("event_id", to=["card"]), "/event_id"),
    ],
)
def test_a_wrong_field_is_named(document: Any, pointer: str) -> None:
    assert pointer in pointers_of(document)


def test_several_wrong_fields_are_named_at_once() -> None:
    document = changed("encoding", to="latin-1") | {"delimiter": "x", "colour": "red"}
    assert pointers_of(document) == ["/encoding", "/delimiter", "/colour"]


def test_a_column_is_a_name_or_a_number_and_its_fault_says_both() -> None:
    faults = faults_of(AdapterDocument, changed("columns", "card", to=True))
    assert [fault["pointer"] for fault in faults] == ["/columns/card"]
    assert "string" in faults[0]["detail"]
    assert "integer" in faults[0]["detail"]
