"""The journal's stream: twice, backwards, in pieces, poisoned — the inbox is the same."""

import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from chalice.test import Client

from chalicelib.domain.message_texts import render
from chalicelib.errors import Unavailable
from chalicelib.services import notices
from chalicelib.services.corrections import restore_activity, reverse_activity
from chalicelib.services.expiring import expire_due_lots
from chalicelib.services.messages import list_messages, read_up_to
from chalicelib.services.releasing import release_due_vouchers
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.tills import redeem_voucher, refund_voucher
from chalicelib.services.vouchers import take_voucher, void_voucher, voucher_token
from chalicelib.store import messages as store
from chalicelib.store.client import Item, dynamodb
from chalicelib.store.queues import _queue_url, _sqs
from chalicelib.streams.notices import handle
from tests.killing import killed_at_every_write
from tests.services.ledger import CASHIER, NOW, add_shop, record
from tests.streams.events import journal_items, stream_event

DEAD_LETTERS = "tanhui-test-notices-dlq"


@pytest.fixture
def queues(tables: None) -> Any:
    """The queues that the consumer writes to."""
    _sqs.cache_clear()
    _queue_url.cache_clear()
    client = boto3.client("sqs")
    for name in (DEAD_LETTERS, "tanhui-test-deliveries"):
        client.create_queue(QueueName=name)
    yield client
    _sqs.cache_clear()
    _queue_url.cache_clear()


@pytest.fixture
def history(queues: Any) -> list[Item]:
    """A life in entries: two residents, three days, a voucher redeemed, one given back, one forgotten, one refunded."""
    add_shop(points=10, stock=10)
    for resident in ("res_a", "res_b"):
        record(resident, f"{resident}1", f"{resident}2", at=NOW - timedelta(days=2))
        record(resident, f"{resident}3")
    settle_open_sheets(NOW, lambda: False)
    for number in range(4):
        take_voucher("res_a", f"red_{number}", "off_coat", NOW)
    for number in (0, 1):
        token = voucher_token("res_a", f"red_{number}", NOW)
        redeem_voucher(CASHIER, token, "sto_1", f"scan_{number}", NOW)
    refund_voucher(CASHIER, "red_1", "洗坏了", NOW)
    void_voucher("res_a", "red_2", NOW)
    release_due_vouchers(NOW + timedelta(days=20), lambda: False)
    expire_due_lots(datetime(2028, 1, 2, tzinfo=UTC), lambda: False)
    return journal_items()


def deliver(items: Sequence[Item]) -> None:
    """Send a batch through the function as Lambda would call it."""
    import app

    with Client(app.app) as client:
        client.lambda_.invoke("notify", stream_event(items))


def inbox() -> list[Item]:
    """Return everything in the messages table, in the order of its keys."""
    items = dynamodb().scan(TableName="tanhui-test-messages")["Items"]
    return sorted(items, key=lambda item: (item["account_id"]["S"], item["message_id"]["S"]))


def dead(queue: Any, consumer: str = "notices") -> list[dict[str, Any]]:
    """Return the dead letters of one consumer of the stream."""
    url = queue.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"]
    found = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    letters = [json.loads(message["Body"]) for message in found]
    return [letter for letter in letters if letter["consumer"] == consumer]


def test_every_entry_that_concerns_its_resident_is_one_message(history: list[Item]) -> None:
    deliver(history)
    kinds = [m["kind"] for m in list_messages("res_a", False, "zh-CN", 50, None).items]
    assert sorted(kinds) == sorted(
        [
            "points-granted",
            "points-granted",
            "voucher-redeemed",
            "voucher-redeemed",
            "points-refunded",
            "voucher-voided",
            "voucher-timed-out",
            "points-expired",
        ]
    )
    assert kinds[0] == "points-expired", "newest first"


