"""Strict checking of JSON values against shapes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.shapes import assert_known, check

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 3},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "tags": {
            "type": "array",
            "items": {"type": "string", "enum": ["a", "b"]},
            "minItems": 1,
            "maxItems": 2,
        },
        "born_on": {"type": ["string", "null"], "format": "date"},
    },
    "required": ["name"],
}


@pytest.mark.parametrize(
    ("value", "pointers"),
    [
        ({"name": "ann"}, []),
        ({"name": "ann", "age": 0, "tags": ["a"], "born_on": None}, []),
        ({}, ["/name"]),
        ({"name": ""}, ["/name"]),
        ({"name": "anna"}, ["/name"]),
        ({"name": "ann", "age": True}, ["/age"]),
        ({"name": "ann", "age": 1.0}, ["/age"]),
        ({"name": "ann", "age": "1"}, ["/age"]),
        ({"name": "ann", "age": 151}, ["/age"]),
        ({"name": "ann", "age": -1, "tags": ["a", "c"]}, ["/age", "/tags/1"]),
        ({"name": "ann", "tags": []}, ["/tags"]),
        ({"name": "ann", "tags": ["a", "a", "a"]}, ["/tags"]),
        ({"name": "ann", "born_on": "2026-02-29"}, ["/born_on"]),
        ({"name": "ann", "more": 1}, ["/more"]),
        ([], [""]),
        ("ann", [""]),
        (None, [""]),
    ],
)
def test_a_value_is_checked_field_by_field(value: Any, pointers: list[str]) -> None:
    assert [fault["pointer"] for fault in check(PERSON, value)] == pointers


def test_faults_are_bounded() -> None:
    assert len(check(PERSON, {str(n): n for n in range(1000)})) == 20


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "\x7f", "\ud800", "a\rb"])
def test_text_with_control_or_broken_characters_is_refused(text: str) -> None:
    assert check({"type": "string"}, text) != []


@pytest.mark.parametrize("text", ["", "碳惠", "line\nline", "tab\t", "😀", "\u00a0"])
def test_ordinary_text_passes(text: str) -> None:
    assert check({"type": "string"}, text) == []


def test_a_pattern_holds_for_the_whole_text() -> None:
    shape = {"type": "string", "pattern": "^[a-z]+$"}
    assert check(shape, "abc") == []
    assert check(shape, "abc\n") != []


@pytest.mark.parametrize(
    "shape",
    [
        {"oneOf": []},
        {"type": "number"},
        {"type": "string", "format": "email"},
        {"properties": {"a": {"not": {}}}},
    ],
)
def test_a_shape_that_would_not_be_checked_is_refused(shape: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        assert_known(shape)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
_NEAR = st.fixed_dictionaries(
    {"name": st.text(max_size=4) | _JSON},
    optional={
        "age": st.integers(-5, 200) | _JSON,
        "tags": st.lists(st.sampled_from("abc"), max_size=3),
        "x": _JSON,
    },
)


@given(_JSON | _NEAR)
def test_we_accept_nothing_that_an_independent_validator_refuses(value: Any) -> None:
    import jsonschema

    independent = jsonschema.Draft202012Validator({**PERSON, "additionalProperties": False})
    if check(PERSON, value) == []:
        assert independent.is_valid(value), value
        assert json.loads(json.dumps(value)) == value
