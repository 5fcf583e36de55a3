"""WeChat: the documented request, one token for many messages, failures told apart."""

from datetime import timedelta

import pytest

from chalicelib.services.channels import ChannelFailure, wechat_subscribe
from tests.services.channels.providers import NOON, outgoing

TOKEN = {"access_token": "T0", "expires_in": 7200}
OK = {"errcode": 0, "errmsg": "ok", "msgid": 4711}
TEMPLATES = {"points-expiring": {"id": "tmpl-1", "fields": {"thing1": "title", "number2": "points"}}}


@pytest.fixture
def wechat(server, secrets):
    wechat_subscribe._tokens.clear()
    keys = {"appid": "wx1", "secret": "s1", "endpoint": server.url, "templates": TEMPLATES}
    secrets("wechat-subscribe", keys)
    return server


def test_the_request_is_the_documented_one(wechat):
    wechat.answers = [(200, TOKEN), (200, OK)]
    assert wechat_subscribe.send(outgoing()) == "4711"
    token, message = wechat.sent
    assert token.path == "/cgi-bin/stable_token"
    assert token.json == {"grant_type": "client_credential", "appid": "wx1", "secret": "s1"}
    assert message.path == "/cgi-bin/message/subscribe/send?access_token=T0"
    assert message.json == {
        "touser": "address-1",
        "template_id": "tmpl-1",
        "page": "pages/messages/index",
        "miniprogram_state": "formal",
        "lang": "zh_CN",
        "data": {"thing1": {"value": "120 积分将在12月31日到期"}, "number2": {"value": "120"}},
    }


def test_a_field_is_cut_to_what_wechat_takes(wechat):
    wechat.answers = [(200, TOKEN), (200, OK)]
    wechat_subscribe.send(outgoing(title="一二三四五六七八九十一二三四五六七八九十一"))
    value = wechat.sent[1].json["data"]["thing1"]["value"]
    assert (len(value), value[-2:]) == (20, "九…")


def test_the_token_is_asked_for_once_while_it_lives(wechat):
    wechat.answers = [(200, TOKEN), (200, OK)]
    wechat_subscribe.send(outgoing())
    wechat_subscribe.send(outgoing(now=NOON + timedelta(minutes=100)))
    assert len(wechat.sent) == 3
    wechat.answers = [(200, TOKEN), (200, OK)]
    wechat_subscribe.send(outgoing(now=NOON + timedelta(minutes=116)))
    assert len(wechat.sent) == 5


def test_a_token_that_no_longer_holds_is_forgotten_and_the_next_attempt_takes_a_new_one(wechat):
    wechat.answers = [
        (200, TOKEN),
        (200, {"errcode": 40001}),
        (200, {**TOKEN, "access_token": "T1"}),
        (200, OK),
    ]
    with pytest.raises(ChannelFailure) as failed:
        wechat_subscribe.send(outgoing())
    assert failed.value.is_passing
    wechat_subscribe.send(outgoing())
    assert wechat.sent[-1].path.endswith("access_token=T1")


@pytest.mark.parametrize(
    ("answer", "code", "is_passing"),
    [
        ((200, {"errcode": 43101}), "refused-by-resident", False),
        ((200, {"errcode": 40003}), "address-invalid", False),
        ((200, {"errcode": 47003}), "template-mismatch", False),
        ((200, {"errcode": -1}), "wechat--1", True),
        ((200, {"errcode": 45009}), "wechat-45009", True),
        ((200, {"errcode": 99999}), "wechat-99999", False),
        ((502, {}), "http-502", True),
        ((429, {}), "http-429", True),
        ((200, b"<html>"), "answer-unreadable", True),
    ],
)
def test_failures_are_named_and_told_apart(wechat, answer, code, is_passing):
    wechat.answers = [(200, TOKEN), answer]
    with pytest.raises(ChannelFailure) as failed:
        wechat_subscribe.send(outgoing())
    assert (failed.value.code, failed.value.is_passing) == (code, is_passing)


def test_a_kind_without_a_template_is_final(wechat):
    with pytest.raises(ChannelFailure) as failed:
        wechat_subscribe.send(outgoing(kind="voucher-due"))
    assert (failed.value.code, failed.value.is_passing) == ("no-template", False)
    assert wechat.sent == []


def test_wrong_keys_are_mended_by_an_operator_so_the_message_waits(wechat):
    wechat.answers = [(200, {"errcode": 40125, "errmsg": "invalid appsecret"})]
    with pytest.raises(ChannelFailure) as failed:
        wechat_subscribe.send(outgoing())
    assert (failed.value.code, failed.value.is_passing) == ("token-40125", True)


def test_a_channel_without_a_secret_waits(secrets):
    with pytest.raises(ChannelFailure) as failed:
        wechat_subscribe.send(outgoing())
    assert (failed.value.code, failed.value.is_passing) == ("not-configured", True)


def test_a_server_that_is_not_there_is_a_passing_fault(secrets):
    wechat_subscribe._tokens.clear()
    keys = {"appid": "wx1", "secret": "s1", "endpoint": "http://127.0.0.1:1", "templates": TEMPLATES}
    secrets("wechat-subscribe", keys)
    with pytest.raises(ChannelFailure) as failed:
        wechat_subscribe.send(outgoing())
    assert (failed.value.code, failed.value.is_passing) == ("network", True)