def test_the_words_name_points_day_offer_and_store(history: list[Item]) -> None:
    deliver(history)
    items = list_messages("res_a", False, "zh-CN", 50, None).items
    bodies = {m["kind"]: m["body"] for m in items}
    assert bodies["voucher-redeemed"] == "您在锦绣洗衣解放街店使用了「干洗大衣一件」，用去10 积分。"
    assert bodies["voucher-timed-out"].startswith("「干洗大衣一件」到期未使用，10 积分已回到您的账户，可用到")
    days = {m["facts"]["day"]: m["title"] for m in items if m["kind"] == "points-granted"}
    assert days == {"2026-11-19": "103 积分到账", "2026-11-20": "51 积分到账"}
    links = {m["kind"]: m["link"] for m in items}
    assert links["voucher-voided"] == {"kind": "voucher", "id": "red_2"}
    assert list_messages("res_b", False, "en", 50, None).items[-1]["title"] == "103 points added"
    assert not any("staff" in json.dumps(m["facts"]) for m in items), (
        "who served is not the resident's business"
    )


def test_a_correction_of_the_past_is_told_with_its_activity_and_the_right_to_object(queues: Any) -> None:
    (recorded,) = record("res_a", "e1")
    settle_open_sheets(NOW, lambda: False)
    on, event_key = NOW.date() - timedelta(days=1), recorded.activity_id.partition("-")[2]
    reverse_activity("res_a", on, event_key, "batch_1", NOW)
    restore_activity("res_a", on, event_key, "app_1", NOW)
    deliver(journal_items())
    restored, reversed_, _ = list_messages("res_a", False, "zh-CN", 10, None).items
    assert (reversed_["title"], restored["title"]) == (
        "扣减 51 积分：一条记录已更正",
        "增加 51 积分：一条记录已更正",
    )
    assert "经核对不应计入" in reversed_["body"] and "我有异议" in reversed_["body"]
    assert "经复核计入" in restored["body"]
    assert reversed_["link"] == {"kind": "activity", "id": recorded.activity_id}


def test_a_correction_that_the_programme_bears_whole_is_told_to_the_resident(queues: Any) -> None:
    add_shop(points=51)
    (recorded,) = record("res_a", "e1")
    take_voucher("res_a", "red_1", "off_coat", NOW)
    on, event_key = NOW.date() - timedelta(days=1), recorded.activity_id.partition("-")[2]
    reverse_activity("res_a", on, event_key, "batch_1", NOW)
    deliver(journal_items())
    told = [
        m for m in list_messages("res_a", False, "zh-CN", 10, None).items if m["kind"] != "points-granted"
    ]
    assert [m["title"] for m in told] == ["一条记录已更正，51 积分由项目承担"]
    assert told[0]["link"] == {"kind": "activity", "id": recorded.activity_id}


SHUFFLED = random.Random(20261124)
ORDERS: dict[str, Callable[[list[Item]], list[list[Item]]]] = {
    "twice": lambda items: [items, items],
    "backwards": lambda items: [items[::-1]],
    "one by one": lambda items: [[item] for item in items],
    "in pieces that overlap": lambda items: [items[:7], items[3:11], items[9:], items[:2]],
    "shuffled, every entry three times": lambda items: [SHUFFLED.sample(items * 3, len(items) * 3)],
}


@pytest.mark.parametrize("order", ORDERS)
def test_whatever_the_order_and_however_often_the_inbox_is_the_same(history: list[Item], order: str) -> None:
    deliver(history)
    once = inbox()
    empty_inbox()
    for batch in ORDERS[order](history):
        deliver(batch)
    assert inbox() == once


def empty_inbox() -> None:
    for item in inbox():
        key = {name: item[name] for name in ("account_id", "message_id")}
        dynamodb().delete_item(TableName="tanhui-test-messages", Key=key)


def test_a_message_that_was_read_stays_read_when_its_entry_comes_again(history: list[Item]) -> None:
    deliver(history)
    newest = list_messages("res_a", False, "zh-CN", 1, None).items[0]
    read_up_to("res_a", newest["message_id"], NOW)
    before = inbox()
    deliver(history)
    assert inbox() == before
    assert store.count_unread("res_a", 50) == 0


