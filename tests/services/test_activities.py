"""Recording: one conditional update, and what becomes of each observation."""

from datetime import date, timedelta

import pytest

from chalicelib.errors import Conflict, InvalidInput, Refused, Unavailable
from chalicelib.services import activities
from chalicelib.services.activities import (
    Backfill,
    declare_activity,
    list_activities,
    record_day,
    record_days,
)
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.refusals import list_refusals
from chalicelib.store.client import dynamodb
from tests.services.ledger import NOW, observation, record

YESTERDAY = NOW - timedelta(days=1)
LATER = YESTERDAY + timedelta(hours=1)


@pytest.fixture
def calls(tables):
    """The names of the database calls made, in order."""
    made: list[str] = []
    events = dynamodb().meta.events

    def note(model, **_):
        made.append(model.name)

    events.register("before-call.dynamodb.*", note)
    yield made
    events.unregister("before-call.dynamodb.*", note)


def test_a_ride_becomes_grams_and_points_at_once(tables):
    assert [(r.outcome, r.grams_co2e) for r in record("res_a", "e1")] == [("accepted", 515)]
    balance = read_balance("res_a", NOW)
    assert (balance["points_available"], balance["millipoints_carry"]) == (51, 500)
    assert balance["unsettled"] == {"points": 51, "grams_co2e": 515}


def test_recording_is_one_round_trip(calls):
    record("res_a", "e1", "e2")
    assert calls == ["UpdateItem"]


def test_a_duplicate_is_recognised_in_the_same_round_trip(calls):
    record("res_a", "e1")
    calls.clear()
    assert [r.outcome for r in record("res_a", "e1")] == ["duplicate"]
    assert calls == ["UpdateItem"]


def test_a_full_cap_costs_one_more_round_trip_and_is_kept_with_its_reason(calls):
    record("res_a", "e1", "e2", "e3", "e4", "e5", "e6", methodology_id="szt-bus-ride")
    calls.clear()
    (capped,) = record("res_a", "e7", methodology_id="szt-bus-ride")
    assert (capped.outcome, capped.reason, capped.cut_grams_co2e) == ("capped", "cap-per-day", 80)
    assert calls == ["UpdateItem", "UpdateItem"]
    assert read_balance("res_a", NOW)["grams_co2e"] == 6 * 80
    assert len(list_activities("res_a", NOW, None, 10, None).items) == 7


def test_a_feed_mixed_of_new_and_known_events_records_only_the_new(tables):
    record("res_a", "e1", "e2")
    outcomes = [r.outcome for r in record("res_a", "e2", "e3", "e1")]
    assert outcomes == ["duplicate", "accepted", "duplicate"]
    assert read_balance("res_a", NOW)["grams_co2e"] == 3 * 515


def test_two_deliveries_that_both_saw_an_empty_sheet_end_as_one(tables, monkeypatch):
    from chalicelib.store import sheets

    real, raced = sheets.try_add, []

    def race(*arguments):
        if not raced:
            raced.append(True)
            record("res_a", "e1", batch_id="b2")
        return real(*arguments)

    monkeypatch.setattr(sheets, "try_add", race)
    assert [r.outcome for r in record("res_a", "e1", "e2")] == ["duplicate", "accepted"]
    assert read_balance("res_a", NOW)["grams_co2e"] == 2 * 515


def test_a_group_too_large_for_one_blind_condition_is_recorded_whole(tables):
    events = [f"e{n}" for n in range(60)]
    outcomes = [r.outcome for r in record("res_a", *events, methodology_id="szt-bus-ride")]
    assert (outcomes.count("accepted"), outcomes.count("capped")) == (6, 54)
    assert {r.outcome for r in record("res_a", *events, methodology_id="szt-bus-ride")} == {"duplicate"}


def test_a_sheet_holds_two_hundred_activities_and_no_more(tables):
    for group in range(3):
        record("res_a", *[f"{group}-{n}" for n in range(60)], methodology_id="own-cup")
    outcomes = [r.outcome for r in record("res_a", *[f"3-{n}" for n in range(60)], methodology_id="own-cup")]
    assert (outcomes.count("capped"), outcomes.count("refused")) == (20, 40)
    assert {note["reason"] for note in list_refusals("res_a", NOW)} == {"sheet-full"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"methodology_id": "flying"}, "unknown-methodology"),
        ({"inputs": {"distance_m": 5}}, "wrong-inputs"),
        ({"evidence": "self-declared"}, "evidence-not-accepted"),
        ({"methodology_id": "yc-electric-bus", "inputs": {"distance_m": 900_000}}, "quantity-out-of-range"),
    ],
)
def test_what_a_methodology_refuses_is_not_kept(tables, change, reason):
    assert [(r.outcome, r.reason) for r in record("res_a", "e1", **change)] == [("refused", reason)]
    assert list_activities("res_a", NOW, None, 10, None).items == []


