"""Owns quantification: a methodology version is a document, and a quantity becomes whole grams by it.

Must not hold an emission number: every factor is in the document, with value, unit, place, year, source and grade.
The formula kinds are in `domain.formulas`, what a document must look like in `domain.methodology_documents`.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.formulas import FORMULAS, Factor
from chalicelib.domain.methodology_documents import document_errors
from chalicelib.errors import InvalidInput

PERCENT = 100
DIGITS = 28


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
    needs_verification: bool = False
    needs_photo: bool = False


@dataclass(frozen=True, slots=True)
class Quantity:
    """What one activity is worth before caps."""

    grams_co2e: int
    millipoints: int


def quantify(methodology: Methodology, inputs: Mapping[str, int], evidence: str) -> Quantity:
    """Return grams and millipoints of one activity; rounded once, down.

    `inputs` must have passed `check_inputs`. Millipoints are grams × points per kg, exactly.
    """
    with localcontext(prec=DIGITS):
        exact = FORMULAS[methodology.formula](methodology.factors, inputs)
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


def exact_grams(methodology: Methodology, inputs: Mapping[str, int]) -> Decimal:
    """Return what the formula gives for `inputs` before evidence and rounding."""
    with localcontext(prec=DIGITS):
        return FORMULAS[methodology.formula](methodology.factors, inputs)


def parse_methodology(document: Mapping[str, Any]) -> Methodology:
    """Return the methodology in `document`; InvalidInput naming every field that is wrong."""
    errors = document_errors(document)
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
        needs_verification=document.get("verification", {}).get("required", False),
        needs_photo=document.get("verification", {}).get("photo", False),
    )


def _parse_factor(fields: Mapping[str, Any]) -> Factor:
    return Factor(**dict(fields, value=Decimal(fields["value"])))
