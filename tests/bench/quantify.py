"""Quantification: checking and computing one activity, against the same formula written out with the same checks.

The issue allows 50 µs, or on a slow machine twice the hard-coded formula; whichever the machine makes easier is held.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext

from chalicelib.domain.methodologies import Methodology, check_inputs, quantify
from chalicelib.profiles import all_methodologies
from tests.bench.harness import Table

ROUNDS, CALLS = 9, 5_000
US_MAX, RATIO_MAX = 50, 2
# One methodology for each formula, with inputs it accepts.
CASES: Mapping[str, dict[str, int]] = {
    "own-cup": {},
    "walking": {"steps": 8_431},
    "yc-electric-bus": {"distance_m": 7_321},
    "yc-ev-charging": {"charged_wh": 23_417},
}


def run(table: Table) -> None:
    """Measure every formula kind, both sides in turn."""
    newest = {m.id: m for m in sorted(all_methodologies().values(), key=lambda m: m.version)}
    assert {newest[id].formula for id in CASES} == {m.formula for m in newest.values()}, (
        "every formula has a case"
    )
    for methodology_id, inputs in CASES.items():
        methodology = newest[methodology_id]
        evidence = next(iter(methodology.evidence_share_percent))
        assert _ours(methodology, inputs, evidence) == _written_out(methodology, inputs, evidence)
        ours, bare = [], []
        for _ in range(ROUNDS):
            ours.append(_us(lambda m=methodology, i=inputs, e=evidence: _ours(m, i, e)))
            bare.append(_us(lambda m=methodology, i=inputs, e=evidence: _written_out(m, i, e)))
        us, ratio = statistics.median(ours), statistics.median(bare)
        within = min(us / US_MAX, us / ratio / RATIO_MAX)
        note = f"{us:.1f} µs, written out {ratio:.1f} µs"
        table.at_most(f"quantify: {methodology.formula}, share of what is allowed", within, 1, note)


def _ours(methodology: Methodology, inputs: Mapping[str, int], evidence: str) -> tuple[int, int]:
    assert check_inputs(methodology, inputs, evidence) is None
    quantity = quantify(methodology, inputs, evidence)
    return quantity.grams_co2e, quantity.millipoints


def _written_out(methodology: Methodology, inputs: Mapping[str, int], evidence: str) -> tuple[int, int]:
    """The same checks and the same exact arithmetic, without the table of formulas."""
    shares, value = methodology.evidence_share_percent, methodology.factors
    assert evidence in shares and inputs.keys() == methodology.inputs.keys()
    for name, amount in inputs.items():
        assert type(amount) is int
        assert methodology.inputs[name].minimum <= amount <= methodology.inputs[name].maximum
    with localcontext(prec=28):
        if not inputs:
            exact = value["reduction_per_event"].value
        elif "steps" in inputs:
            exact = value["grams_per_unit"].value * inputs["steps"] / 1
        elif "charged_wh" in inputs:
            car = value["baseline_per_km"].value * value["km_per_kwh"].value
            exact = max(car - value["grid_here"].value, Decimal(0)) * inputs["charged_wh"] / 1000
        else:
            worse = value["kwh_per_km"].value * (value["grid_here"].value - value["grid_there"].value)
            per_km = max(value["reduction_per_km_there"].value - worse, Decimal(0))
            exact = per_km * inputs["distance_m"] / 1000
        grams = int(exact * shares[evidence] / 100)
    return grams, grams * methodology.points_per_kg


def _us(act: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(CALLS):
        act()
    return (time.process_time() - began) / CALLS * 1e6
