"""Lines come out whole whatever the chunks, and none is longer than allowed."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.csv_lines import field_splitter, split_lines

LIMIT = 12


@given(st.binary(max_size=200).map(lambda b: b.replace(b"\x00", b"\n")), st.integers(1, 9))
def test_the_chunks_make_no_difference(content: bytes, size: int) -> None:
    chunks = [content[start : start + size] for start in range(0, len(content), size)]
    lines = content.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    stripped = [line.removesuffix(b"\r") for line in lines]
    wanted = [(i, line if len(line) <= LIMIT else None) for i, line in enumerate(stripped, 1)]
    assert list(split_lines(chunks, LIMIT)) == wanted


def test_a_line_longer_than_the_limit_is_dropped_and_the_next_is_whole() -> None:
    chunks = [b"x" * 1000] * 50 + [b"\nshort\n" + b"y" * 13, b"", b"\n"]
    assert list(split_lines(chunks, LIMIT)) == [(1, None), (2, b"short"), (3, None)]


def test_quotes_are_read_where_they_are_declared_and_plain_elsewhere() -> None:
    assert field_splitter(";", True)('"a;b";"c""d";e') == ["a;b", 'c"d', "e"]
    assert field_splitter(";", False)('"a;b"') == ['"a', 'b"']
    assert field_splitter(",", True)('a,"b"c') is None
