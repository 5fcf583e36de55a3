"""Owns the way from a JSON pointer to the line of the text it points into, so that a typo can be shown where it stands.

Must not read files, and must not judge a document; the text has to be JSON already.
"""

import json
import re
from collections.abc import Iterator

# compiled when first used: a document without a typo needs no lines
_TOKEN = r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+'


def pointer_to(*parts: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of nested names and positions.

    >>> pointer_to("factors", "a/b", 0)
    '/factors/a~1b/0'
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def line_of(text: str, pointer: str) -> int:
    """Return the line (from 1) of what `pointer` names; of the nearest thing around it when that is not there.

    >>> line_of('{\\n "a": {\\n  "b": [1,\\n 2]}}', "/a/b/1")
    4
    >>> line_of('{\\n "a": {}}', "/a/missing")
    2
    """
    lines = dict(pointer_lines(text))
    while pointer and pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer, 1)


def duplicates(text: str) -> list[tuple[str, int]]:
    """Return (pointer, line) of every name that stands a second time in its object; JSON readers lose one of them.

    >>> duplicates('{"a": 1,\\n "a": 2}')
    [('/a', 2)]
    """
    seen: set[str] = set()
    found = []
    for pointer, line in pointer_lines(text):
        if pointer in seen:
            found.append((pointer, line))
        seen.add(pointer)
    return found


def pointer_lines(text: str) -> Iterator[tuple[str, int]]:
    """Yield (pointer, line) of every member and element, in order; a member stands where its name stands."""
    tokens = _tokens(text)
    return _inside(tokens, next(tokens)[0], "")


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line, offset = 1, 0
    for match in re.finditer(_TOKEN, text):
        line += text.count("\n", offset, match.start())
        offset = match.start()
        yield match.group(), line


def _inside(tokens: Iterator[tuple[str, int]], opening: str, pointer: str) -> Iterator[tuple[str, int]]:
    if opening == "{":
        yield from _members(tokens, pointer)
    elif opening == "[":
        yield from _elements(tokens, pointer)


def _members(tokens: Iterator[tuple[str, int]], pointer: str) -> Iterator[tuple[str, int]]:
    for token, line in tokens:
        if token == "}":
            return
        if token == ",":
            continue
        member = pointer + pointer_to(json.loads(token))
        yield member, line
        next(tokens)  # the colon
        yield from _inside(tokens, next(tokens)[0], member)


def _elements(tokens: Iterator[tuple[str, int]], pointer: str) -> Iterator[tuple[str, int]]:
    position = 0
    for token, line in tokens:
        if token == "]":
            return
        if token == ",":
            continue
        element = pointer + pointer_to(position)
        position += 1
        yield element, line
        yield from _inside(tokens, token, element)
