"""Owns the kinds of parameters in paths and queries: how their text is read, and what the document says of them.

Few and simple, so that requests without a body need no validation library. Bodies are `api.schemas`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chalicelib.domain.days import parse_day, parse_instant

LIMIT_IF_ABSENT = 20
_DIGITS_MAX = 15


@dataclass(frozen=True, slots=True)
class Parameter:
    """`read` returns the value of a text, or raises ValueError with what is wrong; `schema` is JSON Schema."""

    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    description: str = ""


def whole_number(minimum: int, maximum: int, description: str) -> Parameter:
    """Return a parameter that is a whole number within bounds.

    >>> whole_number(1, 100, "").read("20")
    20
    >>> whole_number(1, 100, "").read("1e1")
    Traceback (most recent call last):
    ValueError: must be a whole number
    """

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
            raise ValueError("must be a whole number")
        if not minimum <= int(text) <= maximum:
            raise ValueError(f"must be from {minimum} to {maximum}")
        return int(text)

    return Parameter(read, {"type": "integer", "minimum": minimum, "maximum": maximum}, description)


def matching(pattern: str, description: str = "", **more: Any) -> Parameter:
    """Return a parameter that is text matching the whole of `pattern`."""
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"must match {pattern}")
        return text

    return Parameter(read, {"type": "string", "pattern": pattern, **more}, description)


def one_of(*allowed: str, description: str = "") -> Parameter:
    """Return a parameter that is one of a few words.

    >>> one_of("A4", "A6").read("A6")
    'A6'
    >>> one_of("A4", "A6").read("A5")
    Traceback (most recent call last):
    ValueError: must be one of A4, A6
    """

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return text

    return Parameter(read, {"type": "string", "enum": list(allowed)}, description)


def _read_cursor(text: str) -> str:
    if not 1 <= len(text) <= 600:
        raise ValueError("must have from 1 to 600 characters")
    return text


def _read_day(text: str) -> date:
    try:
        return parse_day(text)
    except ValueError:
        raise ValueError("must be a day, YYYY-MM-DD") from None


def _read_instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError:
        raise ValueError("must be an RFC 3339 instant with its offset") from None


INSTANT = Parameter(
    _read_instant,
    {"type": "string", "format": "date-time", "examples": ["2026-11-20T00:30:00Z"]},
    "A day ago if absent.",
)
ID = matching("^[A-Za-z0-9_.-]{1,64}$")
DAY = Parameter(_read_day, {"type": "string", "format": "date", "examples": ["2026-11-20"]})
PARTNER_ID = matching(
    "^[a-z][a-z0-9-]{1,19}$", "Without it, the newest of all partners on one page.", examples=["szt"]
)
SOURCE = matching("^[a-z][a-z0-9-]{1,19}$", "A data partner, `self` or `platform`.", examples=["szt"])
PENDING_ID = matching("^[A-Za-z0-9_-]{20,400}$", "As the list of what waits gave it.")
BATCH_STATE = matching("^[a-z-]{4,12}$", "`open` if absent.", examples=["open", "confirmed"])
LIST_QUERY: Mapping[str, Parameter] = {
    "limit": whole_number(1, 100, "At most so many items; 20 if absent."),
    "cursor": Parameter(
        _read_cursor,
        {"type": "string", "minLength": 1, "maxLength": 600},
        "`next_cursor` of the page before.",
    ),
}