@pytest.mark.parametrize(
    "poison",
    [
        {"body": {"S": "not json"}},
        {"body": {"S": "{}"}},
        {},
        {"body": {"S": '{"account_id":"res_x","seq":1,"at":"x","kind":"grant","debit":"d","credit":"c",'
                       '"lots":[],"facts":{},"points":1,"grams_co2e":1}'}},
    ],
)  # fmt: skip
def test_a_poison_record_goes_to_the_dead_letters_and_holds_up_nobody(
    history: list[Item], queues: Any, poison: Item
) -> None:
    deliver(history)
    clean = inbox()
    empty_inbox()
    wrong = {"account_id": {"S": "res_x"}, "seq": {"N": "1"}, **poison}
    deliver([history[0], wrong, *history[1:]])
    assert inbox() == clean
    (letter,) = dead(queues)
    assert (letter["table"], letter["keys"]) == ("entries", {"account_id": "res_x", "seq": "1"})
    assert letter["error"]


def test_a_message_that_cannot_be_worded_is_poison_too(
    history: list[Item], queues: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = notices.check_words

    def check(kind: str, facts: dict[str, Any]) -> None:
        real(kind, {} if kind == "voucher-voided" else facts)

    monkeypatch.setattr(notices, "check_words", check)
    deliver(history)
    assert [letter["error"] for letter in dead(queues)] == ["KeyError"]
    assert "voucher-redeemed" in {m["kind"] for m in list_messages("res_a", False, "zh-CN", 50, None).items}


@pytest.mark.parametrize(
    "failure",
    [
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "x"}}, "PutItem"),
        Unavailable("too-busy", "too many changes at once"),
    ],
)
def test_a_passing_failure_brings_the_whole_batch_again(
    history: list[Item], queues: Any, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    real, calls = store.insert_message, []

    def insert(message: Any) -> bool:
        calls.append(message)
        if len(calls) == 3:
            raise failure
        return real(message)

    monkeypatch.setattr(store, "insert_message", insert)
    with pytest.raises(type(failure)):
        deliver(history)
    deliver(history)
    complete = inbox()
    empty_inbox()
    deliver(history)
    assert inbox() == complete
    assert dead(queues) == []


def test_killed_at_any_write_and_delivered_again_the_inbox_is_whole(history: list[Item]) -> None:
    batch = history[:6]
    deliver(batch)
    clean = inbox()

    def check() -> None:
        assert inbox() == clean

    assert killed_at_every_write(empty_inbox, lambda: deliver(batch), check) >= 2


def test_what_is_changed_or_removed_in_the_journal_is_no_booking(history: list[Item]) -> None:
    import app

    with Client(app.app) as client:
        for name in ("MODIFY", "REMOVE"):
            client.lambda_.invoke("notify", stream_event(history, name))
    assert inbox() == []


def test_a_batch_reads_what_it_needs_once(history: list[Item], monkeypatch: pytest.MonkeyPatch) -> None:
    import botocore.client

    real, reads = botocore.client.BaseClient._make_api_call, []

    def call(self: Any, operation: str, arguments: Any) -> Any:
        reads.append(operation)
        return real(self, operation, arguments)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    result = handle([_Record(item) for item in history], NOW)
    assert reads.count("BatchGetItem") == 2, "offers of the batch, and what its residents agreed to"
    assert reads.count("PutItem") == result.messages


class _Record:
    event_name = "INSERT"

    def __init__(self, item: Item) -> None:
        self.new_image = item
        self.keys = {name: item[name] for name in ("account_id", "seq")}


def test_every_stored_message_can_be_worded_in_every_language(history: list[Item]) -> None:
    deliver(history)
    for item in inbox():
        message = store.parse_message(item)
        for language in ("zh-CN", "en"):
            title, body = render(message.kind, message.facts, language)
            assert title and body and "{" not in title + body
