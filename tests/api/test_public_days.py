"""Published days and the export over HTTP, checked with the independent verifier as a resident would."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib import proof
from chalicelib.services.settling import settle_open_sheets
from tests.conftest import Clock
from tests.gateway import Gateway, assert_problem
from tests.services.delivering import add_bucket
from tests.services.ledger import record
from tests.services.proving import never, publish_yesterday


@pytest.fixture
def published(gateway: Gateway, clock: Clock) -> Gateway:
    add_bucket()
    for number in range(12):
        record(f"res_{number}", "e1", at=clock.now - timedelta(days=1), now=clock.now)
    settle_open_sheets(clock.now, never)
    publish_yesterday(clock.now)
    return gateway


def test_anybody_can_read_a_published_day_and_the_list(published: Gateway) -> None:
    day = published.send("GET", "/v1/public/days/2026-11-19").json
    assert (day["leaves"], day["previous"], day["groups"][0]["residents"]) == (12, None, 12)
    listed = published.send("GET", "/v1/public/days?limit=1").json
    assert listed["items"] == [{n: day[n] for n in ("date", "as_of", "root", "leaves", "digest")}]
    rest = published.send("GET", f"/v1/public/days?limit=1&cursor={listed['next_cursor']}").json
    assert rest == {"items": [], "next_cursor": None}


def test_a_published_day_is_a_file_that_anybody_can_keep(published: Gateway) -> None:
    read = published.send("GET", "/v1/public/days/2026-11-19")
    kept = published.send("GET", "/v1/public/days/2026-11-19?download=1")
    assert kept.text == read.text
    assert "Content-Disposition" not in read.headers
    assert kept.headers["Content-Disposition"] == 'attachment; filename="tanhui-day-2026-11-19.json"'
    assert_problem(published.send("GET", "/v1/public/days/2026-11-19?download=2"), 400, "invalid-input")


def test_a_day_that_is_not_published_is_unknown(published: Gateway) -> None:
    for day in ("2026-11-20", "yesterday"):
        assert_problem(published.send("GET", f"/v1/public/days/{day}"), 404, "day-unknown")


def test_a_resident_checks_their_export_against_the_day_others_see(
    published: Gateway, token_of: Callable[..., str]
) -> None:
    export = published.send("GET", "/v1/me/export", token=token_of("resident", "res_7"))
    day = published.send("GET", "/v1/public/days/2026-11-19")
    said = dict(proof.verify(export.text.encode(), day.text.encode()))
    assert (said["included"]["leaves"], said["day"]) == (12, {"date": "2026-11-19"})
    assert "attachment" in export.headers["Content-Disposition"]
    assert export.headers["Cache-Control"] == "no-store"


def test_an_export_names_nobody_else(published: Gateway, token_of: Callable[..., str]) -> None:
    text = published.send("GET", "/v1/me/export", token=token_of("resident", "res_7")).text
    assert "res_7" in text
    assert [number for number in range(12) if number != 7 and f"res_{number}" in text] == []
