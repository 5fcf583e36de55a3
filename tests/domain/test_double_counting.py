"""Of what cannot both be true one counts: whatever the order, over midnight too, and never less than one."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.activities import OVERLAP, SAME_EVENT, Activity
from chalicelib.domain.clashes import ClashRules, OneAtATime, ToldOnce, is_paid
from chalicelib.domain.correcting import credited_instead, next_correction, reversed_
from chalicelib.domain.corrections import RESTORE, REVERSE, Correction
from chalicelib.domain.days import zone
from chalicelib.domain.double_counting import Judged, judge, reaches_out
from chalicelib.domain.methodologies import quantify
from chalicelib.domain.night_causes import INSTEAD, cause_of
from chalicelib.domain.recording import Candidate, DayRules, add_activities, plan_additions
from chalicelib.domain.sheets import Sheet, add_correction, standing_of, worth_of
from chalicelib.profiles import all_methodologies

DAY_S = 86_400
ON = date(2026, 11, 20)
NEXT = ON + timedelta(days=1)
TZ = zone("Asia/Shanghai")
ALL = all_methodologies()
BIKE, BILL = (next(m for m in ALL.values() if m.id == id) for id in ("shared-bicycle", "online-bill"))
RULES = DayRules(200, 200_000, ClashRules(OneAtATime(frozenset({"bk"})), {"ob": (ToldOnce(900),)}))
EVIDENCE = {"szt": "operator-signed", "hlj": "operator-signed", "app": "platform-observed"}


def candidate(key, at_s=1000, source="szt", of=BIKE, inputs=None, evidence=None, duration_s=0):
    """Return a candidate of the day, and the day (0 or 1) on which it is recorded."""
    inputs = inputs or ({"distance_m": 5000} if of is BIKE else {})
    evidence = evidence or EVIDENCE[source]
    worth = quantify(of, inputs, evidence)
    activity = Activity(
        key,
        of.ref,
        at_s % DAY_S,
        tuple(inputs.values()),
        worth.grams_co2e,
        worth.millipoints,
        source,
        evidence,
        "",
        "",
        duration_s,
    )
    return Candidate(activity, of.code, of.events_per_day_max, of.points_per_kg)


def record(days, at_s, one, rules=RULES):
    on = ON + timedelta(days=at_s // DAY_S)
    sheet = days.get(on, Sheet("res_a", on))
    return {**days, on: add_activities(sheet, plan_additions(sheet, [one], rules))}


def recorded(*told, rules=RULES):
    """Return the days after each (second since the first midnight, source, …) was recorded by itself, in order."""
    days = {}
    for number, (at_s, *more) in enumerate(told):
        days = record(days, at_s, candidate(f"k{number}", at_s, *more), rules)
    return days


def judged(days, rules=RULES):
    return judge(days, rules, TZ, ALL.__getitem__)


def night(days, rules=RULES, number=1):
    """Return the days after the night: first what is taken back, then what counts instead."""
    for on, key, why in judged(days, rules).reversals:
        sheet = days[on]
        decision = reversed_(sheet, sheet.activities[key])
        cause = cause_of(ON + timedelta(days=number), why)
        days = {**days, on: add_correction(sheet, next_correction(sheet, key, REVERSE, decision, cause))}
    for on, key in judged(days, rules).credits:
        sheet = days[on]
        methodology = ALL[worth_of(sheet, key).methodology_ref]
        decision = credited_instead(sheet, sheet.activities[key], methodology, rules)
        cause = cause_of(ON + timedelta(days=number), INSTEAD)
        days = {**days, on: add_correction(sheet, next_correction(sheet, key, RESTORE, decision, cause))}
    return days


def paid(days):
    return {key for sheet in days.values() for key in sheet.activities if is_paid(sheet, key)}


def corrected(days, key, kind, cause, grams=0, millipoints=0):
    on = next(on for on, sheet in days.items() if key in sheet.activities)
    sheet = days[on]
    number = len(sheet.corrections.get(key, ())) + 1
    made = Correction(key, number, kind, worth_of(sheet, key).methodology_ref, grams, millipoints, cause)
    return {**days, on: add_correction(sheet, made)}


RIDES = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.lists(
            st.tuples(st.sampled_from(sorted(EVIDENCE)), st.integers(-50, 50)),
            min_size=1,
            max_size=3,
            unique_by=lambda t: t[0],
        ),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda ride: ride[0] // 10,
)


def told_of(rides):
    """Return (ride, second, source) of everything told: rides ten minutes apart, around the midnight after `ON`."""
    return [
        (number, DAY_S - 1800 + 600 * (slot // 10) + shift, source)
        for number, (slot, sources) in enumerate(rides)
        for source, shift in sources
    ]


@given(RIDES, st.randoms(use_true_random=False))
def test_every_ride_is_paid_once_by_its_strongest_evidence_whoever_tells_it_first_and_on_whatever_day(
    rides, random
):
    told = told_of(rides)
    random.shuffle(told)
    days = {}
    for number, (ride, at_s, source) in enumerate(told):
        days = record(days, at_s, candidate(f"{ride}-{source}-{number}", at_s, source))
    days = night(days)
    assert sorted(key.partition("-")[0] for key in paid(days)) == sorted(str(n) for n in range(len(rides)))
    for key in paid(days):
        ride, source, _ = key.split("-")
        sources = {s for s, _ in rides[int(ride)][1]}
        assert source != "app" or sources == {"app"}
    assert judged(days) == Judged([], [])


@given(RIDES, st.randoms(use_true_random=False), st.data())
def test_a_night_between_any_two_deliveries_changes_nothing_in_what_is_paid_at_the_end(rides, random, data):
    told = told_of(rides)
    random.shuffle(told)
    days = {}
    for number, (ride, at_s, source) in enumerate(told):
        days = record(days, at_s, candidate(f"{ride}-{source}-{number}", at_s, source))
        days = night(days, number=number) if data.draw(st.booleans()) else days
    days = night(days, number=len(told))
    assert sorted(key.partition("-")[0] for key in paid(days)) == sorted(str(n) for n in range(len(rides)))


@given(RIDES, st.randoms(use_true_random=False), st.data())
def test_when_what_is_paid_is_reversed_the_other_telling_counts_instead(rides, random, data):
    told = told_of(rides)
    random.shuffle(told)
    days = {}
    for number, (ride, at_s, source) in enumerate(told):
        days = record(days, at_s, candidate(f"{ride}-{source}-{number}", at_s, source))
    days = night(days)
    gone = data.draw(st.sampled_from(sorted(paid(days))))
    days = night(corrected(days, gone, REVERSE, "job_1"), number=2)
    ride = gone.partition("-")[0]
    left = {n for n, (_, sources) in enumerate(rides) if str(n) != ride or len(sources) > 1}
    assert {int(key.partition("-")[0]) for key in paid(days)} == left
    assert judged(days) == Judged([], [])


def test_what_came_first_counts_until_the_night_and_then_the_stronger_evidence():
    days = recorded((1000, "app"), (1030, "szt"))
    assert [standing_of(days[ON], key).outcome for key in ("k0", "k1")] == ["accepted", "same-event"]
    assert judged(days) == Judged([(ON, "k0", SAME_EVENT)], [])
    after = night(days)
    assert paid(after) == {"k1"}
    assert worth_of(after[ON], "k1").grams_co2e == 200


def test_among_equals_what_counts_already_stays():
    days = recorded((1030, "hlj"), (1000, "szt"))
    assert judged(days) == Judged([], [])
    assert paid(night(days)) == {"k0"}


def test_a_trip_told_on_both_sides_of_midnight_is_paid_once():
    days = recorded((DAY_S - 60, "szt"), (DAY_S + 60, "hlj"))
    assert judged(days) == Judged([(NEXT, "k1", SAME_EVENT)], [])
    assert paid(night(days)) == {"k0"}


def test_over_midnight_the_stronger_evidence_wins_on_the_day_before_too():
    days = recorded((DAY_S - 60, "app"), (DAY_S + 60, "hlj"))
    assert judged(days) == Judged([(ON, "k0", SAME_EVENT)], [])


def test_a_trip_that_lasts_over_midnight_overlaps_the_next_day():
    long = candidate("k0", DAY_S - 600, duration_s=3600)
    days = record(record({}, DAY_S - 600, long), DAY_S + 1800, candidate("k1", DAY_S + 1800))
    assert judged(days) == Judged([(NEXT, "k1", OVERLAP)], [])


def test_only_what_is_near_midnight_looks_at_the_days_beside():
    noon, evening, morning = (recorded((at, "szt")) for at in (DAY_S // 2, DAY_S - 100, 3600))
    assert [reaches_out(days[ON], RULES.clashes, TZ) for days in (noon, evening, morning)] == [
        False,
        True,
        True,
    ]
    bill = {
        ON: add_activities(
            Sheet("r", ON), plan_additions(Sheet("r", ON), [candidate("b", DAY_S // 2, of=BILL)], RULES)
        )
    }
    assert not reaches_out(bill[ON], RULES.clashes, TZ)
    assert not reaches_out(Sheet("r", ON), RULES.clashes, TZ)


def test_what_counts_instead_takes_the_room_of_the_cap_that_the_other_leaves():
    days = recorded(*((1000 * n, "app") for n in range(1, 7)), (6010, "szt"))
    assert days[ON].paid_by_code == {"bk": 6}
    after = night(days)
    assert paid(after) == {"k0", "k1", "k2", "k3", "k4", "k6"}
    assert standing_of(after[ON], "k6").outcome == "accepted"


def test_what_no_cap_leaves_room_for_does_not_beat_what_counts():
    rules = replace(RULES, clashes=ClashRules(OneAtATime(frozenset({"bk", "ob"}))))
    days = recorded(
        *((10_000 * n, "szt", BILL) for n in range(1, 4)), (50_000, "app"), (50_010, "hlj", BILL), rules=rules
    )
    assert days[ON].paid_by_code == {"ob": 3, "bk": 1}
    assert judged(days, rules) == Judged([], [])


def test_a_bill_told_twice_is_paid_by_the_other_once_the_first_is_reversed():
    days = recorded((1000, "szt", BILL), (1500, "hlj", BILL))
    assert paid(days) == {"k0"}
    after = night(corrected(days, "k0", REVERSE, "job_1"))
    assert paid(after) == {"k1"}


def test_what_an_appeal_held_to_be_an_event_of_its_own_neither_loses_nor_makes_others_lose():
    days = recorded((1000, "szt"), (1010, "hlj"))
    both = corrected(days, "k1", RESTORE, "apl_1", 200, 20_000)
    assert judged(both) == Judged([], [])
    found = corrected(night(recorded((1000, "app"), (1010, "szt"))), "k0", RESTORE, "apl_1", 160, 16_000)
    assert paid(found) == {"k0", "k1"}
    assert judged(found) == Judged([], [])


def test_what_an_appeal_gave_back_for_another_reason_goes_before_what_took_its_place():
    days = night(corrected(recorded((1000, "szt"), (1010, "hlj")), "k0", REVERSE, "job_1"))
    assert paid(days) == {"k1"}
    again = corrected(days, "k0", RESTORE, "apl_1", 200, 20_000)
    assert judged(again) == Judged([(ON, "k1", SAME_EVENT)], [])
    assert paid(night(again, number=2)) == {"k0"}


def test_what_a_project_claims_is_not_credited_as_told_by_another():
    days = corrected(
        recorded((1000, "szt"), (1010, "hlj")), "k0", REVERSE, cause_of(ON, "claimed-by-project")
    )
    assert judged(days) == Judged([], [])
