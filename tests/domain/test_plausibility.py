"""Plausibility: what the linter refuses and warns of, with the place and the reason; shipped documents pass."""

import copy

import pytest

from chalicelib.domain.formulas import FORMULA_FACTORS, FORMULA_INPUTS, FORMULAS, MEASURES
from chalicelib.domain.plausibility import REFUSE, WARN, is_refused, lint_methodology
from chalicelib.domain.plausible_ranges import KWH_MAX_BY_INPUT, RANGES
from chalicelib.profiles import all_methodologies

DOCUMENTS = {m.id: m.document for m in all_methodologies().values()}
EVENT = "reduction_per_event"


def changed(methodology_id, *path, to):
    document = copy.deepcopy(dict(DOCUMENTS[methodology_id]))
    *parents, last = path
    inner = document
    for name in parents:
        inner = inner[name]
    inner[last] = to
    return document


def with_factor(methodology_id, name, **fields):
    document = copy.deepcopy(dict(DOCUMENTS[methodology_id]))
    document["factors"][name].update(fields)
    return document


def refusals(document):
    return {f.pointer: f.reason for f in lint_methodology(document) if f.severity == REFUSE}


def warnings(document):
    return {f.pointer: f.reason for f in lint_methodology(document) if f.severity == WARN}


@pytest.mark.parametrize("methodology_id", sorted(DOCUMENTS))
def test_no_shipped_methodology_is_refused(methodology_id):
    assert refusals(DOCUMENTS[methodology_id]) == {}


def test_only_grid_years_and_assumptions_of_demos_are_warned_of_in_what_is_shipped():
    for document in DOCUMENTS.values():
        for pointer, reason in warnings(document).items():
            assert ("grid factor of 2023" in reason) or ("assumption" in reason and document["demo"]), pointer


@pytest.mark.parametrize("unit", ["gCO2e/climb", "gCO2e/use", "gCO2e/trip", "gCO2e/ride", "gCO2e/meal"])
def test_600_g_for_taking_the_stairs_is_refused_whatever_it_is_counted_in(unit):
    found = refusals(with_factor("own-cup", EVENT, value="600", unit=unit))
    assert f"/factors/{EVENT}/value" in found


def test_the_reason_for_the_stairs_is_the_electricity_they_would_equal():
    found = refusals(with_factor("own-cup", EVENT, value="600", unit="gCO2e/climb"))
    assert "1.13 kWh" in found[f"/factors/{EVENT}/value"]


def test_600_g_for_the_stairs_is_refused_as_a_demonstration_too():
    stairs = with_factor("waste-sorting", EVENT, value="600", unit="gCO2e/climb")
    assert is_refused(lint_methodology(stairs))


def _gas(value, unit):
    document = changed(
        "yc-electricity-saved", "inputs", to={"gas_dm3": {"minimum": 1000, "maximum": 100_000}}
    )
    document["factors"]["grams_per_unit"].update(value=value, unit=unit)
    return document


def test_natural_gas_at_190_g_a_cubic_metre_is_refused_and_at_its_order_of_magnitude_is_not():
    assert "11 times too low" in refusals(_gas("190", "gCO2/m3"))["/factors/grams_per_unit/value"]
    assert "/factors/grams_per_unit/unit" in refusals(_gas("0.19", "kgCO2/m3"))
    assert "/factors/grams_per_unit/value" in refusals(_gas("0.19", "gCO2/m3"))
    assert refusals(_gas("2180", "gCO2/m3")) == {}


@pytest.mark.parametrize("value", ["785", "997"])
@pytest.mark.parametrize("kind", ["emission", "reduction"])
@pytest.mark.parametrize("unit", ["gCO2/kWh", "gCO2e/kWh"])
def test_electricity_of_2010_is_refused_however_it_is_labelled(value, kind, unit):
    document = with_factor("yc-electricity-saved", "grams_per_unit", value=value, kind=kind, unit=unit)
    assert "785 and 997 are of 2010" in refusals(document)["/factors/grams_per_unit/value"]


@pytest.mark.parametrize("name", ["grid_here", "grid_there"])
@pytest.mark.parametrize("value", ["785", "997"])
def test_electricity_of_2010_is_refused_as_a_grid_to_compare_with(name, value):
    assert f"/factors/{name}/value" in refusals(with_factor("yc-electric-bus", name, value=value))


@pytest.mark.parametrize("value", ["0.1", "16"])
@pytest.mark.parametrize("kind", ["reduction", "emission"])
def test_a_plastic_bag_at_a_tenth_of_a_gram_or_16_g_is_refused(value, kind):
    document = with_factor("bag-refused", EVENT, value=value, kind=kind)
    assert "unsourced" in refusals(document)[f"/factors/{EVENT}/value"]


