"""Owns the strict reading of what a request brings: path, query and body; every fault names its place by pointer.

Must not know what a field means: parameters (`api.parameters`) and models (`api.schemas`) say what is allowed.
"""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from chalicelib.api.parameters import ID, Parameter
from chalicelib.errors import InvalidInput

BODY_MAX_BYTES = 1_000_000


def read_path(found: Mapping[str, str]) -> None:
    """Check the path parameters, all of them ids; InvalidInput points to `/path/<name>`."""
    for name, value in found.items():
        try:
            ID.read(value)
        except ValueError as error:
            raise InvalidInput.at(f"/path/{name}", str(error)) from None


def read_query(parameters: Mapping[str, Parameter], found: Mapping[str, list[str]] | None) -> dict[str, Any]:
    """Return the query parameters, each as its kind reads it; InvalidInput points to `/query/<name>`."""
    if not found:
        return {}
    errors: list[dict[str, str]] = []
    values: dict[str, Any] = {}
    for name, texts in found.items():
        try:
            values[name] = _read_parameter(parameters.get(name), texts)
        except ValueError as error:
            errors.append({"pointer": f"/query/{name[:64]}", "detail": str(error)})
    if errors:
        raise InvalidInput(errors)
    return values


def read_body(name: str, raw: bytes, content_type: str) -> Any:
    """Return the JSON body that fits the model `name`; InvalidInput with the code and pointer of what is wrong.

    Models are strict, they change nothing: the body is handed on as it came.
    """
    if content_type.partition(";")[0].strip().lower() != "application/json":
        detail = "the body must be application/json"
        _refuse("unsupported-media-type", "/headers/content-type", detail)
    if len(raw) > BODY_MAX_BYTES:
        _refuse("body-too-large", "", f"the body must have at most {BODY_MAX_BYTES} bytes")
    value = _parsed(raw)
    from chalicelib.api.schemas import model_named
    from chalicelib.services.strict import faults_of

    faults = faults_of(model_named(name), value)
    if faults:
        raise InvalidInput(faults)
    return value


def refuse_body(raw: bytes) -> None:
    """Raise InvalidInput when a request that takes no body brings one."""
    if raw.strip() not in (b"", b"{}"):
        raise InvalidInput.at("", "this request takes no body")


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


def _read_parameter(parameter: Parameter | None, texts: list[str]) -> Any:
    if parameter is None:
        raise ValueError("unknown parameter")
    if len(texts) != 1:
        raise ValueError("given more than once")
    return parameter.read(texts[0])


def _refuse(code: str, pointer: str, detail: str) -> NoReturn:
    raise InvalidInput([{"pointer": pointer, "detail": detail}], code)
