"""Owns Alipay's login of a mini-program: `alipay.system.oauth.token`, a code of `my.getAuthCode` for the person's id.

Must not keep the tokens that come with it, nor log a code.
"""

from datetime import datetime
from urllib.parse import urlencode

from chalicelib.services.channels import ChannelFailure
from chalicelib.services.channels.alipay_signing import timestamp, with_signature
from chalicelib.services.channels.http import post
from chalicelib.services.logins import LoginRefused
from chalicelib.services.logins.secrets import settings_of

METHOD = "alipay.system.oauth.token"
_ENDPOINT = "https://openapi.alipay.com/gateway.do"
_ANSWER = METHOD.replace(".", "_") + "_response"
_REFUSED = "isv.code-invalid"


def subject_of(code: str, now: datetime) -> str:
    """Return the person's open id (user id with older applications); LoginRefused, or ChannelFailure for all else."""
    settings = settings_of("alipay")
    fields = {
        "app_id": settings["app_id"],
        "method": METHOD,
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": timestamp(now),
        "version": "1.0",
        "grant_type": "authorization_code",
        "code": code,
    }
    body = urlencode(with_signature(fields, settings["private_key"])).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    answer = post(settings.get("endpoint", _ENDPOINT), body, headers)
    found = answer.get(_ANSWER)
    subject = (found.get("open_id") or found.get("user_id")) if isinstance(found, dict) else None
    if isinstance(subject, str):
        return subject
    error = answer.get("error_response")
    sub_code = str(error.get("sub_code", "")) if isinstance(error, dict) else "answer-unreadable"
    if sub_code == _REFUSED:
        raise LoginRefused
    raise ChannelFailure(f"alipay-{sub_code}", is_passing=True)
