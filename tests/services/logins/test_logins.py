"""Proving a login: which providers are on, what each asks of its own, and that a code counts for one person only."""

import json
from urllib.parse import parse_qs, urlsplit

import boto3
import moto
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from chalicelib.config import config
from chalicelib.errors import InvalidInput, NotFound, Refused, Unavailable
from chalicelib.services import logins
from chalicelib.services.logins.secrets import forget_settings
from tests.services.channels.providers import NOON, provider


@pytest.fixture
def server():
    with provider() as running:
        yield running


@pytest.fixture
def setting(monkeypatch):
    """Run as a deployment with other settings: `setting(TANHUI_LOGINS="wechat")`."""

    def change(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        config.cache_clear()

    yield change
    monkeypatch.undo()
    config.cache_clear()


@pytest.fixture
def enter(monkeypatch):
    """Enter a provider's secret: `enter("wechat", {…})`."""
    with moto.mock_aws():
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        forget_settings()

        def enter_(name: str, document: dict[str, str]) -> None:
            store = boto3.client("secretsmanager")
            store.create_secret(Name=f"tanhui/test/login-{name}", SecretString=json.dumps(document))

        yield enter_
    forget_settings()


@pytest.fixture
def wechat(server, setting, enter):
    setting(TANHUI_LOGINS="wechat", TANHUI_DEMO="0")
    enter("wechat", {"appid": "wx1", "secret": "s1", "endpoint": server.url})
    return server


def test_a_deployment_offers_what_it_names_and_the_development_login_in_demos_only(setting):
    assert logins.enabled_logins() == ("dev", "wechat", "alipay")
    setting(TANHUI_LOGINS="")
    assert logins.enabled_logins() == ("dev",)
    setting(TANHUI_LOGINS="wechat", TANHUI_DEMO="0")
    assert logins.enabled_logins() == ("wechat",)
    setting(TANHUI_LOGINS="local", TANHUI_DEMO="0")
    assert logins.enabled_logins() == (), "a code that speaks for itself is for demonstrations"
    setting(TANHUI_LOGINS="wechatt")
    with pytest.raises(ValueError, match="wechatt"):
        logins.enabled_logins()


def test_in_a_demonstration_a_code_says_who_it_is():
    proven = logins.prove_login("wechat", "local-xiaoman", NOON)
    assert (proven.subject, proven.channel) == ("xiaoman", "wechat-subscribe")
    assert proven.digest != logins.prove_login("dev", "xiaoman", NOON).digest, (
        "another provider, another login"
    )
    with pytest.raises(Refused, match="login-code-refused"):
        logins.prove_login("alipay", "xiaoman", NOON)


def test_a_provider_that_is_not_on_is_unknown(setting):
    setting(TANHUI_LOGINS="")
    with pytest.raises(NotFound, match="provider-unknown"):
        logins.prove_login("wechat", "local-xiaoman", NOON)


def test_a_body_without_its_proof_names_the_field():
    with pytest.raises(InvalidInput, match="/code"):
        logins.shown_in({"provider": "wechat", "subject": "xiaoman"})
    with pytest.raises(InvalidInput, match="/subject"):
        logins.shown_in({"provider": "dev", "code": "c"})


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
    import base64

    setting(TANHUI_LOGINS="alipay", TANHUI_DEMO="0")
    enter(
        "alipay",
        {"app_id": "a1", "private_key": base64.b64encode(stored).decode(), "endpoint": server.url + "/"},
    )
    server.key = key
    return server


def test_alipay_is_asked_as_documented_and_signed(alipay):
    import base64

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
