"""The dry run of expiry: by day, vintage and community, from the accounts that the index finds, booking nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain import forecasts
from chalicelib.domain.forecasts import bounded_rows
from chalicelib.domain.participation import Participation
from chalicelib.services.expiring import expire_due_lots
from chalicelib.services.expiry_forecasts import FORECAST, forecast_now, read_forecast, start_forecast
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.sweeps import work_on
from chalicelib.services.vouchers import take_voucher, void_voucher
from chalicelib.store import queues
from chalicelib.store.client import dynamodb
from chalicelib.store.participations import add_participation
from chalicelib.store.transactions import Transaction
from tests.services.ledger import NOW, add_shop, record

IN_2027 = datetime(2027, 6, 1, 4, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("tables")


def never() -> bool:
    return False


@pytest.fixture
def earned() -> None:
    """Two with lots that end in 2027, one of them with a voucher; one whose lot ends a year later."""
    for who in ("res_a", "res_b"):
        record(who, "e1", at=NOW - timedelta(days=1), now=NOW)
    record("res_later", "e1", at=IN_2027 - timedelta(days=1), now=IN_2027)
    settle_open_sheets(IN_2027, never)


def test_what_will_expire_is_what_then_expires(earned: None) -> None:
    found = forecast_now(IN_2027)
    assert (found["from_on"], found["to_on"], found["accounts"]) == ("2027-06-01", "2027-12-31", 2)
    (row,) = found["rows"]
    assert row == {
        "expires_on": "2027-12-31",
        "vintage": 2026,
        "community_id": None,
        "accounts": 2,
        "points": 102,
        "grams_co2e": 1030,
    }
    expired = expire_due_lots(datetime(2027, 12, 31, 16, tzinfo=UTC), never)
    assert (expired.points, expired.grams_co2e) == (found["points"], found["grams_co2e"])


def test_what_is_held_is_not_in_it_and_days_of_grace_are_days_of_their_own(earned: None) -> None:
    add_shop(points=51)
    take_voucher("res_a", "red_1", "off_coat", datetime(2027, 12, 31, 4, tzinfo=UTC))
    new_year = datetime(2028, 1, 2, 4, tzinfo=UTC)
    assert forecast_now(IN_2027)["points"] == 51
    expire_due_lots(new_year, never)
    assert [row["vintage"] for row in forecast_now(new_year)["rows"]] == [2027], "the year's own lots"
    void_voucher("res_a", "red_1", new_year)
    days = [row["expires_on"] for row in forecast_now(new_year)["rows"]]
    assert days == ["2028-02-01", "2028-12-31"]


def test_residents_count_under_their_community(earned: None) -> None:
    tx = Transaction()
    add_participation(tx, Participation("res_a", community_id="com_east"))
    tx.commit()
    rows = forecast_now(IN_2027)["rows"]
    assert [(row["community_id"], row["points"]) for row in rows] == [(None, 51), ("com_east", 51)]


def test_only_what_is_due_is_read_and_nothing_written(earned: None, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = dynamodb().batch_get_item

    def note(RequestItems: Any) -> Any:
        names = ("account_id", "person_id")
        keys = [key for table in RequestItems.values() for key in table["Keys"]]
        read.extend(key[name]["S"] for key in keys for name in names if name in key)
        return real(RequestItems=RequestItems)

    monkeypatch.setattr(dynamodb(), "batch_get_item", note)
    monkeypatch.setattr(dynamodb(), "scan", None)
    monkeypatch.setattr(dynamodb(), "transact_write_items", None)
    forecast_now(IN_2027)
    assert sorted(set(read)) == ["res_a", "res_b"]


def test_begun_over_the_queue_it_shows_how_far_it_is(earned: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "send_message", lambda queue, body: None)
    assert read_forecast()["state"] == "none"
    begun = start_forecast(IN_2027)
    assert (begun["state"], begun["progress"]["parts_done"], begun["result"]) == ("running", 0, None)
    for part in range(16):
        work_on(FORECAST, "expiry-forecast-2027-06-01", part, IN_2027, never)
    assert read_forecast()["result"]["points"] == 102
    assert start_forecast(IN_2027)["state"] == "done", "the same day, the same forecast"


def test_of_too_many_rows_communities_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasts, "ROWS_MAX", 2)
    rows = {f"2027-12-31|2026|com_{number}": [1, 2, 3] for number in range(3)}
    assert bounded_rows(rows) == {"2027-12-31|2026|others": [3, 6, 9]}
