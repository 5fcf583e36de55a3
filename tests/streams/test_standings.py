"""The accounts' stream becomes standings: twice, backwards, in pieces; only news, only who may be shown."""

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from chalice.test import Client

from chalicelib.services.consents import withdraw_consent
from chalicelib.services.freezing import freeze, unfreeze
from chalicelib.services.settling import settle_open_sheets
from chalicelib.store import accounts as store
from chalicelib.store import standings
from chalicelib.store.accounts import NEWS, account_item, find_account, scan_accounts
from chalicelib.store.client import Item, dynamodb
from chalicelib.streams.standings import handle
from tests.services.boarding import add_communities, join, ride
from tests.services.ledger import NOW
from tests.services.telling import queues
from tests.streams.events import stream_event


@pytest.fixture
def history(tables: None, monkeypatch: pytest.MonkeyPatch) -> list[Item]:
    """Every account item that was written with news, in order; two residents take part, one does not."""
    written: list[Item] = []
    real = store.add_booking

    def add_booking(tx: Any, stored: Any, booking: Any) -> None:
        real(tx, stored, booking)
        item = account_item(booking.account)
        if booking.account.scores.version != stored.scores.version:
            item[NEWS] = {"N": str(booking.account.scores.version)}
        written.append(item)

    for module in ("settling", "freezing"):
        monkeypatch.setattr(f"chalicelib.services.{module}.add_booking", add_booking)
    add_communities()
    return written


def live(days: int = 4) -> None:
    """Let some days go by: trips, nights, somebody frozen and let go."""
    join("res_a", "小禾")
    join("res_b", "小麦", "com_b")
    for day in range(days):
        now = NOW + timedelta(days=day)
        for who in ("res_a", "res_b", "res_c"):
            ride(who, *(f"{who}-{day}-{trip}" for trip in range(day % 3 + 1)), now=now)
        settle_open_sheets(now, lambda: False)


def rows() -> list[Any]:
    return [*standings.rows_of("com_a"), *standings.rows_of("com_b"), *standings.rows_of("com_c")]


def deliver(images: list[Item]) -> None:
    import app

    event = stream_event(images, "MODIFY", ("account_id", "item"))
    with Client(app.app) as client:
        client.lambda_.invoke("project", event)


def test_a_stream_delivered_twice_backwards_and_in_pieces_gives_the_same_boards(history: list[Item]) -> None:
    live()
    images = list(history)
    deliver(images)
    right = rows()
    assert {row.account_id for row in right} == {"res_a", "res_b"}
    assert all(row.version == find_account(row.account_id).scores.version for row in right)
    shuffled = random.Random(7).sample(images * 2, len(images) * 2)
    for order in (images * 2, images[::-1], shuffled):
        deliver(order)
        assert rows() == right
    for place in ("com_a", "com_b"):
        for row in standings.rows_of(place):
            dynamodb().delete_item(TableName=standings.table(), Key=standings.row_key(place, row.account_id))
    for number in range(len(shuffled)):
        deliver(shuffled[number : number + 1])
    assert rows() == right


def test_day_sheets_and_accounts_without_news_change_nothing(history: list[Item]) -> None:
    live(days=1)
    images = [item for item in scan_accounts() if NEWS not in item]
    assert images
    deliver(images)
    assert all(not row.by_period for row in rows())


def test_every_record_after_a_withdrawal_is_ignored_and_older_ones_too(history: list[Item]) -> None:
    live()
    deliver(history)
    withdraw_consent("res_a", "boards", NOW)
    deliver(history)
    assert [row.account_id for row in rows()] == ["res_b"]


def test_a_projection_that_read_the_consent_before_its_withdrawal_loses(history: list[Item]) -> None:
    """Both at once: the row is written under the choice that was read, and the choice has changed."""
    from chalicelib.services.standings import row_of
    from chalicelib.store.participations import get_participation

    live()
    read = get_participation("res_a")
    withdraw_consent("res_a", "boards", NOW)
    account = find_account("res_a")
    assert account is not None
    assert standings.put_row("com_a", row_of(account, read)) is False
    join("res_a", "又来了")
    assert [row.nickname for row in standings.rows_of("com_a")] == ["又来了"]


def test_a_frozen_resident_is_hidden_and_comes_back(history: list[Item]) -> None:
    live()
    deliver(history)
    freeze("res_a", "stf_op", "核实", NOW)
    assert [row.is_hidden for row in standings.rows_of("com_a")] == [True]
    deliver(history[:-1])
    assert [row.is_hidden for row in standings.rows_of("com_a")] == [True]
    unfreeze("res_a", "stf_op", "无误", NOW)
    assert [row.is_hidden for row in standings.rows_of("com_a")] == [False]


def test_an_account_that_cannot_be_read_is_buried_and_holds_up_nobody(history: list[Item]) -> None:
    live()
    queue = next(queues())
    bad = {**history[0], "state": {"S": "{"}}
    deliver([bad, *history[1:]])
    assert {row.account_id for row in rows()} == {"res_a", "res_b"}
    url = queue.get_queue_url(QueueName="tanhui-test-notices-dlq")["QueueUrl"]
    (letter,) = queue.receive_message(QueueUrl=url)["Messages"]
    said = json.loads(letter["Body"])
    assert (said["consumer"], said["table"], said["keys"]["item"]) == ("standings", "accounts", "account")


def test_what_is_removed_from_the_table_is_no_news(history: list[Item]) -> None:
    class Removed:
        event_name, keys, new_image = "REMOVE", {"item": {"S": "account"}}, None

    assert handle([Removed()], NOW).written == 0
