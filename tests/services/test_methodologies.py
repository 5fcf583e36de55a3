"""The registry of versions: each counts from its first day, older activities keep theirs, reading stays rare."""

import time
from datetime import date, datetime, timedelta

import pytest

from chalicelib.config import config
from chalicelib.services import methodologies
from chalicelib.services.activities import declare_activity, record_day
from chalicelib.services.explaining import explain_activity, get_activity
from chalicelib.services.methodologies import (
    by_ref,
    counting_ids,
    forget_registry,
    get_methodology,
    list_methodologies,
    version_on,
)
from chalicelib.store import client
from tests.services.ledger import observation
from tests.services.proposing import FIRST_DAY, NOW, faster_bicycle, next_version, publish, with_factor

pytestmark = pytest.mark.usefixtures("tables")
KM_5 = {"distance_m": 5_000}


def ride(event_id: str, on: date, now: datetime, hour: int = 2):
    at = datetime(on.year, on.month, on.day, hour, tzinfo=NOW.tzinfo)
    seen = observation(event_id, at, "shared-bicycle", inputs=KM_5)
    return record_day("res_a", on, [seen], now)[0]


def test_a_published_version_counts_from_its_first_day_and_late_data_of_earlier_days_keep_theirs():
    publish()
    later = NOW + timedelta(days=4)
    eve, first = ride("e1", FIRST_DAY - timedelta(days=1), later), ride("e2", FIRST_DAY, later)
    assert (eve.grams_co2e, first.grams_co2e) == (200, 300)
    assert [get_activity("res_a", r.activity_id)["methodology_version"] for r in (eve, first)] == [1, 2]
    explained = explain_activity("res_a", eve.activity_id)
    assert explained["recomputed"]["grams_co2e"] == 200


def test_the_cap_of_a_day_holds_across_both_versions():
    publish(faster_bicycle(caps={"events_per_day": 1}))
    later = NOW + timedelta(days=4)
    outcomes = [ride(f"e{n}", FIRST_DAY, later, hour=n).outcome for n in range(3)]
    assert outcomes == ["accepted", "capped", "capped"]


def test_a_version_that_ended_gives_way_to_none_and_never_back_to_the_one_before():
    publish(faster_bicycle(valid_to="2026-11-30"))
    assert version_on("shared-bicycle", date(2026, 11, 30)).version == 2
    assert version_on("shared-bicycle", date(2026, 12, 1)) is None
    refused = ride("e1", date(2026, 12, 1), NOW + timedelta(days=11))
    assert refused.reason == "methodology-not-valid"
    shown = get_methodology("shared-bicycle", 2, NOW + timedelta(days=11))
    assert (shown["state"], shown["last_on"]) == ("ended", "2026-11-30")


def test_a_process_reads_what_was_published_when_it_first_needs_it_and_then_once_a_minute(monkeypatch):
    asked = []
    real = client.dynamodb().query
    monkeypatch.setattr(client.dynamodb(), "query", lambda **a: asked.append(a) or real(**a))
    forget_registry()
    for number in range(20):
        ride(f"e{number}", NOW.date(), NOW)
    assert len(asked) == 1
    started = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: started + methodologies.CACHE_S)
    ride("e20", NOW.date(), NOW)
    assert len(asked) == 2


def test_looking_at_a_balance_reads_no_methodology(monkeypatch):
    from chalicelib.services.balances import read_balance

    forget_registry()
    monkeypatch.setattr(methodologies, "list_published", lambda: pytest.fail("methodologies were read"))
    read_balance("res_a", NOW)


def test_a_ref_published_by_another_process_a_moment_ago_is_found(monkeypatch):
    methodologies.all_refs()
    monkeypatch.setattr(
        "chalicelib.services.methodology_proposals.methodologies.forget_registry", lambda: None
    )
    ref = publish()["ref"]
    monkeypatch.undo()
    assert ref not in methodologies.all_refs()
    assert by_ref(ref).version == 2
    with pytest.raises(KeyError):
        by_ref("bk9-nobody")


def test_a_demo_version_counts_only_where_the_deployment_is_a_demonstration(monkeypatch):
    publish(next_version(demo=True))
    assert version_on("shared-bicycle", FIRST_DAY).version == 2
    plain = type("Plain", (), {"demo": False, "profile_id": "yinchuan", "table": config().table})()
    monkeypatch.setattr(methodologies, "config", lambda: plain)
    forget_registry()
    assert version_on("shared-bicycle", FIRST_DAY).version == 1
    assert "yc-electric-bus" not in counting_ids() and version_on("yc-electric-bus", FIRST_DAY) is None
    shown = {m["id"]: m["version"] for m in list_methodologies(NOW + timedelta(days=3))}
    assert shown["shared-bicycle"] == 1 and "yc-electric-bus" not in shown


def test_a_version_that_is_no_demo_brings_a_demo_behaviour_into_force(monkeypatch):
    document = with_factor(
        next_version("online-permit", demo=False), "reduction_per_event", grade="C", kind="reduction"
    )
    publish(document, "prp_permit_002")
    plain = type("Plain", (), {"demo": False, "profile_id": "yinchuan", "table": config().table})()
    monkeypatch.setattr(methodologies, "config", lambda: plain)
    forget_registry()
    assert version_on("online-permit", FIRST_DAY - timedelta(days=1)) is None
    assert version_on("online-permit", FIRST_DAY).version == 2


def test_every_methodology_shows_grams_per_point_why_and_how_it_stands():
    for shown in list_methodologies(NOW):
        assert float(shown["grams_per_point"]) * shown["points_per_kg"] == 1000
        assert (shown["state"], shown["publication"]) == ("effective", None)
        assert "points_reason" in shown


def test_one_s_own_word_is_quantified_by_the_version_of_its_day():
    publish(with_factor(next_version("own-cup"), "reduction_per_event", value="44"), "prp_own_cup_02")
    on, now = FIRST_DAY, NOW + timedelta(days=2, hours=1)
    declared = declare_activity("res_a", "own-cup", {}, f"{on:%Y%m%d}-0123456789", now, now)
    assert declared["grams_co2e"] == 22
    again = declare_activity("res_a", "own-cup", {}, f"{on:%Y%m%d}-0123456789", now, now)
    assert again["_hit"] and again["grams_co2e"] == 22
