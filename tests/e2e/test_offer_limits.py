"""Limits under real concurrency: many clients at once against the running stack, never one too many."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.localstack import LocalStack
from tests.e2e.conftest import run_module
from tests.e2e.people import Person, Reply, new_id, send, sign_in

pytestmark = pytest.mark.e2e
CLIENTS = 50


@pytest.fixture(autouse=True, scope="module")
def sound_ledger(stack: LocalStack) -> Iterator[None]:
    """After all races the audit must find nothing."""
    yield
    done = run_module(stack, "infra.audit")
    assert done.returncode == 0, done.stdout + done.stderr


def race(stack: LocalStack, limits: dict[str, int], **asked: int) -> dict[str, int]:
    """Let threads take one offer at the same instant; return how often each answer came."""
    done = run_module(stack, "tests.e2e.racing", json.dumps({"limits": limits, **asked}))
    assert done.returncode == 0, done.stderr
    counted: dict[str, int] = json.loads(done.stdout)
    return counted


def test_of_fifty_who_race_for_the_last_piece_exactly_one_wins(stack: LocalStack) -> None:
    assert race(stack, {"stock": 1}, takers=CLIENTS) == {"open": 1, "offer-sold-out": CLIENTS - 1}


@pytest.mark.parametrize(
    ("limits", "wins", "code"),
    [
        ({"value_fen": 100, "budget_fen": 799}, 7, "offer-budget-spent"),
        ({"limit_per_day": 5}, 5, "offer-limit-per-day"),
    ],
)
def test_a_budget_and_a_day_serve_as_many_as_they_hold(
    stack: LocalStack, limits: dict[str, int], wins: int, code: str
) -> None:
    assert race(stack, limits, takers=CLIENTS) == {"open": wins, code: CLIENTS - wins}


def test_one_resident_on_many_phones_takes_their_share_and_no_more(stack: LocalStack) -> None:
    won = race(stack, {"limit_per_resident": 2}, takers=12, residents=1)
    assert won == {"open": 2, "offer-limit-per-resident": 10}


def take_over_http(person: Person, offer_id: str) -> Reply:
    """Take the offer, sending the same request again for as long as the answer is "busy"."""
    body = {"redemption_id": new_id("red"), "offer_id": offer_id}
    while True:
        reply = person.act("POST", "/v1/me/vouchers", body)
        if reply.status != 503:
            return reply


def offer_with_one_piece() -> dict[str, Any]:
    """An offer for one point, as an operator of a demonstration publishes it."""
    now = datetime.now(UTC)
    return {
        "id": "off_last_piece",
        "merchant_id": "mer_jinxiu",
        "store_ids": ["sto_jiefang"],
        "title": "限量优惠",
        "scenario": "衣",
        "points": 1,
        "stock": 1,
        "starts_at": now.isoformat(timespec="seconds"),
        "ends_at": (now + timedelta(days=1)).isoformat(timespec="seconds"),
    }


def joined(stack: LocalStack, number: int) -> Person:
    """A resident with two points, from one own cup."""
    person, now = sign_in(stack.url, f"racer-{number}", "resident"), datetime.now(UTC)
    cup = {
        "event_id": f"{now + timedelta(hours=8):%Y%m%d}-{new_id('cup')}"[:60],
        "methodology_id": "own-cup",
        "occurred_at": now.isoformat(timespec="seconds"),
        "inputs": {},
    }
    assert person.act("POST", "/v1/me/activities", cup).status == 201
    return person


def test_over_http_too_the_last_piece_goes_to_one(stack: LocalStack) -> None:
    operator = sign_in(stack.url, "zhao", "operator")
    assert operator.act("POST", "/v1/operator/offers", offer_with_one_piece()).status == 201
    with ThreadPoolExecutor(4) as pool:
        people = list(pool.map(lambda number: joined(stack, number), range(12)))
        replies = list(pool.map(lambda person: take_over_http(person, "off_last_piece"), people))
    assert Counter(reply.status for reply in replies) == {201: 1, 422: 11}
    assert {reply.body["code"] for reply in replies if reply.status == 422} == {"offer-sold-out"}
    assert send(stack.url, "GET", "/v1/offers/off_last_piece").body["stock_remaining"] == 0
