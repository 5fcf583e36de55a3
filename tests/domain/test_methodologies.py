"""Methodologies: golden results, refusals of wrong documents and of inputs."""

import copy
from datetime import date
from decimal import Decimal

import pytest

from chalicelib.domain.methodologies import check_inputs, is_valid_on, parse_methodology, quantify
from chalicelib.errors import InvalidInput
from chalicelib.profiles import all_methodologies, load_profile

GOLDEN = [
    # methodology, inputs, evidence, grams, millipoints: worked out by hand from the factor in the document
    ("szt-bus-ride", {}, "operator-signed", 80, 8_000),
    ("szt-metro-trip", {}, "operator-signed", 515, 51_500),  # 515.5, rounded down once
    (
        "yc-electric-bus",
        {"distance_m": 10_000},
        "operator-signed",
        162,
        16_200,
    ),  # 10 × (26.9 − 0.06 × 176.8) = 162.92
    ("yc-electric-bus", {"distance_m": 100}, "operator-signed", 1, 100),
    ("own-cup", {}, "operator-signed", 40, 4_000),
    ("own-cup", {}, "self-declared", 20, 2_000),
]

# A published version never changes: a new value is a new version with a digest of its own.
PUBLISHED = {
    "szt-bus-ride.v1": "sb1-yPiU_SlyFM0J",
    "szt-metro-trip.v1": "sm1-KTfOM05mYg6L",
    "yc-electric-bus.v1": "yb1-e1CwXRBOkN6C",
    "own-cup.v1": "oc1-bS1JzpaSRTHN",
}


@pytest.mark.parametrize(("methodology_id", "inputs", "evidence", "grams", "millipoints"), GOLDEN)
def test_a_quantity_becomes_the_grams_worked_out_by_hand(
    methodology_id, inputs, evidence, grams, millipoints
):
    methodology = load_profile("yinchuan").methodologies[methodology_id]
    quantity = quantify(methodology, inputs, evidence)
    assert (quantity.grams_co2e, quantity.millipoints) == (grams, millipoints)


def test_every_shipped_methodology_has_a_golden_result():
    assert {m.id for m in all_methodologies().values()} == {row[0] for row in GOLDEN}


def test_published_versions_have_not_changed():
    assert {f"{m.id}.v{m.version}": m.ref for m in all_methodologies().values()} == PUBLISHED


def test_every_factor_says_where_it_comes_from():
    for methodology in all_methodologies().values():
        for factor in methodology.factors.values():
            assert factor.source
            assert factor.place
            assert factor.grade in ("A", "B", "C") or (factor.grade == "-" and methodology.demo)


def test_the_grid_of_a_place_takes_part_of_what_an_electric_bus_saves():
    methodology = load_profile("yinchuan").methodologies["yc-electric-bus"]
    here = quantify(methodology, {"distance_m": 100_000}, "operator-signed").grams_co2e
    assert here < methodology.factors["reduction_per_km_there"].value * 100


@pytest.mark.parametrize(
    ("inputs", "evidence", "reason"),
    [
        ({"distance_m": 900_000}, "operator-signed", "quantity-out-of-range"),
        ({"distance_m": 0}, "operator-signed", "quantity-out-of-range"),
        ({"distance_m": True}, "operator-signed", "quantity-out-of-range"),
        ({"distance_km": 5}, "operator-signed", "wrong-inputs"),
        ({}, "operator-signed", "wrong-inputs"),
        ({"distance_m": 5_000}, "self-declared", "evidence-not-accepted"),
        ({"distance_m": 5_000}, "operator-signed", None),
    ],
)
def test_inputs_that_cannot_be_quantified_are_named(inputs, evidence, reason):
    methodology = load_profile("yinchuan").methodologies["yc-electric-bus"]
    assert check_inputs(methodology, inputs, evidence) == reason


def test_a_version_counts_only_within_its_validity():
    methodology = load_profile("yinchuan").methodologies["own-cup"]
    assert is_valid_on(methodology, date(2026, 1, 1))
    assert not is_valid_on(methodology, date(2025, 12, 31))


def _document():
    return copy.deepcopy(dict(load_profile("yinchuan").methodologies["own-cup"].document))


@pytest.mark.parametrize(
    ("pointer", "change"),
    [
        ("/version", lambda d: d.update(version="1")),
        ("/version", lambda d: d.update(version=True)),
        ("/color", lambda d: d.update(color="green")),
        ("/code", lambda d: d.pop("code")),
        ("/formula", lambda d: d.update(formula="magic")),
        ("/factors", lambda d: d["factors"].update(extra=d["factors"]["reduction_per_event"])),
        (
            "/factors/reduction_per_event/value",
            lambda d: d["factors"]["reduction_per_event"].update(value=40),
        ),
        (
            "/factors/reduction_per_event/value",
            lambda d: d["factors"]["reduction_per_event"].update(value="-4"),
        ),
        ("/factors/reduction_per_event", lambda d: d["factors"]["reduction_per_event"].pop("source")),
        ("/inputs", lambda d: d.update(inputs={"cups": {"minimum": 1, "maximum": 2}})),
        ("/caps/events_per_day", lambda d: d.update(caps={})),
        (
            "/evidence_share_percent/self-declared",
            lambda d: d["evidence_share_percent"].update({"self-declared": 60}),
        ),
    ],
)
def test_a_wrong_document_is_refused_by_field(pointer, change):
    document = _document()
    change(document)
    with pytest.raises(InvalidInput) as refused:
        parse_methodology(document)
    assert pointer in [error["pointer"] for error in refused.value.facts["errors"]]


def test_a_changed_document_has_another_ref():
    document = _document()
    document["factors"]["reduction_per_event"]["value"] = "41"
    changed = parse_methodology(document)
    assert changed.factors["reduction_per_event"].value == Decimal(41)
    assert changed.ref != load_profile("yinchuan").methodologies["own-cup"].ref
