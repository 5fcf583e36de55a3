"""Lines of JSON pointers: every member and element is found where it stands, however the text is laid out."""

import json

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.json_lines import duplicates, line_of, pointer_lines, pointer_to

TEXT = """{
 "name": "a \\" [ { : , \\\\",
 "list": [1,
  {"x": true}, []
 ],

 "a/b~c": null
}
"""


def test_every_pointer_has_the_line_of_its_name_or_element():
    assert dict(pointer_lines(TEXT)) == {
        "/name": 2,
        "/list": 3,
        "/list/0": 3,
        "/list/1": 4,
        "/list/1/x": 4,
        "/list/2": 4,
        "/a~1b~0c": 7,
    }


def test_what_is_missing_stands_where_its_parent_stands():
    assert line_of(TEXT, "/list/1/y/z") == 4
    assert line_of(TEXT, "/nothing") == 1
    assert line_of(TEXT, "") == 1


def test_a_name_given_twice_is_found_with_the_line_of_the_second():
    assert duplicates('{"a": {"b": 1,\n"b": 2},\n"a": 3}') == [("/a/b", 2), ("/a", 3)]
    assert duplicates(TEXT) == []


def _pointers(value, at=""):
    pairs = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for name, inner in pairs:
        yield at + pointer_to(name)
        yield from _pointers(inner, at + pointer_to(name))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_any_document_written_a_line_each_has_its_pointers_in_order_on_rising_lines(value):
    found = list(pointer_lines(json.dumps(value, ensure_ascii=False, indent=1)))
    assert [pointer for pointer, _ in found] == list(_pointers(value))
    lines = [line for _, line in found]
    assert lines == sorted(set(lines))


@given(JSON)
def test_any_document_on_one_line_is_all_on_line_one(value):
    assert {line for _, line in pointer_lines(json.dumps(value))} <= {1}
