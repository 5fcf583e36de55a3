"""Proving a login: which providers are on, and in demonstrations a code that says who it is."""

import pytest

from chalicelib.errors import InvalidInput, NotFound, Refused
from chalicelib.services import logins
from tests.services.channels.providers import NOON


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
