"""A resident's activities, explanations, entries and balance over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Clock
from tests.gateway import Gateway, Reply, assert_problem


@pytest.fixture
def declare(gateway: Gateway, token_of: Callable[..., str]) -> Callable[..., Reply]:
    def send(event_id: str, occurred_at: str = "2026-11-20T08:00:00+08:00", **change: Any) -> Reply:
        body = {"methodology_id": "own-cup", "occurred_at": occurred_at, "inputs": {}, **change}
        body["event_id"] = body["occurred_at"][:10].replace("-", "") + "-" + event_id
        return gateway.send("POST", "/v1/me/activities", body, token_of("resident", "res_a"))

    return send


def test_a_declared_cup_counts_half_and_is_explained(
    declare: Callable[..., Reply], gateway: Gateway, token_of: Callable[..., str]
) -> None:
    answer = declare("cup-00000001").json
    assert (answer["grams_co2e"], answer["millipoints"]) == (20, 2000)
    path = f"/v1/activities/{answer['activity_id']}/explain"
    explained = gateway.send("GET", path, token=token_of("resident", "res_a")).json
    assert explained["recomputed"] == {"grams_co2e": 20, "millipoints": 2000}
    assert explained["factors"][0]["grade"] == "B"
    assert "50%" in "".join(explained["steps"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"methodology_id": "none"}, "unknown-methodology"),
        ({"inputs": {"distance_m": 5}}, "wrong-inputs"),
        ({"occurred_at": "2026-11-12T08:00:00+08:00"}, "outside-window"),
        ({"occurred_at": "2026-11-20T12:06:00+08:00"}, "in-the-future"),
        ({"occurred_at": "2026-11-22T12:00:00+08:00"}, "in-the-future"),
    ],
)
def test_what_cannot_count_is_refused_and_only_noted(
    declare: Callable[..., Reply],
    gateway: Gateway,
    token_of: Callable[..., str],
    change: dict[str, Any],
    code: str,
) -> None:
    assert_problem(declare("cup-00000001", **change), 422, code)
    assert gateway.send("GET", "/v1/me/activities", token=token_of("resident", "res_a")).json["items"] == []
    (note,) = gateway.send("GET", "/v1/me/refusals", token=token_of("resident", "res_a")).json["items"]
    assert (note["reason"], note["outcome"]) == (code, "refused")
    assert gateway.send("GET", "/v1/me/refusals", token=token_of("resident", "res_b")).json["items"] == []


def test_activities_are_listed_by_day_and_paged(
    declare: Callable[..., Reply], gateway: Gateway, token_of: Callable[..., str]
) -> None:
    for day in (18, 19, 20):
        declare(f"cup-000000{day}", f"2026-11-{day}T08:00:00+08:00")
    token = token_of("resident", "res_a")
    days, path = [], "/v1/me/activities?limit=1"
    while path:
        page = gateway.send("GET", path, token=token).json
        days += [item["on"] for item in page["items"]]
        path = f"/v1/me/activities?limit=1&cursor={page['next_cursor']}" if page["next_cursor"] else ""
    assert days == ["2026-11-20", "2026-11-19", "2026-11-18"]
    one = gateway.send("GET", "/v1/me/activities?on=2026-11-19", token=token).json["items"]
    assert [item["on"] for item in one] == ["2026-11-19"]


def test_a_cup_over_the_daily_cap_is_kept_and_worth_nothing(declare: Callable[..., Reply]) -> None:
    answers = [declare(f"cup-0000000{number}").json for number in range(4)]
    assert [answer["millipoints"] for answer in answers] == [2000, 2000, 2000, 0]
    assert (answers[3]["outcome"], answers[3]["reason"]) == ("capped", "cap-per-day")
    assert (answers[3]["cut"], answers[0]["cut"]) == ({"grams_co2e": 20, "millipoints": 2000}, None)


def test_a_correction_is_seen_on_the_activity_and_in_the_journal(
    declare: Callable[..., Reply], gateway: Gateway, token_of: Callable[..., str], clock: Clock
) -> None:
    from chalicelib.services.corrections import reverse_activity

    activity_id = declare("cup-00000001").json["activity_id"]
    reverse_activity("res_a", clock.now.date(), activity_id.partition("-")[2], "job_1", clock.now)
    token = token_of("resident", "res_a")
    shown = gateway.send("GET", f"/v1/activities/{activity_id}", token=token).json
    assert (shown["outcome"], shown["grams_co2e"]) == ("reversed", 0)
    assert [(made["kind"], made["cause"]) for made in shown["corrections"]] == [("reverse", "job_1")]
    entry = gateway.send("GET", "/v1/me/entries", token=token).json["items"][0]
    assert (entry["kind"], entry["points_change"], entry["facts"]["cause"]) == ("adjust", -2, "job_1")
    assert "被冲回" in entry["text"]


def test_the_account_shows_city_points_and_expiry(
    declare: Callable[..., Reply], gateway: Gateway, token_of: Callable[..., str], clock: Clock
) -> None:
    declare("cup-00000001")
    me = gateway.send("GET", "/v1/me", token=token_of("resident", "res_a")).json
    assert me["account_id"] == "res_a"
    assert me["profile"]["name"] == "银川"
    assert me["balance"]["lots"] == [
        {"vintage": 2026, "expires_on": "2027-12-31", "points": 2, "grams_co2e": 20},
    ]


def test_an_activity_id_that_is_none_is_unknown(gateway: Gateway, token_of: Callable[..., str]) -> None:
    for bad in ("nothing", "20261120-none", "99999999-x", "20261399-x"):
        reply = gateway.send("GET", f"/v1/activities/{bad}", token=token_of("resident"))
        assert_problem(reply, 404, "activity-unknown")
