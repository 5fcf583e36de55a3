"""WeChat's login: the documented request, a code that is refused, faults that pass."""

from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.errors import Refused, Unavailable
from chalicelib.services import logins
from tests.services.channels.providers import NOON


@pytest.fixture
def wechat(server, setting, enter):
    setting(TANHUI_LOGINS="wechat", TANHUI_DEMO="0")
    enter("wechat", {"appid": "wx1", "secret": "s1", "endpoint": server.url})
    return server


def test_wechat_is_asked_as_documented(wechat):
    wechat.answers = [(200, {"openid": "o-1", "session_key": "k"})]
    assert logins.prove_login("wechat", "c1", NOON).subject == "o-1"
    asked = urlsplit(wechat.sent[0].path)
    assert asked.path == "/sns/jscode2session"
    assert parse_qs(asked.query) == {
        "appid": ["wx1"],
        "secret": ["s1"],
        "js_code": ["c1"],
        "grant_type": ["authorization_code"],
    }


@pytest.mark.parametrize("errcode", [40029, 40163])
def test_a_code_that_wechat_does_not_take_is_refused(wechat, errcode):
    wechat.answers = [(200, {"errcode": errcode, "errmsg": "invalid code"})]
    with pytest.raises(Refused, match="login-code-refused"):
        logins.prove_login("wechat", "c1", NOON)


@pytest.mark.parametrize("answer", [(200, {"errcode": -1}), (502, b"<html>"), (200, b"no json")])
def test_when_wechat_is_at_fault_the_same_may_be_tried_again(wechat, answer):
    wechat.answers = [answer]
    with pytest.raises(Unavailable, match="provider-unavailable"):
        logins.prove_login("wechat", "c1", NOON)
