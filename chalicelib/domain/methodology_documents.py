"""Owns what a methodology document must look like: every field checked, every wrong one named by its pointer.

Must not judge whether numbers are believable; `domain.plausibility` does, before publication.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from chalicelib.domain.evidence import EVIDENCE_MARKS
from chalicelib.domain.formulas import FORMULA_FACTORS, FORMULA_INPUTS
from chalicelib.domain.json_lines import pointer_to

Fault = dict[str, str]

CLASSES = ("I", "II")
SCENARIOS = ("衣", "食", "住", "行", "用", "其他")
FACTOR_KINDS = ("reduction", "emission", "assumption")
GRADES = ("A", "B", "C", "-")
SELF_DECLARED_PERCENT_MAX = 50
_INPUT_MAX = 1_000_000_000
_DEPTH_MAX = 5
_UNCLEAN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def document_errors(document: Any) -> list[Fault]:
    """Return every wrong field of a methodology document as {pointer, detail}; empty when it can be parsed."""
    if not isinstance(document, dict):
        return [_fault("must be an object")]
    errors = [*_shape_errors(document, _FIELDS, _OPTIONAL), *_form_errors(document, 0)]
    if errors:
        return errors
    return [*_formula_errors(document), *_evidence_errors(document), *_validity_errors(document)]


def _form_errors(value: Any, depth: int, *at: str | int) -> Iterator[Fault]:
    """Name what has no canonical form: fractions, control characters, halves of characters, deep nesting."""
    if depth > _DEPTH_MAX:
        yield _fault("is nested too deep", *at)
    elif isinstance(value, float):
        yield _fault("must be whole, or a decimal written as text", *at)
    elif isinstance(value, str) and _UNCLEAN.search(value):
        yield _fault("must not hold control characters", *at)
    elif isinstance(value, dict):
        for name, item in value.items():
            if _UNCLEAN.search(name):
                yield _fault("the names in it must not hold control characters", *at)
            else:
                yield from _form_errors(item, depth + 1, *at, name)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _form_errors(item, depth + 1, *at, position)


def _fault(detail: str, *parts: str | int) -> Fault:
    return {"pointer": pointer_to(*parts), "detail": detail}


Check = Callable[[Any], str | None]


def _shape_errors(
    value: Mapping[str, Any],
    checks: Mapping[str, Check],
    optional: frozenset[str] = frozenset(),
    at: tuple[str, ...] = (),
) -> Iterator[Fault]:
    for name in value:
        if name not in checks:
            yield _fault("unknown field", *at, name)
    for name, check in checks.items():
        if name not in value:
            if name not in optional:
                yield _fault("missing", *at, name)
        elif detail := check(value[name]):
            yield _fault(detail, *at, name)


def _text(pattern: str, words: str) -> Check:
    compiled = re.compile(pattern)
    return lambda v: None if isinstance(v, str) and compiled.fullmatch(v) else f"must be {words}"


def _one_of(*allowed: str) -> Check:
    return lambda v: None if isinstance(v, str) and v in allowed else f"must be one of {', '.join(allowed)}"


def _whole(low: int, high: int) -> Check:
    detail = f"must be a whole number from {low} to {high}"
    return lambda v: None if type(v) is int and low <= v <= high else detail


def _is(kind: type, words: str) -> Check:
    return lambda v: None if isinstance(v, kind) else f"must be {words}"


def _words(value: Any) -> str | None:
    """Texts for people stand in Chinese and English, and say something."""
    is_complete = isinstance(value, dict) and value.keys() == {"zh", "en"}
    if is_complete and all(isinstance(text, str) and text.strip() for text in value.values()):
        return None
    return "must hold a text in zh and one in en"


def _day(value: Any) -> str | None:
    try:
        return None if date.fromisoformat(value).isoformat() == value else "must be a day, YYYY-MM-DD"
    except (TypeError, ValueError):
        return "must be a day, YYYY-MM-DD"


def _says_something(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() else "must be a text that is not empty"


_OBJECT = _is(dict, "an object")


def _verification(value: Any) -> str | None:
    is_known = isinstance(value, dict) and {"required"} <= value.keys() <= {"required", "photo"}
    if is_known and all(type(flag) is bool for flag in value.values()):
        return None
    return 'must be {"required": true or false}, and may demand "photo": true'


_FIELDS: Mapping[str, Check] = {
    "id": _text(r"[a-z0-9][a-z0-9-]{1,47}", "lower-case letters, digits and hyphens"),
    "version": _whole(1, 9999),
    "code": _text(r"[a-z]{2,4}", "two to four lower-case letters"),
    "class": _one_of(*CLASSES),
    "scenario": _one_of(*SCENARIOS),
    "name": _words,
    "behaviour": _words,
    "unit": _words,
    "demo": _is(bool, "true or false"),
    "formula": _one_of(*FORMULA_FACTORS),
    "inputs": _OBJECT,
    "factors": _OBJECT,
    "caps": _OBJECT,
    "evidence_share_percent": _OBJECT,
    "points_per_kg": _whole(1, 1_000_000),
    "points_reason": _words,
    "valid_from": _day,
    "valid_to": lambda value: None if value is None else _day(value),
    "verification": _verification,
    "approval": _OBJECT,
    "notes": _words,
}
_OPTIONAL = frozenset(
    {"points_reason", "verification"}
)  # documents published before they came do not have them

_FACTOR_FIELDS: Mapping[str, Check] = {
    "value": _text(r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?", "a decimal written as text"),
    "unit": _says_something,
    "kind": _one_of(*FACTOR_KINDS),
    "place": _says_something,
    "year": _whole(1990, 2100),
    "source": _says_something,
    "grade": _one_of(*GRADES),
}
_RANGE_FIELDS: Mapping[str, Check] = {"minimum": _whole(1, _INPUT_MAX), "maximum": _whole(1, _INPUT_MAX)}
_CAP_FIELDS: Mapping[str, Check] = {"events_per_day": _whole(1, 200)}


def _formula_errors(document: Mapping[str, Any]) -> Iterator[Fault]:
    formula, inputs, factors = document["formula"], document["inputs"], document["factors"]
    if factors.keys() != FORMULA_FACTORS[formula].keys():
        yield _fault(f"must be {sorted(FORMULA_FACTORS[formula])}", "factors")
    if inputs.keys() not in FORMULA_INPUTS[formula]:
        allowed = " or ".join(str(sorted(names)) for names in FORMULA_INPUTS[formula])
        yield _fault(f"must be {allowed}", "inputs")
    for name, fields in factors.items():
        yield from _nested_errors(fields, _FACTOR_FIELDS, "factors", name)
    for name, fields in inputs.items():
        errors = list(_nested_errors(fields, _RANGE_FIELDS, "inputs", name))
        if not errors and fields["minimum"] > fields["maximum"]:
            errors.append(_fault("must not be less than minimum", "inputs", name, "maximum"))
        yield from errors
    yield from _nested_errors(document["caps"], _CAP_FIELDS, "caps")


def _nested_errors(fields: Any, checks: Mapping[str, Check], *at: str) -> Iterator[Fault]:
    if isinstance(fields, dict):
        yield from _shape_errors(fields, checks, at=at)
    else:
        yield _fault("must be an object", *at)


def _evidence_errors(document: Mapping[str, Any]) -> Iterator[Fault]:
    shares = document["evidence_share_percent"]
    if not shares:
        yield _fault("must name at least one grade of evidence", "evidence_share_percent")
    for grade, share in shares.items():
        highest = SELF_DECLARED_PERCENT_MAX if grade == "self-declared" else 100
        if grade not in EVIDENCE_MARKS:
            detail = f"is no grade of evidence; known are {', '.join(EVIDENCE_MARKS)}"
            yield _fault(detail, "evidence_share_percent", grade)
        elif detail_or_none := _whole(1, highest)(share):
            yield _fault(detail_or_none, "evidence_share_percent", grade)


def _validity_errors(document: Mapping[str, Any]) -> Iterator[Fault]:
    if document["valid_to"] is not None and document["valid_to"] < document["valid_from"]:
        yield _fault("must not be before valid_from", "valid_to")
