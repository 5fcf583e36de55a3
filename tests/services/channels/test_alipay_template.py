"""Alipay: the documented form with a signature that its public key verifies, failures told apart."""

import base64
import json
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chalicelib.services.channels import ChannelFailure, alipay_template
from tests.services.channels.providers import outgoing

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ANSWER = "alipay_open_app_mini_templatemessage_send_response"
OK = {ANSWER: {"code": "10000", "msg": "Success"}, "sign": "x"}


@pytest.fixture
def alipay(server, secrets):
    der = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    templates = {"points-expiring": {"id": "TM1", "fields": {"keyword1": "points", "keyword2": "title"}}}
    keys = {
        "app_id": "2021",
        "private_key": base64.b64encode(der).decode(),
        "endpoint": server.url,
        "templates": templates,
    }
    secrets("alipay-template", keys)
    return server


def test_the_form_is_the_documented_one_and_its_signature_verifies(alipay):
    alipay.answers = [(200, OK)]
    assert alipay_template.send(outgoing()) == ""
    form = dict(parse_qsl(alipay.sent[0].body.decode(), strict_parsing=True))
    content = json.loads(form["biz_content"])
    assert content == {
        "to_user_id": "address-1",
        "user_template_id": "TM1",
        "page": "pages/messages/index",
        "data": '{"keyword1":{"value":"120"},"keyword2":{"value":"120 积分将在12月31日到期"}}',
    }
    assert form["method"] == "alipay.open.app.mini.templatemessage.send"
    assert form["timestamp"] == "2026-11-24 12:00:00", "Beijing's time"
    signature = base64.b64decode(form.pop("sign"))
    signed = "&".join(f"{name}={form[name]}" for name in sorted(form))
    KEY.public_key().verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(
    ("answer", "code", "is_passing"),
    [
        ((200, {ANSWER: {"code": "40004", "sub_code": "USER_TEMPLATE_ILLEGAL"}}),
         "alipay-USER_TEMPLATE_ILLEGAL", False),
        ((200, {ANSWER: {"code": "20000", "sub_code": "isp.unknow-error"}}), "alipay-isp.unknow-error", True),
        ((200, {ANSWER: {"code": "40004", "sub_code": "SYSTEM_ERROR"}}), "alipay-SYSTEM_ERROR", True),
        ((200, {ANSWER: {"code": "40002"}}), "alipay-40002", False),
        ((200, {"error_response": {}}), "answer-unreadable", True),
        ((503, {}), "http-503", True),
    ],
)  # fmt: skip
def test_failures_are_named_and_told_apart(alipay, answer, code, is_passing):
    alipay.answers = [answer]
    with pytest.raises(ChannelFailure) as failed:
        alipay_template.send(outgoing())
    assert (failed.value.code, failed.value.is_passing) == (code, is_passing)