def test_days_outside_the_window_are_refused_by_name(tables):
    assert record("res_a", "e1", at=NOW - timedelta(days=7))[0].outcome == "accepted"
    assert record("res_a", "e2", at=NOW - timedelta(days=8))[0].reason == "outside-window"
    assert record("res_a", "e3", at=NOW + timedelta(minutes=6))[0].reason == "in-the-future"
    assert record("res_a", "e4", at=NOW + timedelta(days=2))[0].reason == "in-the-future"
    assert record("res_a", "e5", at=NOW + timedelta(minutes=4))[0].outcome == "accepted"


def test_an_approved_backfill_opens_old_days_again(tables):
    old = NOW - timedelta(days=100)
    opened = Backfill("bf_1", date(2026, 8, 1), date(2026, 8, 31))
    observed = [observation("e1", old)]
    assert record_day("res_a", date(2026, 8, 13), observed, NOW, opened)[0].outcome == "accepted"
    other_day = [observation("e2", old - timedelta(days=30))]
    assert record_day("res_a", date(2026, 7, 14), other_day, NOW, opened)[0].reason == "outside-window"


def test_own_word_counts_half_and_the_same_event_once(tables):
    first = declare_activity("res_a", "own-cup", {}, "20261121-cup-1", NOW, NOW)
    again = declare_activity("res_a", "own-cup", {}, "20261121-cup-1", NOW, NOW)
    assert (first["grams_co2e"], first["_hit"]) == (20, False)
    assert again == {**first, "_hit": True}


def test_an_event_id_used_for_something_else_is_refused(tables):
    declare_activity("res_a", "own-cup", {}, "20261121-cup-1", NOW, NOW)
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        declare_activity("res_a", "own-cup", {}, "20261121-cup-1", NOW - timedelta(hours=1), NOW)


def test_an_event_id_cannot_be_used_again_on_another_day(tables):
    declare_activity("res_a", "own-cup", {}, "20261121-cup-1", NOW, NOW)
    with pytest.raises(InvalidInput) as refused:
        declare_activity("res_a", "own-cup", {}, "20261121-cup-1", NOW - timedelta(days=1), NOW)
    assert refused.value.facts["errors"][0]["pointer"] == "/event_id"


def test_own_word_is_refused_where_the_methodology_wants_an_operator(tables):
    with pytest.raises(Refused) as refused:
        declare_activity("res_a", "szt-bus-ride", {}, "20261121-bus-1", NOW, NOW)
    assert refused.value.code == "evidence-not-accepted"


def test_two_residents_may_choose_the_same_event_id(tables):
    assert declare_activity("res_a", "own-cup", {}, "20261121-cup-1", NOW, NOW)["_hit"] is False
    assert declare_activity("res_b", "own-cup", {}, "20261121-cup-1", NOW, NOW)["_hit"] is False


def test_activities_are_paged_by_whole_days_newest_first(tables):
    for back in range(4):
        record("res_a", f"e{back}", f"f{back}", at=NOW - timedelta(days=back))
    first = list_activities("res_a", NOW, None, 3, None)
    rest = list_activities("res_a", NOW, None, 3, first.cursor)
    assert [i["on"] for i in first.items + rest.items] == [
        f"2026-11-{day}" for day in (21, 21, 20, 20, 19, 19, 18, 18)
    ]
    end = list_activities("res_a", NOW, None, 3, rest.cursor) if rest.cursor else None
    assert end is None or end.items == []
    with pytest.raises(InvalidInput):
        list_activities("res_a", NOW, None, 3, "yesterday")


def test_a_sheet_of_ten_rides_stays_under_one_kilobyte(tables):
    record(
        "res_0123456789abcdefghij",
        *[f"e{n}" for n in range(10)],
        methodology_id="szt-bus-ride",
        batch_id="k3j9x0a2bd",
    )
    item = dynamodb().scan(TableName="tanhui-test-accounts")["Items"][0]
    texts = ["".join(next(iter(value.values()))) for value in item.values()]
    size = sum(len((name + text).encode()) for name, text in zip(item, texts, strict=True))
    assert len([name for name in item if name[0] == "e"]) == 10
    assert size <= 1024


