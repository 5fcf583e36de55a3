"""Owns Alipay's template messages: `alipay.open.app.mini.templatemessage.send` with an RSA2 signature.

Must not load the signing library before a message leaves. Alipay knows no id against doubles.
"""

import json
from typing import Any
from urllib.parse import urlencode

from chalicelib.services.channels import ChannelFailure, Outgoing
from chalicelib.services.channels.alipay_signing import timestamp, with_signature
from chalicelib.services.channels.http import post
from chalicelib.services.channels.templates import settings_of, template_of

CHANNEL = "alipay-template"
METHOD = "alipay.open.app.mini.templatemessage.send"
_ENDPOINT = "https://openapi.alipay.com/gateway.do"
_PAGE = "pages/messages/index"
_DONE, _UNAVAILABLE = "10000", "20000"
_PASSING_SUB_CODES = frozenset({"SYSTEM_ERROR", "isp.unknow-error", "aop.unknow-error"})
_ANSWER = METHOD.replace(".", "_") + "_response"


def send(outgoing: Outgoing) -> str:
    """Send one template message and return an empty reference: Alipay gives none."""
    settings = settings_of(CHANNEL)
    fields = signed_fields(settings, outgoing)
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    answer = post(settings.get("endpoint", _ENDPOINT), urlencode(fields).encode(), headers).get(_ANSWER)
    if not isinstance(answer, dict):
        raise ChannelFailure("answer-unreadable", is_passing=True)
    code, sub_code = str(answer.get("code")), str(answer.get("sub_code", ""))
    if code != _DONE:
        is_passing = code == _UNAVAILABLE or sub_code in _PASSING_SUB_CODES
        raise ChannelFailure(f"alipay-{sub_code or code}", is_passing)
    return ""


def signed_fields(settings: dict[str, Any], outgoing: Outgoing) -> dict[str, str]:
    """Return the fields of the form, `sign` among them: RSA2 over all others, sorted, as `name=value` joined by &."""
    template_id, words = template_of(settings, outgoing)
    data = {name: {"value": value} for name, value in words.items()}
    content = {
        "to_user_id": outgoing.address,
        "user_template_id": template_id,
        "page": settings.get("page", _PAGE),
        "data": json.dumps(data, ensure_ascii=False, separators=(",", ":")),
    }
    fields = {
        "app_id": settings["app_id"],
        "method": METHOD,
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": timestamp(outgoing.now),
        "version": "1.0",
        "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
    }
    return with_signature(fields, settings["private_key"])
