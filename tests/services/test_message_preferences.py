"""What residents want outside the app: exactly what they named, addresses sealed."""

import json
from dataclasses import replace

import pytest

from chalicelib import config as config_module
from chalicelib.errors import Conflict, InvalidInput, Refused
from chalicelib.services import channels, message_preferences
from chalicelib.services.addresses import open_address
from chalicelib.services.message_preferences import get_preferences, put_preferences, set_address
from chalicelib.store.client import dynamodb
from chalicelib.store.message_settings import find_recipients, get_settings

OPENID = "oABCD-openid-1"


@pytest.fixture
def all_channels(tables, monkeypatch):
    """A demonstration with every channel on."""
    names = ("local", "wechat-subscribe", "alipay-template", "sms")
    settings = replace(config_module.config(), channels=names)
    monkeypatch.setattr(channels, "config", lambda: settings)


def shown(preferences, channel):
    return next(c for c in preferences["channels"] if c["channel"] == channel)


def test_before_any_choice_everything_outside_the_app_is_off(tables):
    preferences = get_preferences("res_a")
    assert (preferences["consent"], preferences["quiet_from"], preferences["quiet_to"]) == (
        "none",
        "21:00",
        "08:00",
    )
    assert [c["is_on"] for c in preferences["channels"]] == [False]


def test_what_is_put_is_what_is_on_and_nothing_else(all_channels):
    set_address("res_a", "sms", "13900000000")
    put_preferences("res_a", {"local": ["voucher-due"], "sms": ["points-expiring"]})
    again = put_preferences("res_a", {"sms": ["points-expiring", "points-expiring"]})
    assert [c["channel"] for c in again["channels"] if c["is_on"]] == ["sms"]
    assert [k["kind"] for k in shown(again, "sms")["kinds"] if k["is_on"]] == ["points-expiring"]
    assert again == get_preferences("res_a")
    assert get_settings("res_a").addresses, "what a channel knows stays when it is switched off"


def test_putting_the_same_again_writes_nothing(tables):
    put_preferences("res_a", {"local": ["voucher-due"]})
    put_preferences("res_a", {"local": ["voucher-due"]})
    assert get_settings("res_a").version == 1


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"pigeon": []}, "/channels/pigeon"),
        ({"sms": ["voucher-redeemed"]}, "/channels/sms/0"),
        ({"local": ["voucher-due", "no-such-kind"]}, "/channels/local/1"),
    ],
)
def test_a_channel_or_kind_that_is_not_offered_is_named(all_channels, wanted, pointer):
    with pytest.raises(InvalidInput) as refused:
        put_preferences("res_a", wanted)
    assert [fault["pointer"] for fault in refused.value.facts["errors"]] == [pointer]
    assert get_settings("res_a").version == 0


def test_a_channel_that_is_not_enabled_here_cannot_be_switched_on(tables):
    with pytest.raises(InvalidInput):
        put_preferences("res_a", {"sms": ["points-expiring"]})


def test_a_channel_that_does_not_know_the_resident_cannot_be_switched_on(all_channels):
    with pytest.raises(Refused, match="address-missing"):
        put_preferences("res_a", {"wechat-subscribe": ["voucher-due"]})
    set_address("res_a", "wechat-subscribe", OPENID)
    assert shown(put_preferences("res_a", {"wechat-subscribe": ["voucher-due"]}), "wechat-subscribe")["is_on"]


def test_an_address_is_stored_sealed_and_opens_for_its_resident_and_channel_only(all_channels):
    set_address("res_a", "wechat-subscribe", OPENID)
    set_address("res_a", "wechat-subscribe", OPENID)
    assert get_settings("res_a").version == 1
    people = dynamodb().scan(TableName="tanhui-test-people")["Items"]
    assert OPENID not in json.dumps(people)
    sealed = find_recipients(["res_a"])["res_a"].addresses["wechat-subscribe"]
    assert open_address("res_a", "wechat-subscribe", sealed) == OPENID
    for stranger in [("res_b", "wechat-subscribe"), ("res_a", "sms")]:
        with pytest.raises(ValueError, match="not an address"):
            open_address(*stranger, sealed)


def test_two_changes_at_once_do_not_lose_one(tables, monkeypatch):
    real, raced = message_preferences.save_settings, []

    def race(settings):
        if not raced:
            raced.append(True)
            put_preferences("res_a", {"local": ["voucher-due"]})
        real(settings)

    monkeypatch.setattr(message_preferences, "save_settings", race)
    with pytest.raises(Conflict, match="changed-meanwhile"):
        put_preferences("res_a", {"local": ["points-expiring"]})


def test_many_recipients_are_found_in_a_few_reads(tables):
    put_preferences("res_7", {"local": ["voucher-due"]})
    found = find_recipients([f"res_{number}" for number in range(120)])
    assert len(found) == 120
    assert [a for a, r in found.items() if r.kinds_by_channel] == ["res_7"]


def test_an_unknown_channel_in_the_environment_is_named(monkeypatch):
    settings = replace(config_module.config(), channels=("local", "fax"))
    monkeypatch.setattr(channels, "config", lambda: settings)
    with pytest.raises(ValueError, match="fax"):
        channels.enabled_channels()


def test_the_local_channel_exists_in_demonstrations_only(monkeypatch):
    settings = replace(config_module.config(), channels=("local",), demo=False)
    monkeypatch.setattr(channels, "config", lambda: settings)
    assert channels.enabled_channels() == ()
