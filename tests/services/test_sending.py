"""Sending outside the app: only with consent, not at night, once, again after a failure, never lost."""

import json
from datetime import datetime, timedelta

import pytest

from chalicelib.domain.days import from_text
from chalicelib.services import sending
from chalicelib.services.channels import ChannelFailure
from chalicelib.services.consents import withdraw_consent
from chalicelib.services.message_preferences import put_preferences
from chalicelib.services.messages import add_message, list_messages
from chalicelib.services.sending import requeue_due, try_sending
from chalicelib.store.sendings import parse_sending
from tests.killing import KilledError, killed_at_every_write
from tests.services.telling import (
    NIGHT,
    NOON,
    VOIDED,
    asked_for,
    break_channel,
    clear,
    given,
    queues,
    stored,
    want_all,
)

MORNING = datetime.fromisoformat("2026-11-25T08:00:00+08:00")


@pytest.fixture
def queue(tables):
    yield from queues()


def tell(now=NOON, account_id="res_a", key="void/1"):
    return add_message(account_id, key, "voucher-voided", VOIDED, now)


def work_off(queue, now):
    """Make the attempts that were handed to the queue; return the states they left."""
    wanted = [json.loads(body) for body in asked_for(queue)]
    return [try_sending(one["account_id"], one["message_id"], one["channel"], now) for one in wanted]


def the_sending():
    (found,) = [parse_sending(item) for item in stored() if item["message_id"]["S"].startswith("to.")]
    return found


def sweep(queue, now):
    """Hand over what is due and make the attempts."""
    requeue_due(now, lambda: False)
    return work_off(queue, now)


def test_who_agreed_and_switched_it_on_is_sent_the_words_of_the_inbox(queue):
    want_all("res_a")
    tell()
    assert work_off(queue, NOON) == ["sent"]
    (line,) = given()
    shown = list_messages("res_a", False, "zh-CN", 10, None).items[0]
    assert (line["title"], line["body"], line["to"]) == (shown["title"], shown["body"], "res_a")


def test_nothing_is_even_made_ready_without_consent_or_for_a_kind_that_is_off(queue):
    tell()
    want_all("res_b")
    put_preferences("res_b", {"local": ["points-expiring"]})
    tell(account_id="res_b")
    put_preferences("res_b", {})
    tell(account_id="res_b", key="void/2")
    assert not [item for item in stored() if item["message_id"]["S"].startswith("to.")]
    assert asked_for(queue) == []
    assert len(list_messages("res_b", False, "zh-CN", 10, None).items) == 2


def test_a_consent_withdrawn_before_it_leaves_keeps_it_from_leaving(queue):
    want_all("res_a")
    tell()
    withdraw_consent("res_a", "messages", NOON)
    assert work_off(queue, NOON) == ["failed"]
    assert (the_sending().state, the_sending().reason) == ("failed", "consent-missing")
    assert given() == []
    assert sweep(queue, NOON + timedelta(hours=3)) == []


def test_a_channel_switched_off_before_it_leaves_keeps_it_from_leaving(queue):
    want_all("res_a")
    tell()
    put_preferences("res_a", {})
    assert work_off(queue, NOON) == ["failed"]
    assert the_sending().reason == "switched-off"


def test_at_night_a_message_is_held_and_leaves_in_the_morning(queue):
    want_all("res_a")
    tell(NIGHT)
    assert the_sending().state == "held"
    assert asked_for(queue) == []
    assert requeue_due(MORNING - timedelta(minutes=1), lambda: False).sendings == 0
    assert sweep(queue, MORNING + timedelta(minutes=2)) == ["sent"]
    assert len(given()) == 1


def test_what_reaches_its_turn_at_night_only_then_is_held(queue):
    want_all("res_a")
    tell(NOON)
    assert work_off(queue, NIGHT) == ["held"]
    assert from_text(the_sending().due_at) == MORNING
    assert the_sending().attempts == 0
    assert sweep(queue, MORNING + timedelta(minutes=2)) == ["sent"]


def test_a_message_asked_for_many_times_leaves_once(queue):
    want_all("res_a")
    tell()
    wanted = [json.loads(body) for body in asked_for(queue)] * 5
    states = [try_sending(o["account_id"], o["message_id"], o["channel"], NOON) for o in wanted]
    assert states == ["sent", "idle", "idle", "idle", "idle"]
    assert len(given()) == 1


def test_of_two_attempts_at_once_one_is_made(queue, monkeypatch):
    want_all("res_a")
    tell()
    real, raced = sending.store.replace_sending, []

    def race(read, changed):
        if not raced:
            raced.append(True)
            assert try_sending("res_a", read.message_id, "local", NOON) == "sent"
        return real(read, changed)

    monkeypatch.setattr(sending.store, "replace_sending", race)
    assert work_off(queue, NOON) == ["idle"]
    assert len(given()) == 1


