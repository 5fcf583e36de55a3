"""Owns WeChat's login of a mini-program: `jscode2session`, a code of `wx.login` for the person's openid.

Must not keep the session key that comes with it, nor log a code.
"""

from datetime import datetime
from urllib.parse import urlencode

from chalicelib.services.channels import ChannelFailure
from chalicelib.services.channels.http import get
from chalicelib.services.logins import LoginRefused
from chalicelib.services.logins.secrets import settings_of

_ENDPOINT = "https://api.weixin.qq.com"
# 40029 no such code, 40163 used before, 40226 a person WeChat blocks
_REFUSED = frozenset({40029, 40163, 40226})


def subject_of(code: str, now: datetime) -> str:
    """Return the openid behind a code; LoginRefused, or ChannelFailure when WeChat gives none for other reasons."""
    settings = settings_of("wechat")
    asked = {
        "appid": settings["appid"],
        "secret": settings["secret"],
        "js_code": code,
        "grant_type": "authorization_code",
    }
    answer = get(f"{settings.get('endpoint', _ENDPOINT)}/sns/jscode2session?{urlencode(asked)}")
    if answer.get("errcode", 0) in _REFUSED:
        raise LoginRefused
    openid = answer.get("openid")
    if not isinstance(openid, str) or not openid:
        raise ChannelFailure(f"wechat-{answer.get('errcode', 'no-openid')}", is_passing=True)
    return openid
