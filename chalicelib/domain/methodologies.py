"""Owns quantification: a methodology version is a document, and a quantity becomes whole grams by it.

Must not hold an emission number: every factor is in the document, with value, unit, place, year, source and grade.
The set of formula kinds is closed; a new kind is a reviewed change of this file.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from chalicelib.domain.canonical import canonical_json
from chalicelib.errors import InvalidInput

METRES_PER_KM = 1000
PERCENT = 100


@dataclass(frozen=True, slots=True)
class Factor:
    """One number of a formula and where it comes from. `grade` is A, B or C as in the factor list, `-` for a guess."""

    value: Decimal
    unit: str
    kind: str
    place: str
    year: int
    source: str
    grade: str


@dataclass(frozen=True, slots=True)
class InputRange:
    """What a quantity may be: inclusive bounds, in the unit its name ends with."""

    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Methodology:
    """One immutable version. `ref` (code, version, digest) is what an activity stores."""

    id: str
    version: int
    code: str
    document: Mapping[str, Any]
    digest: str
    ref: str
    demo: bool
    formula: str
    factors: Mapping[str, Factor]
    inputs: Mapping[str, InputRange]
    evidence_share_percent: Mapping[str, int]
    events_per_day_max: int
    points_per_kg: int
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Quantity:
    """What one activity is worth before caps."""

    grams_co2e: int
    millipoints: int


def quantify(methodology: Methodology, inputs: Mapping[str, int], evidence: str) -> Quantity:
    """Return grams and millipoints of one activity; rounded once, down.

    `inputs` must have passed `check_inputs`. Millipoints are grams × points per kg, exactly.
    """
    with localcontext(prec=28):
        exact = _FORMULAS[methodology.formula](methodology.factors, inputs)
        grams = int(exact * methodology.evidence_share_percent[evidence] / PERCENT)
    assert grams >= 0, "a reduction is not negative"
    return Quantity(grams, grams * methodology.points_per_kg)


def check_inputs(methodology: Methodology, inputs: Mapping[str, int], evidence: str) -> str | None:
    """Return why these inputs cannot be quantified (a stable code), or None."""
    if evidence not in methodology.evidence_share_percent:
        return "evidence-not-accepted"
    if inputs.keys() != methodology.inputs.keys():
        return "wrong-inputs"
    for name, allowed in methodology.inputs.items():
        if type(inputs[name]) is not int or not allowed.minimum <= inputs[name] <= allowed.maximum:
            return "quantity-out-of-range"
    return None


def is_valid_on(methodology: Methodology, on: date) -> bool:
    """Say whether the version may be used for activities of the day `on`."""
    return methodology.valid_from <= on and (methodology.valid_to is None or on <= methodology.valid_to)


def _per_event(factors: Mapping[str, Factor], inputs: Mapping[str, int]) -> Decimal:
    return factors["reduction_per_event"].value


def _per_km(factors: Mapping[str, Factor], inputs: Mapping[str, int]) -> Decimal:
    return factors["reduction_per_km"].value * inputs["distance_m"] / METRES_PER_KM


def _per_km_on_grid(factors: Mapping[str, Factor], inputs: Mapping[str, int]) -> Decimal:
    """Return a per-km reduction found on one grid, carried to another: every kWh costs the difference."""
    dirtier_g_per_kwh = factors["grid_here"].value - factors["grid_there"].value
    per_km = factors["reduction_per_km_there"].value - factors["kwh_per_km"].value * dirtier_g_per_kwh
    return max(per_km, Decimal(0)) * inputs["distance_m"] / METRES_PER_KM


_FORMULAS = {"per_event": _per_event, "per_km": _per_km, "per_km_on_grid": _per_km_on_grid}

FORMULA_FACTORS: Mapping[str, frozenset[str]] = {
    "per_event": frozenset({"reduction_per_event"}),
    "per_km": frozenset({"reduction_per_km"}),
    "per_km_on_grid": frozenset({"reduction_per_km_there", "kwh_per_km", "grid_here", "grid_there"}),
}
FORMULA_INPUTS: Mapping[str, frozenset[str]] = {
    "per_event": frozenset(),
    "per_km": frozenset({"distance_m"}),
    "per_km_on_grid": frozenset({"distance_m"}),
}


def parse_methodology(document: Mapping[str, Any]) -> Methodology:
    """Return the methodology in `document`; InvalidInput naming every field that is wrong."""
    errors = list(_document_errors(document))
    if errors:
        raise InvalidInput(errors)
    digest = hashlib.sha256(canonical_json(document).encode())
    short = base64.urlsafe_b64encode(digest.digest()[:9]).decode()
    factors = {name: _parse_factor(fields) for name, fields in document["factors"].items()}
    return Methodology(
        id=document["id"],
        version=document["version"],
        code=document["code"],
        document=document,
        digest=digest.hexdigest(),
        ref=f"{document['code']}{document['version']}-{short}",
        demo=document["demo"],
        formula=document["formula"],
        factors=factors,
        inputs={n: InputRange(r["minimum"], r["maximum"]) for n, r in document["inputs"].items()},
        evidence_share_percent=document["evidence_share_percent"],
        events_per_day_max=document["caps"]["events_per_day"],
        points_per_kg=document["points_per_kg"],
        valid_from=date.fromisoformat(document["valid_from"]),
        valid_to=date.fromisoformat(document["valid_to"]) if document["valid_to"] else None,
    )


def _parse_factor(fields: Mapping[str, Any]) -> Factor:
    return Factor(**dict(fields, value=Decimal(fields["value"])))


_FIELDS: Mapping[str, type | tuple[type, ...]] = {
    "id": str,
    "version": int,
    "code": str,
    "class": str,
    "scenario": str,
    "name": dict,
    "behaviour": dict,
    "unit": dict,
    "demo": bool,
    "formula": str,
    "inputs": dict,
    "factors": dict,
    "caps": dict,
    "evidence_share_percent": dict,
    "points_per_kg": int,
    "valid_from": str,
    "valid_to": (str, type(None)),
    "approval": dict,
    "notes": dict,
}
_FACTOR_FIELDS = frozenset(Factor.__slots__)


def _document_errors(document: Mapping[str, Any]) -> list[dict[str, str]]:
    errors = [{"pointer": f"/{n}", "detail": "unknown field"} for n in document if n not in _FIELDS]
    for name, kind in _FIELDS.items():
        if name not in document:
            errors.append({"pointer": f"/{name}", "detail": "missing"})
        elif not isinstance(document[name], kind) or (kind is int and isinstance(document[name], bool)):
            errors.append({"pointer": f"/{name}", "detail": "wrong type"})
    return errors or _formula_errors(document) + _factor_errors(document["factors"])


def _formula_errors(document: Mapping[str, Any]) -> list[dict[str, str]]:
    formula = document["formula"]
    if formula not in FORMULA_FACTORS:
        return [{"pointer": "/formula", "detail": f"must be one of {sorted(FORMULA_FACTORS)}"}]
    errors = []
    if set(document["factors"]) != FORMULA_FACTORS[formula]:
        errors.append({"pointer": "/factors", "detail": f"must be {sorted(FORMULA_FACTORS[formula])}"})
    if set(document["inputs"]) != FORMULA_INPUTS[formula]:
        errors.append({"pointer": "/inputs", "detail": f"must be {sorted(FORMULA_INPUTS[formula])}"})
    cap = document["caps"].get("events_per_day")
    if type(cap) is not int or not 1 <= cap <= 200:
        errors.append({"pointer": "/caps/events_per_day", "detail": "must be a whole number from 1 to 200"})
    for name, share in document["evidence_share_percent"].items():
        if type(share) is not int or not 0 < share <= PERCENT or (name == "self-declared" and share > 50):
            errors.append({"pointer": f"/evidence_share_percent/{name}", "detail": "share not allowed"})
    return errors


def _factor_errors(factors: Mapping[str, Any]) -> list[dict[str, str]]:
    errors = []
    for name, fields in factors.items():
        if not isinstance(fields, dict) or set(fields) != _FACTOR_FIELDS:
            errors.append({"pointer": f"/factors/{name}", "detail": f"must have {sorted(_FACTOR_FIELDS)}"})
        elif not isinstance(fields["value"], str) or not fields["value"].replace(".", "", 1).isdigit():
            errors.append(
                {"pointer": f"/factors/{name}/value", "detail": "must be a decimal written as text"}
            )
    return errors
