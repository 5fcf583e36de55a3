"""Refusals: by name, nothing paid, noted so that the resident sees why; bounded, forgotten when it comes rightly."""

from datetime import timedelta

import pytest

from chalicelib.errors import Refused
from chalicelib.services.activities import declare_activity, list_activities, record_days
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.exports import export_account
from chalicelib.services.partner_deliveries import submit_activities
from chalicelib.services.refusals import list_refusals
from chalicelib.services.settling import settle_open_sheets
from chalicelib.store.client import dynamodb
from tests.services.delivering import bind, event_id_of, file_of, import_file, tap
from tests.services.ledger import NOW, observation, record, use_methodology
from tests.services.proving import checked

ME = "res_a"
YESTERDAY = NOW - timedelta(days=1)
BUS = {"methodology_id": "yc-electric-bus"}
SEEN = {"evidence": "platform-observed"}


def reasons(account_id=ME, now=NOW):
    return [note["reason"] for note in list_refusals(account_id, now)]


def sizes(items):
    return max(sum(len(name) + len(str(value)) for name, value in item.items()) for item in items)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"methodology_id": "flying"}, "unknown-methodology"),
        ({"methodology_id": "expired"}, "methodology-not-valid"),
        ({**BUS, "inputs": {"distance_m": 0}}, "quantity-out-of-range"),
        ({**BUS, "inputs": {"distance_m": -5200}}, "quantity-out-of-range"),
        ({**BUS, "inputs": {"distance_m": 900_000}}, "quantity-out-of-range"),
        ({**BUS, "inputs": {"distance_m": True}}, "quantity-out-of-range"),
        ({"methodology_id": "walking", "inputs": {"steps": 10**6}, **SEEN}, "quantity-out-of-range"),
        ({**BUS, "inputs": {"distance_km": 5}}, "wrong-inputs"),
        ({**BUS, "inputs": {}}, "wrong-inputs"),
        ({**BUS, "inputs": {"x" * 300: 1, "a|b": 2}}, "wrong-inputs"),
        ({"at": NOW + timedelta(minutes=6)}, "in-the-future"),
        ({"at": NOW + timedelta(days=3)}, "in-the-future"),
        ({"at": NOW - timedelta(days=8)}, "outside-window"),
        ({"at": NOW - timedelta(days=3000)}, "outside-window"),
        ({"evidence": "self-declared"}, "evidence-not-accepted"),
    ],
)
def test_bad_input_is_refused_by_name_noted_and_not_paid(tables, monkeypatch, change, reason):
    if change.get("methodology_id") == "expired":
        use_methodology(monkeypatch, "szt-metro-trip", valid_to="2026-10-31")
        change = {}
    (recorded,) = record(ME, "e1", **change)
    assert (recorded.outcome, recorded.reason, recorded.grams_co2e) == ("refused", reason, 0)
    (note,) = list_refusals(ME, NOW)
    assert (note["reason"], note["outcome"], note["source"]) == (reason, "refused", "szt")
    assert note["text"].startswith("没有计入：") and note["text"] != "没有计入：不符合计入的条件。"
    assert note["activity_id"] == recorded.activity_id
    assert list_activities(ME, NOW, None, 10, None).items == []
    assert read_balance(ME, NOW)["grams_co2e"] == 0
    settle_open_sheets(NOW + timedelta(days=1), lambda: False)
    assert run_audit().findings == []
    assert sizes(dynamodb().scan(TableName="tanhui-test-accounts")["Items"]) < 500


def test_the_note_goes_when_the_same_event_is_delivered_rightly(tables):
    record(ME, "e1", **BUS, inputs={})
    assert reasons() == ["wrong-inputs"]
    assert record(ME, "e1", **BUS, inputs={"distance_m": 5200})[0].outcome == "accepted"
    assert reasons() == []


@pytest.fixture
def calls(tables):
    """The names of the database calls made, in order."""
    made: list[str] = []

    def note(model, **_):
        made.append(model.name)

    dynamodb().meta.events.register("before-call.dynamodb.*", note)
    yield made
    dynamodb().meta.events.unregister("before-call.dynamodb.*", note)


def test_a_refusal_is_written_together_with_what_passes_and_known_ones_stay_once(calls):
    days = [observation("good", YESTERDAY), observation("bad", YESTERDAY, "flying")]
    for times in range(3):
        outcomes = [r.outcome for r in record_days([(ME, YESTERDAY.date(), days)], NOW)[0]]
        assert outcomes == ["duplicate" if times else "accepted", "refused"]
    assert calls == ["BatchExecuteStatement", *["BatchExecuteStatement", "UpdateItem"] * 2]
    assert reasons() == ["unknown-methodology"]
    item = dynamodb().scan(TableName="tanhui-test-accounts")["Items"][0]
    assert (item["rn"], item["n"]) == ({"N": "1"}, {"N": "1"})


def test_a_refusal_alone_costs_one_write_and_opens_nothing(calls):
    record(ME, "e1", methodology_id="flying")
    assert calls == ["UpdateItem"]
    assert record(ME, "e1", methodology_id="flying")[0].reason == "unknown-methodology"
    assert settle_open_sheets(NOW, lambda: False).sheets == 0
    assert record(ME, "e2")[0].outcome == "accepted"


