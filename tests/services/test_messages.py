"""The inbox: told once, read once, listed newest first."""

from datetime import timedelta

import pytest

from chalicelib.domain.messages import Message
from chalicelib.errors import NotFound
from chalicelib.services.messages import add_message, count_unread, list_messages, read_message, read_up_to
from chalicelib.store import messages as store
from chalicelib.store.transactions import Transaction, TransactionLost
from tests.killing import killed_at_every_write
from tests.services.telling import NOON, VOIDED, clear, queues, stored, want_all

APPEAL = {"appeal_id": "app_1", "outcome": "upheld", "reason": "重复扣减"}


@pytest.fixture
def queue(tables):
    yield from queues()


def tell(account_id="res_a", key="appeal/1", now=NOON):
    return add_message(account_id, key, "appeal-decided", APPEAL, now)


def listed(account_id="res_a", unread=False, limit=50):
    return list_messages(account_id, unread, "zh-CN", limit, None)


def test_something_is_told_once_however_often_and_late_it_is_asked_for(tables):
    assert tell()
    assert not tell(now=NOON + timedelta(hours=5))
    (message,) = listed().items
    assert message["body"] == "我们核对后认为您说得对：重复扣减。相关记录会随之更正。"
    assert message["link"] == {"kind": "appeal", "id": "app_1"}
    assert (message["created_at"], message["read_at"]) == ("2026-11-24T04:00:00.000Z", None)


def test_the_same_key_is_another_message_for_another_resident(tables):
    assert tell("res_a")
    assert tell("res_b")
    assert len(listed("res_b").items) == 1


def test_two_who_tell_the_same_at_once_tell_it_once(tables, monkeypatch):
    real, raced = Transaction.commit, []

    def race(self):
        if not raced:
            raced.append(True)
            assert tell(now=NOON + timedelta(seconds=1))
        return real(self)

    monkeypatch.setattr(Transaction, "commit", race)
    assert not tell()
    assert len(listed().items) == 1


def test_a_conflict_of_transactions_is_tried_again(tables, monkeypatch):
    real, raced = Transaction.commit, []

    def conflict(self):
        if not raced:
            raced.append(True)
            raise TransactionLost(frozenset({"message"}), conflict=True)
        return real(self)

    monkeypatch.setattr(Transaction, "commit", conflict)
    assert tell()


def test_a_message_without_its_facts_is_a_mistake_before_anything_is_written(tables):
    with pytest.raises(KeyError):
        add_message("res_a", "k", "appeal-decided", {"appeal_id": "app_1"}, NOON)
    with pytest.raises(KeyError):
        add_message("res_a", "k", "no-such-kind", {}, NOON)
    assert stored() == []


def test_telling_killed_at_any_write_and_repeated_is_one_message_with_its_sending(queue):
    want_all("res_a")

    def work():
        add_message("res_a", "void/1", "voucher-voided", VOIDED, NOON)

    def check():
        kinds = [item["message_id"]["S"].split(".")[0] for item in stored()]
        assert sorted(kinds) == ["20261124T040000000Z", "key", "to"]

    assert killed_at_every_write(clear, work, check) == 2


def test_the_inbox_is_listed_newest_first_page_by_page_with_its_unread_count(tables):
    for number in range(5):
        tell(key=f"k{number}", now=NOON + timedelta(minutes=number))
    first = list_messages("res_a", False, "en", 2, None)
    rest = list_messages("res_a", False, "en", 10, first.cursor)
    ids = [m["message_id"] for m in first.items + rest.items]
    assert len(ids) == 5
    assert ids == sorted(ids, reverse=True)
    assert first.facts == {"unread": 5, "is_more_unread": False}
    assert rest.cursor is None


def test_one_message_is_read_and_keeps_the_first_instant(tables):
    tell()
    message_id = listed().items[0]["message_id"]
    assert read_message("res_a", message_id, NOON)["unread"] == 0
    read_message("res_a", message_id, NOON + timedelta(hours=1))
    assert listed().items[0]["read_at"] == "2026-11-24T04:00:00.000Z"
    assert listed(unread=True).items == []


def test_everything_up_to_a_message_is_read_and_what_came_later_is_not(tables):
    for number in range(4):
        tell(key=f"k{number}", now=NOON + timedelta(minutes=number))
    seen = listed().items[1]["message_id"]
    assert read_up_to("res_a", seen, NOON) == {"unread": 1, "is_more_unread": False, "is_complete": True}
    assert [m["read_at"] is None for m in listed().items] == [True, False, False, False]
    assert [m["message_id"] for m in listed(unread=True).items] == [listed().items[0]["message_id"]]


def test_many_unread_messages_are_read_in_several_calls_and_counted_to_a_hundred(tables, monkeypatch):
    for number in range(120):
        at = f"2026-11-24T04:00:00.{number:03d}Z"
        message_id = f"20261124T040000{number:03d}Z.e{number}"
        store.insert_message(Message("res_a", message_id, "appeal-decided", APPEAL, at))
    assert count_unread("res_a") == {"unread": 100, "is_more_unread": True}
    monkeypatch.setattr("chalicelib.services.messages._MARKED_AT_ONCE_MAX", 70)
    newest = listed().items[0]["message_id"]
    assert read_up_to("res_a", newest, NOON) == {"unread": 50, "is_more_unread": False, "is_complete": False}
    assert read_up_to("res_a", newest, NOON)["is_complete"]
    assert count_unread("res_a")["unread"] == 0


def test_reading_killed_at_any_write_and_repeated_reads_everything(tables):
    def begin():
        clear()
        for number in range(3):
            tell(key=f"k{number}", now=NOON + timedelta(minutes=number))

    def work():
        read_up_to("res_a", "20270101T000000000Z.e1", NOON)

    def check():
        assert count_unread("res_a")["unread"] == 0

    assert killed_at_every_write(begin, work, check) == 3


@pytest.mark.parametrize("message_id", ["20261124T040000000Z.e1", "key.abc", "to.x.local"])
def test_a_message_that_is_not_there_or_of_somebody_else_is_unknown(queue, message_id):
    want_all("res_b")
    tell("res_b")
    with pytest.raises(NotFound, match="message-unknown"):
        read_message("res_a", message_id, NOON)
    with pytest.raises(NotFound, match="message-unknown"):
        read_message("res_a", listed("res_b").items[0]["message_id"], NOON)


def test_messages_are_cleaned_up_after_four_hundred_days(tables):
    tell()
    for item in stored():
        assert int(item["purge_at_epoch_s"]["N"]) == int((NOON + timedelta(days=400)).timestamp())
