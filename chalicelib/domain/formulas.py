"""Owns the closed set of formula kinds: which factors and inputs each takes, in which units, and its arithmetic.

Must not hold an emission number. A new kind, or a new measured quantity, is a reviewed change of this file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal


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
class Measure:
    """A measured quantity: the unit factors are given in, and how many of the input's own unit make one of it."""

    unit: str
    inputs_per_unit: int


METRES_PER_KM = 1000
WH_PER_KWH = 1000

MEASURES: Mapping[str, Measure] = {
    "distance_m": Measure("km", METRES_PER_KM),
    "steps": Measure("step", 1),
    "clothes_g": Measure("kg", 1000),
    "electricity_wh": Measure("kWh", WH_PER_KWH),
    "gas_dm3": Measure("m3", 1000),
    "charged_wh": Measure("kWh", WH_PER_KWH),
}


def _per_event(factors: Mapping[str, Factor], inputs: Mapping[str, int]) -> Decimal:
    return factors["reduction_per_event"].value


def _per_quantity(factors: Mapping[str, Factor], inputs: Mapping[str, int]) -> Decimal:
    ((name, amount),) = inputs.items()
    return factors["grams_per_unit"].value * amount / MEASURES[name].inputs_per_unit


def _per_km_on_grid(factors: Mapping[str, Factor], inputs: Mapping[str, int]) -> Decimal:
    """Return a per-km reduction found on one grid, carried to another: every kWh costs the difference."""
    dirtier_g_per_kwh = factors["grid_here"].value - factors["grid_there"].value
    per_km = factors["reduction_per_km_there"].value - factors["kwh_per_km"].value * dirtier_g_per_kwh
    return max(per_km, Decimal(0)) * inputs["distance_m"] / METRES_PER_KM


def _per_kwh_charged(factors: Mapping[str, Factor], inputs: Mapping[str, int]) -> Decimal:
    """Return what the kilometres of one charge would have emitted in the car they replace, less the electricity."""
    avoided_g_per_kwh = factors["baseline_per_km"].value * factors["km_per_kwh"].value
    per_kwh = avoided_g_per_kwh - factors["grid_here"].value
    return max(per_kwh, Decimal(0)) * inputs["charged_wh"] / WH_PER_KWH


FORMULAS: Mapping[str, Callable[[Mapping[str, Factor], Mapping[str, int]], Decimal]] = {
    "per_event": _per_event,
    "per_quantity": _per_quantity,
    "per_km_on_grid": _per_km_on_grid,
    "per_kwh_charged": _per_kwh_charged,
}

# The inputs a formula takes: one of these sets.
FORMULA_INPUTS: Mapping[str, tuple[frozenset[str], ...]] = {
    "per_event": (frozenset(),),
    "per_quantity": tuple(frozenset({name}) for name in MEASURES if name != "charged_wh"),
    "per_km_on_grid": (frozenset({"distance_m"}),),
    "per_kwh_charged": (frozenset({"charged_wh"}),),
}

# The factors a formula takes, each with the pattern of its unit. `{unit}` is the unit of the measured quantity;
# an event is counted, so what it is counted in must not be a measured unit.
_ON_EVENT = r"gCO2e?/(?!(?:km|passenger-km|step|kg|kWh|m3)$)[a-z][a-z-]*"
_GRID = "gCO2/kWh"
FORMULA_FACTORS: Mapping[str, Mapping[str, str]] = {
    "per_event": {"reduction_per_event": _ON_EVENT},
    "per_quantity": {"grams_per_unit": "gCO2e?/{unit}"},
    "per_km_on_grid": {
        "reduction_per_km_there": "gCO2e/(passenger-)?km",
        "kwh_per_km": "kWh/(passenger-)?km",
        "grid_here": _GRID,
        "grid_there": _GRID,
    },
    "per_kwh_charged": {"baseline_per_km": "gCO2e/km", "km_per_kwh": "km/kWh", "grid_here": _GRID},
}


def unit_pattern(formula: str, factor: str, inputs: Mapping[str, object]) -> str:
    """Return the pattern that the unit of `factor` must match in full.

    >>> unit_pattern("per_quantity", "grams_per_unit", {"steps": None})
    'gCO2e?/step'
    """
    unit = MEASURES[next(iter(inputs))].unit if inputs else ""
    measured = "(passenger-)?km" if unit == "km" else unit
    return FORMULA_FACTORS[formula][factor].replace("{unit}", measured)
