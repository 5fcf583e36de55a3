"""Owns the strict reading of what a request brings: path, query and body; every fault names its place by pointer.

Must not know what a field means; shapes say what is allowed.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NoReturn

from chalicelib.domain.shapes import Shape, check
from chalicelib.errors import InvalidInput

BODY_MAX_BYTES = 1_000_000
ID: Shape = {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"}


def read_path(found: Mapping[str, str]) -> None:
    """Check the path parameters, all of them ids; InvalidInput points to `/path/<name>`."""
    for name, value in found.items():
        faults = check(ID, value)
        if faults:
            raise InvalidInput.at(f"/path/{name}", faults[0]["detail"])


def read_query(shapes: Mapping[str, Shape], found: Mapping[str, list[str]] | None) -> dict[str, Any]:
    """Return the query parameters, whole numbers as ints; InvalidInput points to `/query/<name>`."""
    if not found:
        return {}
    errors: list[dict[str, str]] = []
    values: dict[str, Any] = {}
    for name, texts in found.items():
        pointer = f"/query/{name[:64]}"
        if name not in shapes:
            errors.append({"pointer": pointer, "detail": "unknown parameter"})
        elif len(texts) != 1:
            errors.append({"pointer": pointer, "detail": "given more than once"})
        else:
            value = _typed(shapes[name], texts[0])
            values[name] = value
            errors += [{"pointer": pointer, "detail": f["detail"]} for f in check(shapes[name], value)]
    if errors:
        raise InvalidInput(errors)
    return values


def read_body(shape: Shape, raw: bytes, content_type: str) -> Any:
    """Return the JSON body that fits `shape`; InvalidInput with the code and pointer of what is wrong."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        detail = "the body must be application/json"
        _refuse("unsupported-media-type", "/headers/content-type", detail)
    if len(raw) > BODY_MAX_BYTES:
        _refuse("body-too-large", "", f"the body must have at most {BODY_MAX_BYTES} bytes")
    value = _parsed(raw)
    faults = check(shape, value)
    if faults:
        raise InvalidInput(faults)
    return value


def refuse_body(raw: bytes) -> None:
    """Raise InvalidInput when a request that takes no body brings one."""
    if raw.strip() not in (b"", b"{}"):
        raise InvalidInput.at("", "this request takes no body")


def read_instant(text: str) -> datetime:
    """Return the aware UTC instant in a text that passed the shape `date-time`."""
    return datetime.fromisoformat(text).astimezone(UTC)


def read_day(text: str | None) -> date | None:
    """Return the day in a text that passed the shape `date`; None for None."""
    return None if text is None else date.fromisoformat(text)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError:
        _refuse("malformed-json", "", "the body must be UTF-8")
    except RecursionError:
        _refuse("malformed-json", "", "the body is nested too deep")
    except json.JSONDecodeError as error:
        _refuse("malformed-json", "", f"not JSON at line {error.lineno}, column {error.colno}")
    except ValueError as error:
        _refuse("malformed-json", "", str(error)[:200])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is given twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _typed(shape: Shape, text: str) -> Any:
    is_whole = text.isascii() and text.isdigit() and len(text) <= 15
    return int(text) if shape["type"] == "integer" and is_whole else text


def _refuse(code: str, pointer: str, detail: str) -> NoReturn:
    raise InvalidInput([{"pointer": pointer, "detail": detail}], code)
