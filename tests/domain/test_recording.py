"""What may be added to a day sheet: duplicates, caps, clashes, bounds."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.activities import Activity
from chalicelib.domain.clashes import ClashRules, OneAtATime, ToldOnce
from chalicelib.domain.recording import Candidate, DayRules, add_activities, plan_additions
from chalicelib.domain.sheets import Sheet

ON = date(2026, 11, 20)
RULES = DayRules(events_per_day_max=200, millipoints_per_day_max=200_000)
TRIPS = replace(RULES, clashes=ClashRules(OneAtATime(frozenset({"sb", "sm"})), {"ob": (ToldOnce(900),)}))


def candidate(key, code="sb", cap=2, grams=80, batch="b1", second=60, **changes):
    activity = Activity(key, f"{code}1-x", second, (), grams, grams * 100, "szt", "operator-signed", batch)
    return Candidate(replace(activity, **changes), code, cap, 100)


def sheet_with(*candidates):
    sheet = Sheet("res_a", ON)
    return add_activities(sheet, plan_additions(sheet, candidates, RULES))


def test_an_activity_is_added_with_its_worth():
    sheet = sheet_with(candidate("k1"))
    assert (sheet.grams_co2e, sheet.millipoints, sheet.version) == (80, 8000, 1)


def test_the_same_event_again_is_a_duplicate_and_adds_nothing():
    plan = plan_additions(sheet_with(candidate("k1")), [candidate("k1", batch="b2")], RULES)
    assert plan.additions == ()
    assert [(r.outcome, r.grams_co2e, r.same_batch) for r in plan.recorded] == [("duplicate", 80, False)]


def test_a_duplicate_of_the_same_delivery_is_marked_once():
    plan = plan_additions(sheet_with(candidate("k1")), [candidate("k1"), candidate("k1")], RULES)
    assert [r.same_batch for r in plan.recorded] == [True, False]


def test_a_duplicate_within_one_group_is_not_the_same_batch():
    plan = plan_additions(Sheet("res_a", ON), [candidate("k1"), candidate("k1")], RULES)
    assert [(r.outcome, r.same_batch) for r in plan.recorded] == [("accepted", False), ("duplicate", False)]
    assert len(plan.additions) == 1


def test_past_its_cap_an_activity_is_kept_but_worth_nothing():
    plan = plan_additions(sheet_with(candidate("k1")), [candidate("k2"), candidate("k3")], RULES)
    assert [(r.outcome, r.grams_co2e, r.reason) for r in plan.recorded] == [
        ("accepted", 80, None),
        ("capped", 0, "cap-per-day"),
    ]
    sheet = add_activities(sheet_with(candidate("k1")), plan)
    assert (sheet.grams_co2e, sheet.version, sheet.paid_by_code) == (160, 3, {"sb": 2})


def test_caps_of_different_behaviours_are_apart():
    plan = plan_additions(sheet_with(candidate("k1", cap=1)), [candidate("k2", code="oc", cap=1)], RULES)
    assert [r.outcome for r in plan.recorded] == ["accepted"]


def test_a_full_sheet_refuses():
    plan = plan_additions(
        sheet_with(candidate("k1")), [candidate("k2")], replace(RULES, events_per_day_max=1)
    )
    assert [(r.outcome, r.reason) for r in plan.recorded] == [("refused", "sheet-full")]
    assert plan.additions == ()


def test_room_says_how_much_the_stored_sheet_may_already_hold():
    plan = plan_additions(Sheet("res_a", ON), [candidate("k1", cap=3), candidate("k2", cap=3)], RULES)
    assert (plan.paid_by_code, plan.room_by_code) == ({"sb": 2}, {"sb": 1})


def test_past_the_cap_of_the_resident_an_activity_is_cut_to_what_is_left_in_whole_grams():
    rules = replace(RULES, millipoints_per_day_max=10_050)
    plan = plan_additions(sheet_with(candidate("k1")), [candidate("k2", code="oc")], rules)
    (cut,) = plan.recorded
    assert (cut.outcome, cut.reason, cut.grams_co2e, cut.millipoints) == (
        "capped",
        "cap-per-resident",
        20,
        2000,
    )
    assert (cut.cut_grams_co2e, cut.cut_millipoints) == (60, 6000)
    assert (plan.paid_by_code, plan.millipoints_room) == ({}, 8050)
    (nothing,) = plan_additions(
        add_activities(sheet_with(candidate("k1")), plan), [candidate("k3", code="oc")], rules
    ).recorded
    assert (nothing.reason, nothing.grams_co2e, nothing.cut_grams_co2e) == ("cap-per-resident", 0, 80)


def test_what_needs_a_verifier_is_kept_pending_and_counts_for_no_cap():
    waiting = replace(candidate("k1", cap=1), needs_verification=True)
    plan = plan_additions(Sheet("res_a", ON), [waiting, candidate("k2", cap=1)], RULES)
    assert [(r.outcome, r.reason) for r in plan.recorded] == [("pending", "pending"), ("accepted", None)]
    assert plan.has_pending
    assert plan.paid_by_code == {"sb": 1}


def test_one_trip_told_by_two_sources_pays_once():
    plan = plan_additions(
        sheet_with(candidate("k1")),
        [candidate("k2", source="hlj", second=180), candidate("k3", second=600)],
        TRIPS,
    )
    assert [(r.outcome, r.grams_co2e) for r in plan.recorded] == [("same-event", 0), ("accepted", 80)]
    assert plan.slots == {5}


def test_two_vehicles_at_once_within_one_delivery_pay_once_whatever_else_comes():
    metro = candidate("k1", code="sm", duration_s=1500)
    plan = plan_additions(
        Sheet("res_a", ON), [metro, candidate("k2", second=900), candidate("k3", code="oc")], TRIPS
    )
    assert [r.outcome for r in plan.recorded] == ["accepted", "overlap", "accepted"]
    assert plan.slots == {0}


def test_what_is_worth_nothing_stands_in_nobodys_way():
    capped = [candidate("k1", cap=1, second=0), candidate("k2", cap=1, second=300)]
    plan = plan_additions(sheet_with(*capped), [candidate("k3", code="sm", second=310)], TRIPS)
    assert [r.outcome for r in plan.recorded] == ["accepted"]


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 60)), max_size=12), st.integers(0, 20_000))
def test_whatever_comes_the_day_never_holds_more_than_the_resident_may_earn(rides, held):
    rules = replace(RULES, millipoints_per_day_max=20_000)
    sheet = Sheet("res_a", ON, millipoints=held)
    wanted = [
        replace(candidate(f"k{n}", cap=9, grams=grams), points_per_kg=per_kg)
        for n, (grams, per_kg) in enumerate(rides)
    ]
    wanted = [
        replace(c, activity=replace(c.activity, millipoints=c.activity.grams_co2e * c.points_per_kg))
        for c in wanted
    ]
    plan = plan_additions(sheet, wanted, rules)
    assert add_activities(sheet, plan).millipoints <= 20_000
    for asked, recorded in zip(wanted, plan.recorded, strict=True):
        assert recorded.millipoints == recorded.grams_co2e * asked.points_per_kg
        assert recorded.millipoints + recorded.cut_millipoints == asked.activity.millipoints


def test_what_two_sources_may_tell_is_planned_for_a_sheet_without_any_of_it():
    told = [candidate("k1", code="ob", cap=3), candidate("k2", code="ob", cap=3, second=2000, source="hlj")]
    plan = plan_additions(Sheet("res_a", ON), told, TRIPS)
    assert [r.outcome for r in plan.recorded] == ["accepted", "accepted"]
    assert (plan.room_by_code, plan.slots) == ({"ob": 0}, frozenset())


def test_a_bill_told_by_another_source_is_kept_but_worth_nothing():
    twice = [candidate("k1", code="ob", cap=3), candidate("k2", code="ob", cap=3, source="hlj")]
    together = plan_additions(Sheet("res_a", ON), twice, TRIPS)
    assert [r.outcome for r in together.recorded] == ["accepted", "same-event"]
    later = plan_additions(sheet_with(twice[0]), twice[1:], TRIPS)
    assert [r.outcome for r in later.recorded] == ["same-event"]
