"""Replays: identical integers under equal rules, the effect of other factors and caps, tables that add up."""

import copy
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.activities import Activity
from chalicelib.domain.corrections import REPLACE, REVERSE, Correction
from chalicelib.domain.methodologies import parse_methodology, quantify
from chalicelib.domain.recording import Candidate, DayRules, add_activities, plan_additions
from chalicelib.domain.replays import (
    LARGEST_MAX,
    corrected_days,
    effect_on,
    empty_table,
    failed_table,
    merge_tables,
    shown_table,
    table_of,
)
from chalicelib.domain.sheets import Sheet, add_correction, worth_of
from chalicelib.profiles import load_profile

ON = date(2026, 11, 10)
PROFILE = load_profile("yinchuan")
RULES = DayRules(PROFILE.events_per_day_max, 1000 * PROFILE.points_per_day_max)
BIKE, BUS, CUP = (PROFILE.methodologies[id] for id in ("shared-bicycle", "szt-bus-ride", "own-cup"))


def next_version(methodology, **changes):
    document = copy.deepcopy(dict(methodology.document)) | {"version": methodology.version + 1} | changes
    return parse_methodology(document)


def with_value(methodology, value, **changes):
    document = copy.deepcopy(dict(methodology.document))
    document["factors"]["grams_per_unit"]["value"] = value
    return next_version(replace(methodology, document=document), **changes)


def candidate(methodology, key, second=60, evidence="operator-signed", **inputs):
    worth = quantify(methodology, inputs, evidence)
    values = tuple(inputs[name] for name in sorted(inputs))
    activity = Activity(
        key, methodology.ref, second, values, worth.grams_co2e, worth.millipoints, "szt", evidence, "b1"
    )
    cap, points = methodology.events_per_day_max, methodology.points_per_kg
    return Candidate(activity, methodology.code, cap, points, False)


def sheet_of(*candidates, rules=RULES):
    sheet = Sheet("res_a", ON)
    for one in candidates:
        sheet = add_activities(sheet, plan_additions(sheet, [one], rules))
    return sheet


def ride(key, metres, **more):
    return candidate(BIKE, key, distance_m=metres, **more)


def pairs(changes):
    return [(change.old[0], change.new[0]) for change in changes]


def test_another_factor_changes_every_activity_by_its_own_quantity():
    sheet = sheet_of(ride("a", 1_000), ride("b", 3_250, second=90), candidate(CUP, "c"))
    assert pairs(effect_on(sheet, {BIKE.ref: BIKE}, with_value(BIKE, "60"), RULES)) == [(40, 60), (130, 195)]


@pytest.mark.parametrize(
    ("cap_old", "cap_new", "grams"),
    [(2, 3, [40, 40, 40, 0]), (2, 1, [40, 0, 0, 0]), (2, 2, [40, 40, 0, 0])],
)
def test_another_cap_lets_more_or_fewer_of_the_day_count(cap_old, cap_new, grams):
    old = next_version(BIKE, caps={"events_per_day": cap_old})
    sheet = sheet_of(*(candidate(old, f"k{n}", second=n, distance_m=1_000) for n in range(4)))
    new = next_version(old, caps={"events_per_day": cap_new})
    assert [change.new[0] for change in effect_on(sheet, {old.ref: old}, new, RULES)] == grams


def test_what_the_new_version_would_not_take_is_marked_and_worth_nothing():
    sheet = sheet_of(ride("a", 1_000), ride("b", 9_000, second=90))
    narrow = next_version(BIKE, inputs={"distance_m": {"minimum": 100, "maximum": 5_000}})
    changes = effect_on(sheet, {BIKE.ref: BIKE}, narrow, RULES)
    assert [(change.new[0], change.is_refused) for change in changes] == [(40, False), (0, True)]
    by_event = next_version(BIKE, inputs={}, formula="per_event", factors=_per_event())
    assert [c.is_refused for c in effect_on(sheet, {BIKE.ref: BIKE}, by_event, RULES)] == [True, True]
    by_steps = next_version(BIKE, inputs={"steps": {"minimum": 100, "maximum": 100_000}})
    assert [c.is_refused for c in effect_on(sheet, {BIKE.ref: BIKE}, by_steps, RULES)] == [True, True]


def _per_event():
    return {"reduction_per_event": {**BIKE.document["factors"]["grams_per_unit"], "unit": "gCO2e/ride"}}


def test_what_was_reversed_stays_worth_nothing():
    sheet = add_correction(
        sheet_of(ride("a", 1_000)), Correction("a", 1, REVERSE, BIKE.ref, 0, 0, "job_recheck")
    )
    assert pairs(effect_on(sheet, {BIKE.ref: BIKE}, with_value(BIKE, "60"), RULES)) == [(0, 0)]


