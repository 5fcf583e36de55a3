"""Day sheets: duplicates, caps, bounds."""

from dataclasses import replace
from datetime import date

from chalicelib.domain.activities import Activity
from chalicelib.domain.sheets import Candidate, Sheet, add_activities, plan_additions, sheet_digest

ON = date(2026, 11, 20)


def candidate(key, code="sb", cap=2, grams=80, batch="b1"):
    activity = Activity(key, f"{code}1-x", 60, (), grams, grams * 100, "szt", "operator-signed", batch)
    return Candidate(activity, code, cap)


def sheet_with(*candidates):
    sheet = Sheet("res_a", ON)
    return add_activities(sheet, plan_additions(sheet, candidates, 200))


def test_an_activity_is_added_with_its_worth():
    sheet = sheet_with(candidate("k1"))
    assert (sheet.grams_co2e, sheet.millipoints, sheet.version) == (80, 8000, 1)


def test_the_same_event_again_is_a_duplicate_and_adds_nothing():
    plan = plan_additions(sheet_with(candidate("k1")), [candidate("k1", batch="b2")], 200)
    assert plan.additions == ()
    assert [(r.outcome, r.grams_co2e, r.same_batch) for r in plan.recorded] == [("duplicate", 80, False)]


def test_a_duplicate_of_the_same_delivery_is_marked_once():
    plan = plan_additions(sheet_with(candidate("k1")), [candidate("k1"), candidate("k1")], 200)
    assert [r.same_batch for r in plan.recorded] == [True, False]


def test_a_duplicate_within_one_group_is_not_the_same_batch():
    plan = plan_additions(Sheet("res_a", ON), [candidate("k1"), candidate("k1")], 200)
    assert [(r.outcome, r.same_batch) for r in plan.recorded] == [("accepted", False), ("duplicate", False)]
    assert len(plan.additions) == 1


def test_past_its_cap_an_activity_is_kept_but_worth_nothing():
    plan = plan_additions(sheet_with(candidate("k1")), [candidate("k2"), candidate("k3")], 200)
    assert [(r.outcome, r.grams_co2e, r.reason) for r in plan.recorded] == [
        ("accepted", 80, None),
        ("capped", 0, "cap-per-day"),
    ]
    sheet = add_activities(sheet_with(candidate("k1")), plan)
    assert (sheet.grams_co2e, sheet.version, sheet.paid_by_code) == (160, 3, {"sb": 2})


def test_caps_of_different_behaviours_are_apart():
    plan = plan_additions(sheet_with(candidate("k1", cap=1)), [candidate("k2", code="oc", cap=1)], 200)
    assert [r.outcome for r in plan.recorded] == ["accepted"]


def test_a_full_sheet_refuses():
    plan = plan_additions(sheet_with(candidate("k1")), [candidate("k2")], events_per_day_max=1)
    assert [(r.outcome, r.reason) for r in plan.recorded] == [("refused", "sheet-full")]
    assert plan.additions == ()


def test_room_says_how_much_the_stored_sheet_may_already_hold():
    plan = plan_additions(Sheet("res_a", ON), [candidate("k1", cap=3), candidate("k2", cap=3)], 200)
    assert (plan.paid_by_code, plan.room_by_code) == ({"sb": 2}, {"sb": 1})


def test_the_digest_of_a_sheet_does_not_depend_on_the_order_of_arrival():
    one, other = sheet_with(candidate("k1"), candidate("k2")), sheet_with(candidate("k2"), candidate("k1"))
    assert sheet_digest(one) == sheet_digest(other)
    changed = replace(one.activities["k1"], grams_co2e=81)
    assert sheet_digest(one) != sheet_digest(replace(one, activities={**one.activities, "k1": changed}))
