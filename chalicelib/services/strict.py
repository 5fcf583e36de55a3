"""Owns what the pydantic models of requests and documents share: strict, closed, no coercion; faults by pointer.

Loading pydantic costs a cold start 60 ms: only models import this module, everybody else inside the function that
has something to check. Jobs never do.
"""

import os
from typing import Annotated, Any

# pydantic would look through every installed distribution for plugins; there are none, and looking costs a fifth of it
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Fault = dict[str, str]

FAULTS_MAX = 20
CLEAN = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
_POINTER_CHARS_MAX = 64
_ADDED_AT_THE_END = ("missing", "extra_forbidden", "invalid_key")
_WORDS = {"model_type": "Input should be an object", "dict_type": "Input should be an object"}

Clean = Annotated[str, Field(pattern=CLEAN)]
"""Text without control characters (line feed and tab may stand in it) and without broken ones."""


class Strict(BaseModel):
    """A closed object: `"5"`, `5.0` and `true` are no integers, an unknown field is a fault."""

    model_config = ConfigDict(strict=True, extra="forbid")


def absent(**more: Any) -> Any:
    """Return the default of a field that may be left out, but not be null; `more` as for `Field`."""
    return Field(default_factory=lambda: None, **more)


def faults_of(model: type[Strict], value: Any) -> list[Fault]:
    """Return what is wrong with `value`, at most 20 faults `{pointer, detail}`; an empty list when it fits.

    Our models change nothing: what passed may be used as it came.
    """
    try:
        model.model_validate(value)
    except ValidationError as error:
        return _bounded(error, value)
    return []


def _bounded(error: ValidationError, value: Any) -> list[Fault]:
    """Return the faults in `error`, one for each place: what several branches of a union say is joined."""
    details: dict[str, list[str]] = {}
    for one in error.errors(include_url=False, include_input=False):
        details.setdefault(_pointer(one["loc"], one["type"], value), []).append(_detail(one))
        if len(details) == FAULTS_MAX:
            break
    return [{"pointer": place, "detail": "; or: ".join(found)} for place, found in details.items()]


def _detail(error: Any) -> str:
    if error["type"] == "string_pattern_mismatch" and error["ctx"]["pattern"] == CLEAN:
        return "String should not hold control characters"
    return _WORDS.get(error["type"]) or str(error["msg"])


def _pointer(steps: tuple[str | int, ...], kind: str, value: Any) -> str:
    """Return the JSON pointer of a fault; steps that do not lead into `value` are labels of the library's own."""
    taken: list[str | int] = []
    for place, step in enumerate(steps):
        is_last = place == len(steps) - 1
        is_index = isinstance(value, list) and isinstance(step, int)
        if is_index or (isinstance(value, dict) and step in value):
            value = value[step]
        elif not (is_last and kind in _ADDED_AT_THE_END):
            continue
        taken.append(step)
    return "".join(f"/{_escaped(str(step))}" for step in taken)


def _escaped(name: str) -> str:
    shown = name[:_POINTER_CHARS_MAX].encode("utf-8", "replace").decode()
    return shown.replace("~", "~0").replace("/", "~1")
