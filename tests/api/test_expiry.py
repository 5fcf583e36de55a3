"""What operators see of expiry and of the calendar over HTTP."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.jobs import calendar, settling
from chalicelib.services.settling import settle_open_sheets
from chalicelib.store import queues
from tests.conftest import Clock
from tests.gateway import Gateway
from tests.services.ledger import record


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was put into the queue."""
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(queues, "send_message", lambda queue, body: messages.append(body))
    return messages


def test_a_forecast_is_begun_by_an_operator_and_shows_its_progress(
    gateway: Gateway, token_of: Callable[..., str], clock: Clock, sent: list[Any]
) -> None:
    operator = token_of("operator")
    path = "/v1/operator/expiry-forecast"
    assert gateway.send("GET", path, token=operator).json["state"] == "none"
    record("res_a", "e1", at=clock.now - timedelta(days=1), now=clock.now)
    settle_open_sheets(clock.now, lambda: False)
    begun = gateway.send("POST", path, token=operator)
    assert (begun.status, begun.json["state"], begun.json["to_on"]) == (202, "running", "2026-12-31")
    assert len(sent) == 16
    again = gateway.send("POST", path, token=operator)
    assert again.json["from_on"] == "2026-11-20"


def test_the_pool_is_empty_before_anything_expired(gateway: Gateway, token_of: Callable[..., str]) -> None:
    reply = gateway.send("GET", "/v1/operator/pool", token=token_of("operator"))
    assert reply.json == {"points": 0, "grams_co2e": 0, "passed_on_through": None, "vintages": []}


def test_jobs_show_when_they_run_next_and_what_they_missed(
    gateway: Gateway, token_of: Callable[..., str], clock: Clock
) -> None:
    def shown() -> dict[str, Any]:
        items = gateway.send("GET", "/v1/operator/jobs", token=token_of("operator")).json["items"]
        return next(item for item in items if item["job"] == "settle")

    assert shown()["next_run_at"] == "2026-11-20T18:10:00.000Z"
    calendar.in_turn("settle", settling.run, {}, clock.now, lambda: False)
    clock.pass_(hours=15)
    job = shown()
    assert (job["missed"], job["last_success_at"], job["failures"]) == (1, "2026-11-20T04:00:00.000Z", 0)
    assert (job["schedule"], job["running_since"], job["last_run"]["runs"]) == (
        "cron(10 18 * * ? *)",
        None,
        1,
    )