@pytest.mark.parametrize(
    ("methodology_id", "factor", "unit"),
    [
        ("own-cup", EVENT, "kgCO2e/use"),
        ("own-cup", EVENT, "gCO2e/km"),
        ("walking", "grams_per_unit", "gCO2e/km"),
        ("shared-bicycle", "grams_per_unit", "gCO2e/step"),
        ("yc-electricity-saved", "grams_per_unit", "kgCO2/kWh"),
        ("yc-electric-bus", "kwh_per_km", "kWh/100km"),
        ("yc-electric-bus", "grid_here", "tCO2/MWh"),
        ("yc-ev-charging", "km_per_kwh", "kWh/km"),
    ],
)
def test_a_unit_that_the_formula_does_not_take_is_refused(methodology_id, factor, unit):
    assert f"/factors/{factor}/unit" in refusals(with_factor(methodology_id, factor, unit=unit))


def test_a_quantity_no_one_can_reach_is_refused_at_the_input():
    steps = changed("walking", "inputs", "steps", "maximum", to=1_000_000)
    assert "37.69 kWh" in refusals(steps)["/inputs/steps/maximum"]
    bus = changed("nj-electric-bus", "inputs", "distance_m", "maximum", to=900_000)
    assert "/inputs/distance_m/maximum" in refusals(bus)


def test_a_kilometre_cannot_save_more_than_the_car_it_replaces():
    assert "baseline" in refusals(with_factor("shared-bicycle", "grams_per_unit", value="165"))["/factors"]
    cleaner_grid = with_factor("yc-electric-bus", "kwh_per_km", value="6")
    cleaner_grid["factors"]["grid_here"]["value"] = "400"
    assert "baseline" in refusals(cleaner_grid)["/factors"]


def test_a_behaviour_that_saves_nothing_on_this_grid_is_refused():
    assert (
        "nothing is saved" in refusals(with_factor("yc-electric-bus", "kwh_per_km", value="0.2"))["/factors"]
    )
    assert "nothing is saved" in refusals(with_factor("yc-ev-charging", "km_per_kwh", value="3"))["/factors"]


def test_an_assumption_is_refused_outside_a_demonstration():
    assert "/factors/kwh_per_km/grade" in refusals(changed("yc-electric-bus", "demo", to=False))


def test_a_grade_that_contradicts_the_kind_is_refused():
    assert f"/factors/{EVENT}/grade" in refusals(with_factor("waste-sorting", EVENT, grade="B"))
    assert f"/factors/{EVENT}/grade" in refusals(with_factor("own-cup", EVENT, grade="-"))


@pytest.mark.parametrize("field", ["source", "grade", "place", "year", "unit"])
def test_a_factor_without_its_origin_is_refused(field):
    document = copy.deepcopy(dict(DOCUMENTS["own-cup"]))
    del document["factors"][EVENT][field]
    assert refusals(document) == {f"/factors/{EVENT}/{field}": "missing"}


def test_ones_own_word_for_more_than_half_is_refused():
    document = changed("own-cup", "evidence_share_percent", "self-declared", to=51)
    assert "/evidence_share_percent/self-declared" in refusals(document)


def test_a_grid_older_than_two_years_is_warned_of_and_a_newer_one_is_not():
    pointer = "/factors/grams_per_unit/year"
    assert "older than 2 years" in warnings(DOCUMENTS["yc-electricity-saved"])[pointer]
    assert warnings(changed("yc-electricity-saved", "valid_from", to="2025-12-31")) == {}


def test_grids_of_different_years_and_factors_from_the_future_are_warned_of():
    assert "different years" in warnings(with_factor("yc-electric-bus", "grid_there", year=2022))["/factors"]
    assert f"/factors/{EVENT}/year" in warnings(with_factor("own-cup", EVENT, year=2027))


def test_a_kind_of_event_without_known_values_is_warned_of():
    document = with_factor("own-cup", EVENT, unit="gCO2e/climb")
    assert "no range is known" in warnings(document)[f"/factors/{EVENT}/value"]
    assert not is_refused(lint_methodology(document))


def test_refusals_come_before_warnings():
    severities = [f.severity for f in lint_methodology(changed("yc-electric-bus", "demo", to=False))]
    assert severities == sorted(severities)
    assert set(severities) == {REFUSE, WARN}


@pytest.mark.parametrize("document", [None, [], "text", {}, {"formula": "per_event"}])
def test_what_is_no_methodology_is_refused_and_does_not_break_the_linter(document):
    assert is_refused(lint_methodology(document))


def test_every_formula_and_every_measure_is_known_to_every_table():
    assert FORMULAS.keys() == FORMULA_FACTORS.keys() == FORMULA_INPUTS.keys()
    assert MEASURES.keys() == KWH_MAX_BY_INPUT.keys()
    assert all(r.low < r.high and r.source for r in RANGES)
