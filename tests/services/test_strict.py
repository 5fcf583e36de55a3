"""The strictness that all models share: no coercion, closed objects, bounded faults that point at their place."""

import json
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from chalicelib.services.strict import Clean, Strict, absent, faults_of


class Pet(Strict):
    """A part with an alias."""

    kind: Literal["cat", "dog"] = Field(alias="as")


class Person(Strict):
    """One field of every kind that we use."""

    name: Clean = Field(min_length=1, max_length=3)
    age: int = absent(ge=0, le=150)
    is_kind: bool = absent()
    tags: list[Literal["a", "b"]] = absent(min_length=1, max_length=2)
    nick: Clean | None = absent()
    counts: dict[str, int] = absent()
    pet: Pet = absent()
    pets: list[Pet] = absent()


@pytest.mark.parametrize(
    ("value", "pointers"),
    [
        ({"name": "ann"}, []),
        ({"name": "ann", "age": 0, "tags": ["a"], "nick": None, "pet": {"as": "cat"}}, []),
        ({}, ["/name"]),
        ({"name": ""}, ["/name"]),
        ({"name": "anna"}, ["/name"]),
        ({"name": None}, ["/name"]),
        ({"name": "ann", "age": True}, ["/age"]),
        ({"name": "ann", "age": 1.0}, ["/age"]),
        ({"name": "ann", "age": "1"}, ["/age"]),
        ({"name": "ann", "age": None}, ["/age"]),
        ({"name": "ann", "age": 151}, ["/age"]),
        ({"name": "ann", "age": float("inf")}, ["/age"]),
        ({"name": "ann", "age": 10**30}, ["/age"]),
        ({"name": "ann", "is_kind": 1}, ["/is_kind"]),
        ({"name": "ann", "is_kind": "true"}, ["/is_kind"]),
        ({"name": "ann", "age": -1, "tags": ["a", "c"]}, ["/age", "/tags/1"]),
        ({"name": "ann", "tags": []}, ["/tags"]),
        ({"name": "ann", "tags": ["a", "a", "a"]}, ["/tags"]),
        ({"name": "ann", "tags": {}}, ["/tags"]),
        ({"name": "ann", "counts": {"x/y": "1", "~": 1}}, ["/counts/x~1y"]),
        ({"name": "ann", "counts": {"[key]": "1"}}, ["/counts/[key]"]),
        ({"name": "ann", "pet": {}}, ["/pet/as"]),
        ({"name": "ann", "pet": {"kind": "cat"}}, ["/pet/as", "/pet/kind"]),
        ({"name": "ann", "pet": []}, ["/pet"]),
        ({"name": "ann", "pets": [{"as": "cat"}, {"as": "cow"}]}, ["/pets/1/as"]),
        ({"name": "ann", "more": 1}, ["/more"]),
        ([], [""]),
        ("ann", [""]),
        (None, [""]),
    ],
)
def test_a_value_is_checked_field_by_field(value: Any, pointers: list[str]) -> None:
    assert [fault["pointer"] for fault in faults_of(Person, value)] == pointers


def test_faults_are_bounded_and_so_are_the_names_in_them() -> None:
    assert len(faults_of(Person, {str(n): n for n in range(1000)})) == 20
    assert faults_of(Person, {"name": "ann", "x" * 1000: 1})[0]["pointer"] == "/" + "x" * 64


@pytest.mark.parametrize("text", ["a\x00", "a\x1b", "\x7f", "\ud800", "a\r"])
def test_text_with_control_or_broken_characters_is_refused(text: str) -> None:
    faults = faults_of(Person, {"name": text})
    assert [fault["pointer"] for fault in faults] == ["/name"]
    json.dumps(faults).encode()


@pytest.mark.parametrize("text", ["碳惠", "a\nb", "a\t", "😀", "\u00a0", "a\n"])
def test_ordinary_text_passes(text: str) -> None:
    assert faults_of(Person, {"name": text}) == []


@pytest.mark.parametrize("value", [{"\ud800": 1, "name": "ann"}, {"name": "ann", "counts": {"\ud800": "1"}}])
def test_a_broken_name_is_refused_in_an_answer_that_can_be_sent(value: Any) -> None:
    faults = faults_of(Person, value)
    assert faults != []
    json.dumps(faults, ensure_ascii=False).encode()


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
        "pet": st.fixed_dictionaries({"as": st.sampled_from(["cat", "cow"])}) | _JSON,
        "x": _JSON,
    },
)


@given(_JSON | _NEAR)
def test_what_passes_also_passes_its_published_schema_and_is_unchanged(value: Any) -> None:
    import jsonschema

    published = jsonschema.Draft202012Validator(Person.model_json_schema())
    if faults_of(Person, value) == []:
        assert published.is_valid(value), value
        assert Person.model_validate(value).model_dump(by_alias=True, exclude_unset=True) == value