def test_many_fresh_days_are_written_in_one_round_trip(calls):
    days = [
        (f"res_{n}", YESTERDAY.date(), [observation(f"{n}-a", YESTERDAY), observation(f"{n}-b", LATER)])
        for n in range(5)
    ]
    recorded = record_days(days, NOW)
    assert calls == ["BatchExecuteStatement"]
    assert [[r.outcome for r in one] for one in recorded] == [["accepted", "accepted"]] * 5
    assert read_balance("res_3", NOW)["grams_co2e"] == 2 * 515


def test_days_that_exist_already_are_recorded_one_by_one(tables):
    record("res_1", "1-a")
    days = [
        ("res_0", YESTERDAY.date(), [observation("0-a", YESTERDAY), observation("0-b", LATER)]),
        ("res_1", YESTERDAY.date(), [observation("1-a", YESTERDAY), observation("1-b", LATER)]),
        ("res_2", YESTERDAY.date(), [observation("2-a", YESTERDAY)]),
        ("res_3", YESTERDAY.date(), [observation("3-a", YESTERDAY, "flying")]),
    ]
    recorded = record_days(days, NOW)
    assert [[r.outcome for r in one] for one in recorded] == [
        ["accepted", "accepted"],
        ["duplicate", "accepted"],
        ["accepted"],
        ["refused"],
    ]
    again = [[r.outcome for r in one] for one in record_days(days, NOW)]
    assert again == [["duplicate"] * 2, ["duplicate"] * 2, ["duplicate"], ["refused"]]
    assert run_audit().findings == []


def test_a_day_written_whole_is_the_same_item_as_one_written_by_update(tables):
    events = [observation("a", YESTERDAY), observation("b", LATER, "szt-bus-ride")]
    record_days([("res_1", YESTERDAY.date(), events)], NOW)
    record_day("res_2", YESTERDAY.date(), events, NOW)
    items = dynamodb().scan(TableName="tanhui-test-accounts")["Items"]
    one, other = ({**item, "account_id": {}, "open": {}} for item in items)
    assert one == other


def test_a_trip_told_by_another_source_is_recognised_though_the_sheet_was_not_read(calls):
    record("res_a", "e1", at=YESTERDAY)
    calls.clear()
    (twice,) = record("res_a", "e1", source="hlj", methodology_id="szt-bus-ride", at=YESTERDAY)
    assert (twice.outcome, twice.reason, twice.grams_co2e) == ("same-event", "same-event", 0)
    assert calls == ["UpdateItem", "UpdateItem"]
    record("res_a", "e2", source="hlj", at=YESTERDAY)
    assert len(calls) == 3, "a trip at another time costs nothing more"


def test_two_sources_that_both_saw_an_empty_sheet_pay_one_trip_once(tables, monkeypatch):
    from chalicelib.store import sheets

    real, raced = sheets.try_add, []

    def race(*arguments):
        if not raced:
            raced.append(True)
            record("res_a", "e1", source="hlj")
        return real(*arguments)

    monkeypatch.setattr(sheets, "try_add", race)
    assert [r.outcome for r in record("res_a", "e1")] == ["same-event"]
    assert read_balance("res_a", NOW)["grams_co2e"] == 515
    assert run_audit().findings == []


def test_changing_buses_within_two_minutes_pays_twice(tables):
    for seconds in (0, 90):
        rides = [observation(f"e{seconds}", YESTERDAY + timedelta(seconds=seconds), "szt-bus-ride")]
        assert record_day("res_a", YESTERDAY.date(), rides, NOW)[0].outcome == "accepted"


def test_racing_deliveries_never_earn_more_than_a_day_may(tables, monkeypatch):
    from chalicelib.store import sheets

    real, raced = sheets.try_add, []

    def race(*arguments):
        if not raced:
            raced.append(True)
            record("res_a", "e1", "e2", "e3")
        return real(*arguments)

    monkeypatch.setattr(sheets, "try_add", race)
    (cut,) = record("res_a", "e4")
    assert (cut.grams_co2e, cut.reason, cut.cut_grams_co2e) == (455, "cap-per-resident", 60)
    assert read_balance("res_a", NOW)["points_available"] == 200


def test_a_write_that_loses_again_and_again_pauses_longer_each_time_and_is_too_busy(tables, monkeypatch):
    pauses = []
    monkeypatch.setattr(activities, "pause", pauses.append)
    monkeypatch.setattr(activities.store, "try_add", lambda sheet, *_: sheet)
    with pytest.raises(Unavailable, match="too-busy"):
        record("res_a", "e1")
    assert pauses == [2, 3, 4], "the first loss says only that the sheet exists"
