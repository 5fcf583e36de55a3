"""Owns the judgement whether a methodology's numbers can be true, before publication: refused or warned, with reason.

Must not change a document, and must not be asked about recorded activities: what was published stays as it is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from chalicelib.domain.formulas import METRES_PER_KM, Factor, unit_pattern
from chalicelib.domain.json_lines import pointer_to
from chalicelib.domain.methodologies import Methodology, exact_grams, parse_methodology
from chalicelib.domain.methodology_documents import document_errors
from chalicelib.domain.plausible_ranges import (
    CAR_G_PER_KM,
    EVENT_KWH_MAX,
    GRID_G_PER_KWH,
    GRID_UNIT,
    KWH_MAX_BY_INPUT,
    RANGES,
    UNKNOWN_EVENT_KWH_MAX,
    Range,
)

REFUSE, WARN = "refuse", "warn"
GRID_AGE_YEARS_MAX = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a document must not (`refuse`) or perhaps should not (`warn`) be published; `pointer` says where."""

    severity: str
    pointer: str
    reason: str


def lint_methodology(document: Any) -> list[Finding]:
    """Return everything doubtful about a methodology document, refusals first; empty when nothing is.

    A document that cannot be parsed is judged by its shape alone.
    """
    errors = document_errors(document)
    if errors:
        return [Finding(REFUSE, error["pointer"], error["detail"]) for error in errors]
    methodology = parse_methodology(document)
    findings = [
        *_factor_findings(methodology),
        *_grid_findings(methodology),
        *_event_findings(methodology),
        *_baseline_findings(methodology),
    ]
    return sorted(findings, key=lambda finding: finding.severity != REFUSE)


def is_refused(findings: list[Finding]) -> bool:
    """Say whether publication is refused; warnings alone need a reviewer's word, not a change."""
    return any(finding.severity == REFUSE for finding in findings)


def _factor_findings(methodology: Methodology) -> Iterator[Finding]:
    for name, factor in methodology.factors.items():
        at = pointer_to("factors", name)
        pattern = unit_pattern(methodology.formula, name, methodology.inputs)
        if not re.fullmatch(pattern, factor.unit):
            reason = f"{factor.unit!r} is not a unit that {methodology.formula} can use here ({pattern})"
            yield Finding(REFUSE, f"{at}/unit", reason)
        if (factor.grade == "-") != (factor.kind == "assumption"):
            reason = "grade - is for assumptions, and an assumption has no other grade"
            yield Finding(REFUSE, f"{at}/grade", reason)
        if factor.grade == "-" and not methodology.demo:
            yield Finding(REFUSE, f"{at}/grade", "an assumption may only stand in a methodology marked demo")
        if factor.year > methodology.valid_from.year:
            yield Finding(WARN, f"{at}/year", "is later than the day the methodology comes into force")
        yield from _range_findings(at, factor)


def known_ranges(factor: Factor) -> list[Range]:
    """Return the ranges a factor may lie in, by its unit and kind; by its unit alone where the kind has none."""
    unit = factor.unit.replace("CO2e/", "CO2/")
    of_unit = [r for r in RANGES if r.unit.replace("CO2e/", "CO2/") == unit]
    return [r for r in of_unit if r.kind == factor.kind] or of_unit


def _range_findings(at: str, factor: Factor) -> Iterator[Finding]:
    ranges = known_ranges(factor)
    if not ranges:
        yield Finding(WARN, f"{at}/value", f"no range is known for {factor.kind} in {factor.unit}")
    elif not any(r.low <= factor.value <= r.high for r in ranges):
        allowed = "; ".join(f"{r.low} to {r.high} ({r.source})" for r in ranges)
        yield Finding(
            REFUSE, f"{at}/value", f"{factor.value} {factor.unit} is outside what is known: {allowed}"
        )


def _grid_findings(methodology: Methodology) -> Iterator[Finding]:
    grids = {name: f for name, f in methodology.factors.items() if f.unit == GRID_UNIT}
    for name, grid in grids.items():
        if methodology.valid_from > date(grid.year + GRID_AGE_YEARS_MAX, 12, 31):
            reason = f"the grid factor of {grid.year} is older than {GRID_AGE_YEARS_MAX} years; look for a newer one"
            yield Finding(WARN, pointer_to("factors", name, "year"), reason)
    if len({grid.year for grid in grids.values()}) > 1:
        yield Finding(WARN, "/factors", "the grids compared are of different years")


def _event_findings(methodology: Methodology) -> Iterator[Finding]:
    """Hold the largest event that the document lets in against the electricity it would equal."""
    largest = {name: allowed.maximum for name, allowed in methodology.inputs.items()}
    kwh = exact_grams(methodology, largest) / GRID_G_PER_KWH
    kwh_max, at = _kwh_max(methodology)
    if kwh > kwh_max:
        what = f"an event of {_words(largest)}" if largest else "one event"
        reason = f"{what} would equal {kwh:.2f} kWh of electricity; more than {kwh_max} kWh is not believable"
        yield Finding(REFUSE, at, reason)


def _kwh_max(methodology: Methodology) -> tuple[Decimal, str]:
    for name in methodology.inputs:
        return KWH_MAX_BY_INPUT[name], pointer_to("inputs", name, "maximum")
    is_known = bool(known_ranges(methodology.factors["reduction_per_event"]))
    return EVENT_KWH_MAX if is_known else UNKNOWN_EVENT_KWH_MAX, "/factors/reduction_per_event/value"


def _words(inputs: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {amount:,}" for name, amount in inputs.items())


def _baseline_findings(methodology: Methodology) -> Iterator[Finding]:
    """A kilometre saves at most what the car it replaces emits, and every event saves something."""
    if "distance_m" in methodology.inputs:
        per_km = exact_grams(methodology, {"distance_m": METRES_PER_KM})
        if per_km > CAR_G_PER_KM:
            reason = f"{per_km} g a km is more than the baseline, a petrol car's {CAR_G_PER_KM} g"
            yield Finding(REFUSE, "/factors", reason)
    if exact_grams(methodology, {name: allowed.maximum for name, allowed in methodology.inputs.items()}) <= 0:
        yield Finding(
            REFUSE, "/factors", "nothing is saved: by these factors the behaviour emits the baseline or more"
        )
