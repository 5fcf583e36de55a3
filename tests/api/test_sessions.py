"""Signing in, tokens, and what a token that is not ours gets."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest

from chalicelib.errors import Unauthenticated
from chalicelib.services.sessions import Actor, _key_no, _signing, issue_token, verify_token
from chalicelib.store.people import put_staff
from tests.conftest import Clock
from tests.gateway import Gateway, assert_problem

DEV = {"provider": "dev", "subject": "demo-resident-1"}


def test_a_resident_signs_in_and_gets_the_same_account_every_time(gateway: Gateway) -> None:
    first = gateway.send("POST", "/v1/sessions", DEV)
    second = gateway.send("POST", "/v1/sessions", DEV)
    assert first.status == 201
    assert first.json["subject"] == second.json["subject"]
    assert first.json["subject"].startswith("res_")
    assert first.json["expires_at"] == "2026-11-20T04:15:00.000Z"


def test_two_first_sign_ins_at_once_give_one_account(gateway: Gateway) -> None:
    from chalicelib.store.people import find_or_add_resident

    assert find_or_add_resident("digest", "res_a", "at") == "res_a"
    assert find_or_add_resident("digest", "res_b", "at") == "res_a"


def test_the_loser_of_a_first_sign_in_gets_the_account_of_the_winner(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.store import people

    found, looks = people._find, []

    def blind_at_first(person_id: str, item: str) -> object:
        looks.append(item)
        return None if len(looks) == 1 else found(person_id, item)

    people.find_or_add_resident("digest", "res_a", "at")
    monkeypatch.setattr(people, "_find", blind_at_first)
    assert people.find_or_add_resident("digest", "res_b", "at") == "res_a"


def test_staff_sign_in_only_when_somebody_entered_them(gateway: Gateway) -> None:
    request = {"provider": "dev", "subject": "anna", "role": "cashier"}
    assert_problem(gateway.send("POST", "/v1/sessions", request), 404, "login-unknown")
    put_staff("anna", "cashier", "mer_1", ["sto_1"], "Anna")
    session = gateway.send("POST", "/v1/sessions", request).json
    assert (session["role"], session["merchant_id"], session["store_ids"]) == ("cashier", "mer_1", ["sto_1"])
    elsewhere = {**request, "role": "operator"}
    assert_problem(gateway.send("POST", "/v1/sessions", elsewhere), 404, "login-unknown")


def test_without_demonstration_mode_the_development_provider_does_not_exist(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from chalicelib.config import config

    production = replace(config(), demo=False)
    monkeypatch.setattr("chalicelib.services.logins.config", lambda: production)
    assert_problem(gateway.send("POST", "/v1/sessions", DEV), 404, "provider-unknown")


def test_a_token_ends_after_fifteen_minutes(
    gateway: Gateway, token_of: Callable[..., str], clock: Clock
) -> None:
    token = token_of("resident")
    clock.pass_(minutes=14, seconds=59)
    assert gateway.send("GET", "/v1/me/cards", token=token).status == 200
    clock.pass_(seconds=1)
    assert_problem(gateway.send("GET", "/v1/me/cards", token=token), 401, "token-expired")


def test_a_token_signed_with_the_key_before_still_works_after_the_change_of_keys(clock: Clock) -> None:
    from chalicelib.services import sessions

    life = sessions._KEY_LIFE_S
    change_s = (int(clock.now.timestamp()) // life + 1) * life
    before = clock.now + timedelta(seconds=change_s - clock.now.timestamp() - 60)
    token = issue_token(Actor("res_a", "resident"), before)[0]
    assert verify_token(token, before + timedelta(minutes=5)).subject == "res_a"
    kids = {
        _header(issue_token(Actor("a", "resident"), at)[0])["kid"]
        for at in (before, clock.now + timedelta(days=40))
    }
    assert len(kids) == 2


def _header(token: str) -> dict[str, str]:
    part = token.split(".")[0]
    found: dict[str, str] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_a_token_says_who_in_what_role_until_when_and_carries_its_key_id(clock: Clock) -> None:
    token = issue_token(Actor("stf_a", "cashier", "mer_1", ("sto_1",)), clock.now)[0]
    part = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert (claims["sub"], claims["role"], claims["exp"] - claims["iat"]) == ("stf_a", "cashier", 900)
    assert claims["aud"] == "tanhui-test"
    assert _header(token) == {"alg": "HS256", "kid": _signing(_key_no(clock.now))[0], "typ": "JWT"}
    assert verify_token(token, clock.now) == Actor("stf_a", "cashier", "mer_1", ("sto_1",))


def claims_at(clock: Clock) -> dict[str, object]:
    now_s = int(clock.now.timestamp())
    return {"sub": "res_a", "role": "resident", "aud": "tanhui-test", "iat": now_s, "exp": now_s + 900}


@pytest.mark.parametrize("missing", [None, "sub", "aud", "iat", "exp", "role"])
def test_a_token_signed_with_our_key_still_needs_every_claim(clock: Clock, missing: str | None) -> None:
    kid, key = _signing(_key_no(clock.now))
    claims = claims_at(clock)
    claims.pop(missing or "", None)
    token = jwt.encode(claims, key, algorithm="HS256", headers={"kid": kid})
    if missing is None:
        assert verify_token(token, clock.now).subject == "res_a"
    else:
        with pytest.raises(Unauthenticated, match="not one of ours"):
            verify_token(token, clock.now)


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "none"])
def test_only_the_one_algorithm_is_accepted_even_under_our_key(clock: Clock, algorithm: str) -> None:
    kid, key = _signing(_key_no(clock.now))
    signing_key = None if algorithm == "none" else key
    token = jwt.encode(claims_at(clock), signing_key, algorithm=algorithm, headers={"kid": kid})
    with pytest.raises(Unauthenticated, match="not one of ours"):
        verify_token(token, clock.now)
