"""What cannot both be true of one person: found whatever the order, and only that."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.activities import OVERLAP, SAME_EVENT, Activity
from chalicelib.domain.clashes import ClashRules, OneAtATime, ToldOnce, clash_between, clash_with, slot_of
from chalicelib.domain.sheets import Sheet

RULES = ClashRules(
    OneAtATime(frozenset({"sb", "sm"}), same_event_s=120, instant_s=60),
    {
        "ob": (ToldOnce(900),),
        "cl": (ToldOnce(1800), ToldOnce(86_400, "quantity")),
        "ev": (ToldOnce(7200, "asset"),),
    },
)
TRIPS = st.builds(
    lambda code, second, source, evidence, duration_s: Activity(
        "", f"{code}1-x", second, (), 80, 8000, source, evidence, "", "", duration_s
    ),
    code=st.sampled_from(["sb", "sm", "oc", "ob", "cl", "ev"]),
    second=st.integers(0, 1500),
    source=st.sampled_from(["szt", "hlj"]),
    evidence=st.sampled_from(["operator-signed", "self-declared"]),
    duration_s=st.sampled_from([0, 0, 30, 400]),
)


def sheet_of(trips):
    activities = {f"k{n}": replace(trip, event_key=f"k{n}") for n, trip in enumerate(trips)}
    return Sheet("res_a", date(2026, 11, 20), activities)


def trip(second, source="szt", code="sb", **changes):
    return Activity("k", f"{code}1-x", second, (), 80, 8000, source, "operator-signed", "", **changes)


@given(TRIPS, TRIPS)
def test_the_order_of_two_trips_does_not_matter(one, other):
    assert clash_between(one, other, RULES) == clash_between(other, one, RULES)


@given(TRIPS, TRIPS, st.integers(-2, 2))
def test_the_order_of_two_activities_of_different_days_does_not_matter(one, other, days):
    there = clash_between(one, other, RULES, days * 86_400)
    assert there == clash_between(other, one, RULES, -days * 86_400)


@given(TRIPS, TRIPS)
def test_what_clashes_by_its_start_is_in_the_same_or_a_neighbouring_slot(one, other):
    why = clash_between(one, other, RULES) if {one.code, other.code} <= RULES.trips.codes else None
    if why == SAME_EVENT or (why == OVERLAP and not one.duration_s + other.duration_s):
        assert abs(slot_of(one, RULES.trips) - slot_of(other, RULES.trips)) <= 1


def test_the_same_event_goes_before_an_overlap():
    sheet = sheet_of([trip(0, duration_s=600), trip(400, source="hlj")])
    assert clash_with(sheet, trip(480), RULES) == SAME_EVENT
    assert clash_with(sheet, trip(200), RULES) == OVERLAP
    assert clash_with(sheet, trip(200, code="oc"), RULES) is None


def test_an_activity_does_not_clash_with_itself():
    sheet = sheet_of([trip(0)])
    assert clash_with(sheet, replace(trip(0), event_key="k0"), RULES) is None


def test_a_bill_that_two_tell_of_within_a_quarter_of_an_hour_is_one_bill():
    bill, later = trip(0, code="ob"), trip(900, code="ob", source="hlj")
    assert clash_between(bill, later, RULES) == SAME_EVENT
    assert clash_between(bill, replace(later, second_of_day=901), RULES) is None
    assert clash_between(bill, replace(later, source="szt"), RULES) is None, (
        "one source tells events apart itself"
    )


def test_clothes_of_one_weight_that_two_tell_of_on_one_day_are_the_same_clothes():
    here, there = trip(0, code="cl"), trip(36_000, code="cl", source="hlj")
    assert clash_between(replace(here, inputs=(5000,)), replace(there, inputs=(5000,)), RULES) == SAME_EVENT
    assert clash_between(replace(here, inputs=(5000,)), replace(there, inputs=(5001,)), RULES) is None
    near = replace(there, second_of_day=1800, inputs=(5001,))
    assert clash_between(replace(here, inputs=(5000,)), near, RULES) == SAME_EVENT


def test_chargings_whose_times_overlap_or_that_share_the_charger_are_one():
    here = trip(0, code="ev", duration_s=3600, asset="c1")
    assert clash_between(here, trip(3599, code="ev", source="hlj"), RULES) == SAME_EVENT
    assert clash_between(here, trip(3600, code="ev", source="hlj"), RULES) is None
    assert clash_between(here, trip(7200, code="ev", source="hlj", asset="c1"), RULES) == SAME_EVENT
    assert clash_between(here, trip(7200, code="ev", source="hlj", asset="c2"), RULES) is None


def test_kinds_that_a_city_says_nothing_about_do_not_clash():
    assert clash_between(trip(0, code="oc"), trip(0, code="oc", source="hlj"), RULES) is None
    assert clash_between(trip(0, code="ob"), trip(0, code="cl", source="hlj"), RULES) is None
