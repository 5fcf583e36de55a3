"""Owns WeChat's one-time subscription messages: `subscribeMessage.send` of the mini-program's server API.

Must not store a token: each process asks for WeChat's stable one, which all processes share. WeChat knows no id against
doubles; that an attempt is made once is the sending's own state.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from chalicelib.services.channels import ChannelFailure, Outgoing
from chalicelib.services.channels.http import post_json
from chalicelib.services.channels.templates import settings_of, template_of

CHANNEL = "wechat-subscribe"
_ENDPOINT = "https://api.weixin.qq.com"
_PAGE = "pages/messages/index"
_TOKEN_INVALID = frozenset({40001, 40014, 42001})
# -1 system busy, 45009 and 45011 called too often
_PASSING = frozenset({-1, 45009, 45011, 50002})
_WORDS = {
    40003: "address-invalid",
    40037: "template-invalid",
    41030: "page-invalid",
    43101: "refused-by-resident",
    47003: "template-mismatch",
}
# The longest text by the type of a field, which its name begins with.
_CHARS_MAX = (("thing", 20), ("short_thing", 5), ("phrase", 5), ("character_string", 32), ("name", 10))
_SPARE = timedelta(minutes=5)
_tokens: dict[str, tuple[datetime, str]] = {}


def send(outgoing: Outgoing) -> str:
    """Send one subscription message and return WeChat's message id, empty when it gives none."""
    settings = settings_of(CHANNEL)
    template_id, fields = template_of(settings, outgoing)
    message = {
        "touser": outgoing.address,
        "template_id": template_id,
        "page": settings.get("page", _PAGE),
        "miniprogram_state": settings.get("state", "formal"),
        "lang": "zh_CN",
        "data": {name: {"value": _cut(name, value)} for name, value in fields.items()},
    }
    query = urlencode({"access_token": _token(settings, outgoing.now)})
    answer = post_json(f"{_endpoint(settings)}/cgi-bin/message/subscribe/send?{query}", message)
    code = _code(answer)
    if code in _TOKEN_INVALID:
        _tokens.pop(settings["appid"], None)
        raise ChannelFailure("token-invalid", is_passing=True)
    if code != 0:
        raise ChannelFailure(_WORDS.get(code, f"wechat-{code}"), is_passing=code in _PASSING)
    return str(answer.get("msgid", ""))


def _token(settings: dict[str, Any], now: datetime) -> str:
    appid = settings["appid"]
    known = _tokens.get(appid)
    if known is not None and now < known[0]:
        return known[1]
    asked = {"grant_type": "client_credential", "appid": appid, "secret": settings["secret"]}
    answer = post_json(f"{_endpoint(settings)}/cgi-bin/stable_token", asked)
    token = answer.get("access_token")
    if not isinstance(token, str):
        # A wrong key is mended by an operator, so the message may still arrive.
        raise ChannelFailure(f"token-{_code(answer)}", is_passing=True)
    _tokens[appid] = (now + timedelta(seconds=int(answer.get("expires_in", 0))) - _SPARE, token)
    return token


def _endpoint(settings: dict[str, Any]) -> str:
    return str(settings.get("endpoint", _ENDPOINT))


def _code(answer: dict[str, Any]) -> int:
    code = answer.get("errcode", 0)
    return code if isinstance(code, int) else -1


def _cut(field: str, value: str) -> str:
    longest = next((chars for kind, chars in _CHARS_MAX if field.startswith(kind)), len(value))
    return value if len(value) <= longest else value[: longest - 1] + "…"
