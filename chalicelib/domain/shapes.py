"""Owns the checking of JSON values against shapes: a small, strict subset of JSON Schema 2020-12.

One shape serves the check, the OpenAPI document and the tests. Must not coerce: `"5"`, `5.0` and `true` are no
integers. Objects are closed unless they say `additionalProperties`. Keywords outside `KEYWORDS` are refused.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

Shape = Mapping[str, Any]
Fault = dict[str, str]
Path = tuple[str | int, ...]

KEYWORDS = frozenset(
    [
        "type",
        "enum",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "minItems",
        "maxItems",
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "minimum",
        "maximum",
        "title",
        "description",
        "examples",
    ]
)
_FAULTS_MAX = 20
_YEARS = range(2000, 2100)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_TYPES: dict[str, tuple[type, str]] = {
    "object": (dict, "an object"),
    "array": (list, "a list"),
    "string": (str, "text"),
    "integer": (int, "a whole number"),
    "boolean": (bool, "true or false"),
    "null": (type(None), "null"),
}


def check(shape: Shape, value: Any) -> list[Fault]:
    """Return what is wrong with `value`, at most 20 faults `{pointer, detail}`; an empty list when it fits.

    >>> check({"type": "integer", "minimum": 1}, 5)
    []
    >>> check({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}, {"n": "5"})
    [{'pointer': '/n', 'detail': 'must be a whole number'}]
    """
    faults: list[Fault] = []
    for path, detail in _faults(shape, value, ()):
        faults.append({"pointer": _pointer(path), "detail": detail})
        if len(faults) == _FAULTS_MAX:
            break
    return faults


def assert_known(shape: Shape) -> None:
    """Assert that `shape` uses only keywords this module checks, all the way down."""
    unknown = set(shape) - KEYWORDS
    assert not unknown, f"shape uses unchecked keywords: {sorted(unknown)}"
    assert _type_names(shape) <= set(_TYPES), f"shape has an unknown type: {shape['type']}"
    assert shape.get("format", "date") in _FORMATS, f"shape has an unknown format: {shape['format']}"
    for part in (
        *shape.get("properties", {}).values(),
        shape.get("items"),
        shape.get("additionalProperties"),
    ):
        if isinstance(part, Mapping):
            assert_known(part)


def _type_names(shape: Shape) -> set[str]:
    named = shape.get("type", ())
    return {named} if isinstance(named, str) else set(named)


def _faults(shape: Shape, value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    named = shape.get("type")
    if named is not None and not _is_of_type(named, value):
        names = [named] if isinstance(named, str) else named
        yield path, "must be " + " or ".join(_TYPES[name][1] for name in names)
        return
    if "enum" in shape and value not in shape["enum"]:
        yield path, "must be one of " + ", ".join(str(one) for one in shape["enum"])
        return
    kind = type(value)
    if kind is dict:
        yield from _object_faults(shape, value, path)
    elif kind is str:
        yield from ((path, detail) for detail in _text_faults(shape, value))
    elif kind is int:
        yield from ((path, detail) for detail in _number_faults(shape, value))
    elif kind is list:
        yield from _list_faults(shape, value, path)


def _is_of_type(named: str | list[str], value: Any) -> bool:
    if isinstance(named, str):
        return type(value) is _TYPES[named][0]
    return any(type(value) is _TYPES[name][0] for name in named)


def _object_faults(shape: Shape, value: dict[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    properties = shape.get("properties", {})
    for name in shape.get("required", ()):
        if name not in value:
            yield (*path, name), "missing"
    others = shape.get("additionalProperties", False)
    for name, one in value.items():
        inner = properties.get(name, others)
        if inner is False:
            yield (*path, name), "unknown field"
        elif inner is not True:
            yield from _faults(inner, one, (*path, name))


def _list_faults(shape: Shape, value: list[Any], path: Path) -> Iterator[tuple[Path, str]]:
    if len(value) < shape.get("minItems", 0):
        yield path, f"must have at least {shape['minItems']} items"
    if len(value) > shape.get("maxItems", len(value)):
        yield path, f"must have at most {shape['maxItems']} items"
        return
    inner = shape.get("items")
    if inner is not None:
        for index, one in enumerate(value):
            yield from _faults(inner, one, (*path, index))


def _number_faults(shape: Shape, value: int) -> Iterator[str]:
    if value < shape.get("minimum", value):
        yield f"must be at least {shape['minimum']}"
    if value > shape.get("maximum", value):
        yield f"must be at most {shape['maximum']}"


def _text_faults(shape: Shape, value: str) -> Iterator[str]:
    if not value.isprintable() and not _is_clean(value):
        yield "must not hold control characters or broken ones"
        return
    if len(value) < shape.get("minLength", 0):
        yield f"must have at least {shape['minLength']} characters"
    if len(value) > shape.get("maxLength", len(value)):
        yield f"must have at most {shape['maxLength']} characters"
        return
    if "pattern" in shape and not _compiled(shape["pattern"]).fullmatch(value):
        yield f"must match {shape['pattern']}"
    elif "format" in shape and not _FORMATS[shape["format"]](value):
        yield f"must be a valid {shape['format']}"


def _pointer(path: Path) -> str:
    return "".join(f"/{_escaped(str(part))}" for part in path)


def _escaped(name: str) -> str:
    return name[:64].encode("utf-8", "replace").decode().replace("~", "~0").replace("/", "~1")


def _is_clean(value: str) -> bool:
    return not any((c < " " and c not in "\n\t") or c == "\x7f" or "\ud800" <= c <= "\udfff" for c in value)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _is_date(value: str) -> bool:
    try:
        return len(value) == 10 and date.fromisoformat(value).year in _YEARS
    except ValueError:
        return False


def _is_instant(value: str) -> bool:
    try:
        return _INSTANT.fullmatch(value) is not None and datetime.fromisoformat(value).year in _YEARS
    except ValueError:
        return False


_FORMATS: dict[str, Callable[[str], bool]] = {
    "date": _is_date,
    "date-time": _is_instant,
}
