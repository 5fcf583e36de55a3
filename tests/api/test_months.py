"""A resident's history by calendar month over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Clock
from tests.gateway import Gateway, assert_problem


@pytest.fixture
def token(token_of: Callable[..., str]) -> str:
    return token_of("resident", "res_a")


@pytest.fixture
def declare(gateway: Gateway, clock: Clock, token: str, token_of: Callable[..., str]) -> Callable[..., Any]:
    def send(day: str, methodology_id: str = "own-cup", number: int = 1) -> None:
        clock.now = clock.now.fromisoformat(f"{day}T20:00:00+08:00")
        body = {
            "event_id": f"{day.replace('-', '')}-event-{number:06d}",
            "methodology_id": methodology_id,
            "occurred_at": f"{day}T08:00:00+08:00",
            "inputs": {},
        }
        fresh = token_of("resident", "res_a")
        assert gateway.send("POST", "/v1/me/activities", body, fresh).status == 201

    return send


def test_months_are_totalled_by_the_citys_calendar(
    gateway: Gateway, token_of: Callable[..., str], declare: Callable[..., Any]
) -> None:
    for day in ("2026-09-30", "2026-10-31", "2026-11-01"):
        declare(day)
    answer = gateway.send("GET", "/v1/me/months?count=4", token=token_of("resident", "res_a"))
    assert [
        (m["month"], m["activities"], m["grams_co2e"], m["millipoints"]) for m in answer.json["items"]
    ] == [
        ("2026-08", 0, 0, 0),
        ("2026-09", 1, 20, 2000),
        ("2026-10", 1, 20, 2000),
        ("2026-11", 1, 20, 2000),
    ]


def test_without_a_count_there_are_six_months(gateway: Gateway, token: str) -> None:
    months = gateway.send("GET", "/v1/me/months", token=token).json["items"]
    assert [m["month"] for m in months] == [f"2026-{n:02d}" for n in range(6, 12)]


def test_a_months_activities_are_its_own_and_paged_by_whole_days(
    gateway: Gateway, token_of: Callable[..., str], declare: Callable[..., Any]
) -> None:
    for day in ("2026-10-31", "2026-11-01", "2026-11-02", "2026-11-30", "2026-12-01"):
        declare(day)
    token = token_of("resident", "res_a")
    found, path = [], "/v1/me/months/2026-11/activities?limit=1"
    cursor = ""
    while cursor is not None:
        page = gateway.send("GET", path + (f"&cursor={cursor}" if cursor else ""), token=token).json
        found += [item["on"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert found == ["2026-11-30", "2026-11-02", "2026-11-01"]


def test_a_scenario_leaves_out_the_others(
    gateway: Gateway, token_of: Callable[..., str], declare: Callable[..., Any]
) -> None:
    declare("2026-11-20")
    token = token_of("resident", "res_a")
    of_food = gateway.send("GET", "/v1/me/months/2026-11/activities?scenario=%E9%A3%9F", token=token).json
    of_trips = gateway.send("GET", "/v1/me/months/2026-11/activities?scenario=%E8%A1%8C", token=token).json
    assert [item["scenario"] for item in of_food["items"]] == ["食"]
    assert of_trips["items"] == []


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/v1/me/months/2026-13/activities", "/path/month"),
        ("/v1/me/months/november/activities", "/path/month"),
        ("/v1/me/months/2026-11/activities?scenario=x", "/query/scenario"),
        ("/v1/me/months/2026-11/activities?cursor=2026-10-01", "/query/cursor"),
        ("/v1/me/months/2026-11/activities?cursor=soon", "/query/cursor"),
        ("/v1/me/months?count=13", "/query/count"),
    ],
)
def test_what_is_no_month_scenario_or_cursor_is_named(
    gateway: Gateway, token: str, path: str, pointer: str
) -> None:
    answer = gateway.send("GET", path, token=token)
    assert_problem(answer, 400, "invalid-input")
    assert answer.json["errors"][0]["pointer"] == pointer
