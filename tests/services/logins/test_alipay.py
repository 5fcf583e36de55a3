"""Alipay's login: the documented request with its signature, a code that is refused, faults that pass."""

import base64
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from chalicelib.errors import Refused, Unavailable
from chalicelib.services import logins
from tests.services.channels.providers import NOON


def test_without_keys_a_provider_is_unavailable(setting, enter):
    setting(TANHUI_LOGINS="alipay", TANHUI_DEMO="0")
    with pytest.raises(Unavailable, match="not-configured"):
        logins.prove_login("alipay", "c1", NOON)


@pytest.fixture
def alipay(server, setting, enter):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    stored = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    setting(TANHUI_LOGINS="alipay", TANHUI_DEMO="0")
    enter(
        "alipay",
        {"app_id": "a1", "private_key": base64.b64encode(stored).decode(), "endpoint": server.url + "/"},
    )
    server.key = key
    return server


def test_alipay_is_asked_as_documented_and_signed(alipay):
    alipay.answers = [(200, {"alipay_system_oauth_token_response": {"open_id": "p-1", "access_token": "t"}})]
    assert logins.prove_login("alipay", "c1", NOON).subject == "p-1"
    fields = {name: values[0] for name, values in parse_qs(alipay.sent[0].body.decode()).items()}
    assert (fields["method"], fields["code"]) == ("alipay.system.oauth.token", "c1")
    signature = base64.b64decode(fields.pop("sign"))
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    alipay.key.public_key().verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())


def test_a_code_that_alipay_does_not_take_is_refused_and_other_faults_pass(alipay):
    alipay.answers = [(200, {"error_response": {"code": "40002", "sub_code": "isv.code-invalid"}})]
    with pytest.raises(Refused, match="login-code-refused"):
        logins.prove_login("alipay", "c1", NOON)
    alipay.answers = [(200, {"error_response": {"code": "20000", "sub_code": "isp.unknow-error"}})]
    with pytest.raises(Unavailable, match="provider-unavailable"):
        logins.prove_login("alipay", "c1", NOON)