def test_a_day_keeps_twenty_notes_and_goes_on_recording(tables):
    record(ME, *[f"x{n}" for n in range(15)], methodology_id="flying")
    record(ME, *[f"y{n}" for n in range(15)], methodology_id="flying")
    assert len(reasons()) == 20
    assert record(ME, "good")[0].outcome == "accepted"
    assert record(ME, *[f"z{n}" for n in range(3)], methodology_id="flying")[0].outcome == "refused"
    assert len(reasons()) == 20


def test_notes_are_in_no_digest_and_no_export(inbox):
    record(ME, "e1")
    settle_open_sheets(NOW, lambda: False)
    record(ME, "bad", methodology_id="flying")
    assert run_audit().findings == []
    assert checked(export_account(ME, NOW))["grants"]["unfound"] == 0


def test_what_a_resident_declares_and_is_refused_is_noted_too(tables):
    with pytest.raises(Refused, match="evidence-not-accepted"):
        declare_activity(ME, "szt-bus-ride", {}, "20261121-bus-1", NOW, NOW)
    (note,) = list_refusals(ME, NOW)
    assert (note["source"], note["behaviour"]) == ("self", "乘坐公交一次")


def test_notes_are_shown_for_a_month(tables):
    record(ME, "e1", methodology_id="flying")
    assert reasons(now=NOW + timedelta(days=29)) == ["unknown-methodology"]
    assert reasons(now=NOW + timedelta(days=31)) == []


def test_rows_of_a_partner_that_are_rejected_are_noted_for_the_one_who_agreed(inbox):
    bind("AAAA1111", account_id=ME)
    bind("BBBB2222", account_id="res_b", covers_from_on="2026-11-21")
    row = {
        "event_id": "e1",
        "card_no": "AAAA1111",
        "methodology_id": "szt-bus-ride",
        "occurred_at": "2026-11-20T08:30:00+08:00",
        "inputs": {},
    }
    late = {"occurred_at": "2026-11-01T08:30:00+08:00"}
    soon = {"occurred_at": "2026-11-23T08:30:00+08:00"}
    rows = [
        row | late,
        row | soon | {"event_id": "e2"},
        row | {"event_id": "e3", "methodology_id": "own-cup"},
        row | {"event_id": "e4", "ended_at": "2026-11-20T08:00:00+08:00"},
        row | {"event_id": "e5", "ended_at": "2026-11-22T09:00:00+08:00"},
        row | {"event_id": "e6", "card_no": "BBBB2222", "methodology_id": "own-cup"},
        row | soon | {"event_id": "e7", "card_no": "STRANGER1"},
    ]
    rows = [one | {"event_id": event_id_of(one["event_id"], one["occurred_at"])} for one in rows]
    rows.append(row | {"event_id": "20261119-e8"})
    results = submit_activities("szt", rows, "key-00000001", NOW, workers=1)["results"]
    assert [one["reason"] for one in results] == [
        "outside-window",
        "in-the-future",
        "methodology-not-allowed",
        "wrong-duration",
        "wrong-duration",
        "methodology-not-allowed",
        "in-the-future",
        "wrong-event-day",
    ]
    assert sorted(reasons()) == [
        "in-the-future",
        "methodology-not-allowed",
        "outside-window",
        "wrong-duration",
        "wrong-duration",
        "wrong-event-day",
    ]
    assert reasons("res_b") == []


def test_taps_of_a_file_from_days_that_are_not_open_are_noted_for_bound_cards_only(inbox):
    bind("AAAA1111", account_id=ME)
    bind("BBBB2222", account_id="res_b", covers_from_on="2026-11-15")
    old = [tap("AAAA1111", f"2026-11-10 08:{minute:02d}:00") for minute in range(30)]
    others = [tap("BBBB2222", "2026-11-10 08:00:00"), tap("STRANGER1", "2026-11-10 08:00:00")]
    for key in ("key-00000001", "key-00000002"):
        found = import_file(file_of([*old, *others]), key)
        assert found["reasons"] == {"rejected/outside-window": 32}
    assert reasons() == ["outside-window"] * 20
    assert reasons("res_b") == []


def test_a_partner_may_say_when_a_trip_ended_and_of_which_asset_it_was(inbox):
    from chalicelib.keys import asset_digest
    from chalicelib.store.sheets import find_sheet

    bind("AAAA1111", account_id=ME)
    row = {
        "event_id": "20261120-e1",
        "card_no": "AAAA1111",
        "methodology_id": "szt-bus-ride",
        "occurred_at": "2026-11-20T08:30:00+08:00",
        "ended_at": "2026-11-20T08:52:10+08:00",
        "asset_no": "bus-0017",
        "inputs": {},
    }
    submit_activities("szt", [row], "key-00000001", NOW, workers=1)
    (activity,) = find_sheet(ME, YESTERDAY.date()).activities.values()
    assert (activity.duration_s, activity.asset) == (22 * 60 + 10, asset_digest("BUS-0017"))