def test_the_resident_s_own_cap_holds_in_the_replay_too():
    rules = replace(RULES, millipoints_per_day_max=10_000)
    sheet = sheet_of(candidate(CUP, "c"), ride("a", 1_000), rules=rules)
    (change,) = effect_on(sheet, {BIKE.ref: BIKE}, with_value(BIKE, "80"), rules)
    assert (change.old, change.new) == ((40, 4_000), (60, 6_000))


days = st.lists(
    st.tuples(st.sampled_from("abk"), st.integers(500, 20_000), st.integers(0, 86_399), st.booleans()),
    max_size=14,
)


@given(days, st.integers(100, 60_000))
def test_a_replay_under_equal_rules_gives_the_identical_integers(events, room):
    rules = DayRules(200, room)
    made = []
    for number, (kind, metres, second, is_whole) in enumerate(events):
        evidence = "operator-signed" if is_whole else "platform-observed"
        if kind == "a":
            made.append(ride(f"k{number}", metres, second=second, evidence=evidence))
        else:
            made.append(candidate(BUS if kind == "b" else CUP, f"k{number}", second=second))
    sheet = sheet_of(*made, rules=rules)
    for methodology in (BIKE, BUS, CUP):
        again = effect_on(sheet, {methodology.ref: methodology}, next_version(methodology), rules)
        assert sum(c.new[0] for c in again) == sum(c.old[0] for c in again)
        assert sum(c.new[1] for c in again) == sum(c.old[1] for c in again)
        # which of two that were both cut comes first is not known any more
        if sum(sheet.activities[k].reason == "cap-per-resident" for k in sheet.activities) < 2:
            assert all(change.old == change.new for change in again)


def test_the_preview_of_a_correction_is_what_the_correction_does():
    sheet = sheet_of(ride("a", 1_000), ride("b", 3_250, second=90), candidate(CUP, "c"))
    new = with_value(BIKE, "60")
    assert pairs(corrected_days(sheet, {BIKE.ref}, new, RULES, "cor_1")) == [(40, 60), (130, 195)]
    assert pairs(corrected_days(sheet, {CUP.ref}, next_version(CUP), RULES, "cor_1")) == [(40, 40)]
    narrow = next_version(BIKE, inputs={"distance_m": {"minimum": 100, "maximum": 2_000}})
    changes = corrected_days(sheet, {BIKE.ref}, narrow, RULES, "cor_1")
    assert [(c.new[0], c.is_refused) for c in changes] == [(40, False), (130, True)]


def test_what_a_correction_has_done_already_is_counted_the_same_again():
    sheet, new = sheet_of(ride("a", 1_000)), with_value(BIKE, "60")
    first = corrected_days(sheet, {BIKE.ref}, new, RULES, "cor_1")
    done = add_correction(sheet, Correction("a", 1, REPLACE, new.ref, 60, 6_000, "cor_1"))
    assert corrected_days(done, {BIKE.ref}, new, RULES, "cor_1") == first
    assert corrected_days(done, {BIKE.ref}, new, RULES, "cor_2") == []
    assert worth_of(done, "a").methodology_ref == new.ref


def resident(number):
    sheet = sheet_of(ride("a", 1_000 * number))
    changes = effect_on(sheet, {BIKE.ref: BIKE}, with_value(BIKE, "60" if number % 2 else "20"), RULES)
    return table_of(changes, f"p{number:02d}")


def test_a_table_shows_sums_days_and_the_largest_changes():
    table = empty_table()
    for number in range(1, 5):
        table = merge_tables(table, resident(number))
    shown = shown_table(merge_tables(table, failed_table()))
    assert (shown["residents"], shown["activities"], shown["failed"], shown["refused"]) == (4, 4, 1, 0)
    assert (shown["grams_co2e_old"], shown["grams_co2e_new"], shown["grams_co2e_change"]) == (400, 360, -40)
    assert (shown["millipoints_old"], shown["millipoints_change"]) == (40_000, -4_000)
    (row,) = shown["by_day"]
    assert (row["on"], row["residents"], row["grams_co2e_change"]) == ("2026-11-10", 4, -40)
    assert [w["pseudonym"] for w in shown["winners"]] == ["p03", "p01"]
    assert [(w["pseudonym"], w["grams_co2e_change"]) for w in shown["losers"]] == [("p04", -80), ("p02", -40)]


@given(st.lists(st.integers(1, 40), unique=True, max_size=30), st.integers(0, 30))
def test_tables_add_up_in_whatever_order_and_stay_small(numbers, cut):
    whole = parts = other = empty_table()
    for position, number in enumerate(numbers):
        whole = merge_tables(whole, resident(number))
        if position < cut:
            parts = merge_tables(resident(number), parts)
        else:
            other = merge_tables(resident(number), other)
    assert merge_tables(other, parts) == whole
    assert len(whole["winners"]) <= LARGEST_MAX and len(whole["losers"]) <= LARGEST_MAX
