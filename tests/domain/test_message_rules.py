"""Quiet hours, whichever way they lie, and the checking of a city's rules."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.message_rules import MessageRules, message_rule_faults, parse_message_rules

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NIGHT = MessageRules(time(21), time(8), {})
RIGHT = {"quiet_from": "21:00", "quiet_to": "08:00", "channels": {"sms": ["points-expiring"]}}


def local(text, tz=SHANGHAI):
    return datetime.fromisoformat(text).replace(tzinfo=tz)


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        ("2026-11-24T20:59:59", "2026-11-24T20:59:59"),
        ("2026-11-24T21:00:00", "2026-11-25T08:00:00"),
        ("2026-11-24T23:59:59", "2026-11-25T08:00:00"),
        ("2026-11-25T00:00:00", "2026-11-25T08:00:00"),
        ("2026-11-25T07:59:59", "2026-11-25T08:00:00"),
        ("2026-11-25T08:00:00", "2026-11-25T08:00:00"),
        ("2026-12-31T22:00:00", "2027-01-01T08:00:00"),
    ],
)
def test_quiet_hours_reach_over_midnight(now, allowed):
    assert NIGHT.allowed_from(local(now).astimezone(UTC), SHANGHAI) == local(allowed)


def test_quiet_hours_within_a_day_end_on_that_day():
    noon = MessageRules(time(12), time(14), {})
    assert noon.allowed_from(local("2026-11-24T13:00:00"), SHANGHAI) == local("2026-11-24T14:00:00")
    assert noon.allowed_from(local("2026-11-24T23:00:00"), SHANGHAI) == local("2026-11-24T23:00:00")


def test_without_quiet_hours_everything_may_leave():
    never = MessageRules(time(0), time(0), {})
    assert never.allowed_from(local("2026-11-24T23:00:00"), SHANGHAI) == local("2026-11-24T23:00:00")


def test_where_clocks_are_changed_the_morning_is_still_eight_by_the_clock():
    for evening in ("2026-03-28T23:00:00", "2026-10-24T23:00:00"):
        allowed = NIGHT.allowed_from(local(evening, BERLIN).astimezone(UTC), BERLIN)
        assert allowed.astimezone(BERLIN).time() == time(8)


@given(
    st.integers(0, 365 * 86_400).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s)),
    st.times(timezones=st.none()).map(lambda t: t.replace(second=0, microsecond=0, fold=0)),
    st.times(timezones=st.none()).map(lambda t: t.replace(second=0, microsecond=0, fold=0)),
)
def test_what_is_allowed_is_never_quiet_and_less_than_a_day_away(now, quiet_from, quiet_to):
    rules = MessageRules(quiet_from, quiet_to, {})
    allowed = rules.allowed_from(now, SHANGHAI)
    assert now <= allowed < now + timedelta(days=1)
    assert rules.allowed_from(allowed, SHANGHAI) == allowed


def test_right_rules_are_read():
    assert list(message_rule_faults(RIGHT)) == []
    rules = parse_message_rules(RIGHT)
    assert (rules.quiet_from, rules.quiet_to) == (time(21), time(8))
    assert rules.carries("sms", "points-expiring")
    assert not rules.carries("sms", "voucher-due")
    assert not rules.carries("wechat-subscribe", "points-expiring")
    assert rules.carries("local", "voucher-due")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"quiet_from": "24:00"}, "/messages/quiet_from"),
        ({"quiet_to": 8}, "/messages/quiet_to"),
        ({"channels": []}, "/messages/channels"),
        ({"channels": {"pigeon": []}}, "/messages/channels/pigeon"),
        ({"channels": {"local": []}}, "/messages/channels/local"),
        ({"channels": {"sms": "all"}}, "/messages/channels/sms"),
        ({"channels": {"sms": ["points-expiring", "spam"]}}, "/messages/channels/sms/1"),
        ({"more": 1}, "/messages"),
    ],
)
def test_a_wrong_rule_is_named(change, pointer):
    assert [fault["pointer"] for fault in message_rule_faults({**RIGHT, **change})] == [pointer]
    assert [fault["pointer"] for fault in message_rule_faults(None)] == ["/messages"]
