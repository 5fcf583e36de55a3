"""Owns the step from the bytes of a delimited file to its lines and fields, in memory that no file can swell.

Must not know what a column means. A line ends at a line feed, quoted or not: a missing quote then spoils one line.
"""

import csv
from collections.abc import Callable, Iterable, Iterator

FieldSplitter = Callable[[str], list[str] | None]


def split_lines(chunks: Iterable[bytes], line_bytes_max: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield (line number from 1, line without its end), and None for a line of more than `line_bytes_max`.

    A longer line is dropped as it streams by: what is held never exceeds the limit and one chunk.

    >>> list(split_lines([b"a,b\\r\\nc,", b"d\\n", b"e" * 9], 8))
    [(1, b'a,b'), (2, b'c,d'), (3, None)]
    """
    rest, number, is_dropping = b"", 0, False
    for chunk in chunks:
        lines = chunk.split(b"\n")
        lines[0] = rest + lines[0]
        rest = lines.pop()
        for line in lines:
            number += 1
            line = line.removesuffix(b"\r")
            yield number, None if is_dropping or len(line) > line_bytes_max else line
            is_dropping = False
        if len(rest) > line_bytes_max + 1:
            rest, is_dropping = b"", True
    if rest or is_dropping:
        rest = rest.removesuffix(b"\r")
        yield number + 1, None if is_dropping or len(rest) > line_bytes_max else rest


def field_splitter(delimiter: str, is_quoted: bool) -> FieldSplitter:
    """Return the function from one line's text to its fields; it returns None when the quotes do not pair.

    >>> field_splitter(",", True)('a,"b,""c"",d"')
    ['a', 'b,"c",d']
    >>> field_splitter(",", True)('a,"b') is None
    True
    """

    def split_plain(text: str) -> list[str]:
        return text.split(delimiter)

    def split_quoted(text: str) -> list[str] | None:
        if '"' not in text:
            return text.split(delimiter)
        try:
            return next(csv.reader([text], delimiter=delimiter, strict=True))
        except csv.Error:
            return None

    return split_quoted if is_quoted else split_plain