def test_a_passing_failure_is_tried_again_after_pauses_that_double_and_then_given_up(queue, monkeypatch):
    want_all("res_a")
    tell()
    tried = break_channel(monkeypatch, ChannelFailure("http-503", is_passing=True))
    now, pauses = NOON - timedelta(hours=3), []
    monkeypatch.setattr(sending, "_ON_ITS_WAY", timedelta(0))
    clear()
    tell(now, key="void/2")
    while the_sending().state == "queued":
        due = from_text(the_sending().due_at)
        pauses.append(int((due - now).total_seconds()))
        now = due
        sweep(queue, now)
    assert pauses == [0, 60, 120, 240, 480, 960, 1920, 3840, 7680]
    assert (the_sending().reason, len(tried)) == ("given-up", 8)
    assert len({outgoing.sending_id for outgoing in tried}) == 1, "one id over all attempts"


def test_the_pause_is_kept_by_the_queue_where_it_can(queue, monkeypatch):
    want_all("res_a")
    tell()
    break_channel(monkeypatch, ChannelFailure("network", is_passing=True))
    assert work_off(queue, NOON) == ["queued"]
    monkeypatch.undo()
    assert work_off(queue, NOON + timedelta(seconds=30)) == ["idle"], "not before its pause is over"
    assert sweep(queue, NOON + timedelta(minutes=3)) == ["sent"]


def test_a_refusal_of_the_provider_is_final_and_named(queue, monkeypatch):
    want_all("res_a")
    tell()
    tried = break_channel(monkeypatch, ChannelFailure("refused-by-resident", is_passing=False))
    assert work_off(queue, NOON) == ["failed"]
    assert the_sending().reason == "refused-by-resident"
    assert sweep(queue, NOON + timedelta(hours=2)) == []
    assert len(tried) == 1


def test_a_mistake_of_our_own_breaks_the_attempt_off_and_it_is_made_again(queue, monkeypatch):
    want_all("res_a")
    tell()
    break_channel(monkeypatch, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        work_off(queue, NOON)
    monkeypatch.undo()
    assert sweep(queue, NOON + timedelta(minutes=3)) == ["sent"]


def test_a_message_that_could_not_leave_for_two_days_does_not_leave_any_more(queue, monkeypatch):
    want_all("res_a")
    tell()
    asked_for(queue)
    assert sweep(queue, NOON + timedelta(days=2, hours=1)) == ["failed"]
    assert the_sending().reason == "too-late"


def test_one_that_never_reached_the_queue_is_found_by_its_day(queue, monkeypatch):
    want_all("res_a")
    monkeypatch.setattr("chalicelib.services.outbox.send_message", _unreachable)
    assert tell(), "the message is told all the same"
    monkeypatch.undo()
    assert asked_for(queue) == []
    assert sweep(queue, NOON + timedelta(minutes=2)) == ["sent"]


def _unreachable(*_):
    raise OSError("no queue")


def test_a_channel_that_is_off_here_takes_nothing_any_more(queue, monkeypatch):
    want_all("res_a")
    tell()
    monkeypatch.setattr(sending, "enabled_channels", lambda: ())
    assert work_off(queue, NOON) == ["failed"]
    assert the_sending().reason == "channel-off"


def test_an_attempt_killed_at_any_write_ends_sent_with_at_most_one_line(queue):
    want_all("res_a")

    def begin():
        clear()
        asked_for(queue)
        tell()

    def work():
        at = NOON if the_sending().attempts == 0 else NOON + timedelta(minutes=10)
        sweep(queue, at + timedelta(minutes=2))

    def check():
        assert the_sending().state == "sent"
        assert len(given()) == 1, "the same id, so that the channel knows it again"

    assert killed_at_every_write(begin, work, check) == 4


def test_handing_over_is_bounded_and_goes_on(queue):
    for number in range(5):
        want_all(f"res_{number}")
        tell(account_id=f"res_{number}")
    asked_for(queue)
    later = NOON + timedelta(minutes=2)
    steps = iter([False, False, True])
    first = requeue_due(later, lambda: next(steps))
    assert (first.sendings, first.is_complete) == (2, False)
    assert requeue_due(later, lambda: False).sendings == 5, "what was handed over twice is made once"
    states = work_off(queue, later)
    assert sorted(states) == ["idle"] * 2 + ["sent"] * 5


def test_no_address_or_name_stands_in_the_log(queue, monkeypatch, capsys):
    want_all("res_a")
    tell()
    from chalicelib.jobs import delivering

    for body in asked_for(queue):
        assert delivering.handle(body, NOON) == "sent"
    logged = capsys.readouterr().out
    assert '"job":"deliver"' in logged
    assert "res_a" not in logged
    assert "积分" not in logged


def test_a_killed_process_is_no_failure_that_could_be_caught():
    assert not issubclass(KilledError, Exception)
