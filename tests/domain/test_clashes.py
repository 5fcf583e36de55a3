"""What cannot both be true of one person: found whatever the order, and only that."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.activities import OVERLAP, SAME_EVENT, Activity
from chalicelib.domain.clashes import OneAtATime, clash_between, clash_with, clashes_on, slot_of
from chalicelib.domain.corrections import Correction
from chalicelib.domain.sheets import Sheet, add_correction

RULE = OneAtATime(frozenset({"sb", "sm"}), same_event_s=120, instant_s=60)
TRIPS = st.builds(
    lambda code, second, source, evidence, duration_s: Activity(
        "", f"{code}1-x", second, (), 80, 8000, source, evidence, "", "", duration_s
    ),
    code=st.sampled_from(["sb", "sm", "oc"]),
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
    assert clash_between(one, other, RULE) == clash_between(other, one, RULE)


@given(TRIPS, TRIPS)
def test_what_clashes_by_its_start_is_in_the_same_or_a_neighbouring_slot(one, other):
    why = clash_between(one, other, RULE)
    if why == SAME_EVENT or (why == OVERLAP and not one.duration_s + other.duration_s):
        assert abs(slot_of(one, RULE) - slot_of(other, RULE)) <= 1


@given(st.lists(TRIPS, max_size=8))
def test_without_the_losers_nothing_clashes_any_more_and_every_loser_lost_to_a_winner(trips):
    sheet = sheet_of(trips)
    clashes = clashes_on(sheet, RULE)
    losers = {loser for loser, _, _ in clashes}
    assert len(losers) == len(clashes)
    assert {winner for _, winner, _ in clashes}.isdisjoint(losers)
    kept = {key: activity for key, activity in sheet.activities.items() if key not in losers}
    assert clashes_on(replace(sheet, activities=kept), RULE) == []
    backwards = replace(sheet, activities=dict(reversed(sheet.activities.items())))
    assert clashes_on(backwards, RULE) == clashes


def test_stronger_evidence_wins_then_the_earlier_start_then_the_key():
    own_word = replace(trip(0), evidence="self-declared")
    sheet = sheet_of([own_word, trip(50), trip(50, source="hlj")])
    assert clashes_on(sheet, RULE) == [("k2", "k1", SAME_EVENT), ("k0", "k1", OVERLAP)]


def test_the_same_event_goes_before_an_overlap():
    sheet = sheet_of([trip(0, duration_s=600), trip(400, source="hlj")])
    assert clash_with(sheet, trip(480), RULE) == SAME_EVENT
    assert clash_with(sheet, trip(200), RULE) == OVERLAP
    assert clash_with(sheet, trip(200, code="oc"), RULE) is None


def test_an_activity_does_not_clash_with_itself():
    sheet = sheet_of([trip(0)])
    assert clash_with(sheet, replace(trip(0), event_key="k0"), RULE) is None


def test_what_was_given_back_after_an_appeal_neither_loses_nor_makes_others_lose():
    sheet = sheet_of([trip(0), trip(10, source="hlj")])
    (loser, _, _) = clashes_on(sheet, RULE)[0]
    ref = sheet.activities[loser].methodology_ref
    reversed_ = add_correction(sheet, Correction(loser, 1, "reverse", ref, 0, 0, "job_1"))
    assert clashes_on(reversed_, RULE) == []
    restored = add_correction(reversed_, Correction(loser, 2, "restore", ref, 80, 8000, "apl_1"))
    assert clashes_on(restored, RULE) == []
