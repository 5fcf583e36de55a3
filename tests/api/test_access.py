"""Walks the whole table of route × role over HTTP: who may not, gets a problem, and nothing is written."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from chalicelib.api import blueprints
from chalicelib.api.access import ENDPOINTS, PARTNER, PUBLIC, ROLES, TOKEN_ROLES, Endpoint, add, methods_at
from chalicelib.store.client import dynamodb
from chalicelib.store.tables import MODELS
from tests.conftest import Clock
from tests.gateway import Gateway, Reply, assert_problem

assert blueprints.PARTS
ALL = sorted(ENDPOINTS.values(), key=lambda e: (e.path, e.method))
PROVEN = [entry for entry in ALL if not entry.is_public]
WITH_TOKEN = [entry for entry in PROVEN if not entry.is_signed]
# Whoever may call these begins something by the mere call.
WORKS_WITHOUT_A_BODY = {"start_expiry_forecast"}
NAMES = [f"{entry.method} {entry.path}" for entry in ALL]


def send(
    gateway: Gateway, entry: Endpoint, token: str | None, headers: dict[str, str] | None = None
) -> Reply:
    path = re.sub(r"{\w+}", "x1", entry.path)
    body = None if entry.body is None else {}
    return gateway.send(entry.method, path, body, token, headers)


@pytest.fixture
def nothing_written(gateway: Gateway) -> Iterator[None]:
    yield
    for model in MODELS:
        assert dynamodb().scan(TableName=model.Meta.table_name)["Count"] == 0, model.Meta.table_name


def _part(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def forged_tokens(good: str) -> dict[str, str]:
    header, payload, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    other_kid = _part({"alg": "HS256", "kid": "00000000", "typ": "JWT"})
    admin = _part({**claims, "role": "operator"})
    return {
        "empty": "",
        "garbage": "not.a.token",
        "binary": "\x00\xff.é.ü",
        "unsigned": f"{header}.{payload}.",
        "alg none": f"{_part({'alg': 'none', 'typ': 'JWT'})}.{payload}.",
        "alg none, our kid": f"{_part({'alg': 'none', 'kid': 'x', 'typ': 'JWT'})}.{payload}.{signature}",
        "another key": f"{other_kid}.{payload}.{signature}",
        "another role": f"{header}.{admin}.{signature}",
        "cut": good[:-1],
        "padded": good + "=",
        "spaced": " " + good,
        "long": good + "A" * 5000,
    }


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("entry", PROVEN, ids=lambda e: f"{e.method} {e.path}")
def test_without_proof_every_route_that_is_not_public_answers_401(gateway: Gateway, entry: Endpoint) -> None:
    assert send(gateway, entry, None).status == 401
    assert send(gateway, entry, None, {"Authorization": "Basic eDp4"}).status == 401


@pytest.mark.usefixtures("nothing_written")
def test_tokens_that_are_not_ours_open_no_route(
    gateway: Gateway, token_of: Callable[..., str], clock: Clock
) -> None:
    for entry in WITH_TOKEN:
        role = sorted(entry.roles)[0]
        for kind, token in forged_tokens(token_of(role)).items():
            reply = send(gateway, entry, token)
            assert reply.status == 401, (entry.name, kind)
        old = token_of(role)
        clock.pass_(minutes=16)
        assert_problem(send(gateway, entry, old), 401, "token-expired")


@pytest.mark.usefixtures("nothing_written")
def test_a_token_of_another_deployment_or_of_the_future_is_refused(
    gateway: Gateway, token_of: Callable[..., str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.services.sessions._audience", lambda: "tanhui-other")
    other = token_of("resident")
    monkeypatch.undo()
    monkeypatch.setattr("chalicelib.clock.utc_now", lambda: clock.now)
    assert_problem(gateway.send("GET", "/v1/me/cards", token=other), 401, "token-invalid")
    clock.now += timedelta(hours=1)
    future = token_of("resident")
    clock.now -= timedelta(hours=1)
    assert_problem(gateway.send("GET", "/v1/me/cards", token=future), 401, "token-invalid")


@pytest.mark.usefixtures("nothing_written")
def test_every_other_role_is_turned_away_from_every_route(
    gateway: Gateway, token_of: Callable[..., str]
) -> None:
    walked = 0
    for entry in PROVEN:
        for role in TOKEN_ROLES:
            if role in entry.roles and entry.name in WORKS_WITHOUT_A_BODY:
                walked += 1
                continue
            reply = send(gateway, entry, token_of(role))
            if role in entry.roles:
                assert reply.status not in (401, 403) or reply.json["code"] != "role-not-allowed", (
                    entry.name,
                    role,
                )
            elif entry.is_signed:
                assert reply.status == 401, (entry.name, role)
            else:
                assert_problem(reply, 403, "role-not-allowed")
            walked += 1
    assert walked == len(PROVEN) * len(TOKEN_ROLES)


def test_every_registered_route_stands_in_the_table_and_no_other_does() -> None:
    import app

    registered = {(path, method) for path, methods in app.app.routes.items() for method in methods}
    registered = {key for key in registered if key[0] != "/{proxy+}"}
    assert registered == set(ENDPOINTS)


def test_the_public_routes_are_exactly_these() -> None:
    public = {f"{entry.method} {entry.path}" for entry in ALL if PUBLIC in entry.roles}
    assert public == {
        "GET /docs",
        "GET /problems/{code}",
        "GET /v1/boards/{level}/{id}",
        "GET /v1/communities",
        "GET /v1/communities/{community_id}/stars",
        "GET /v1/health",
        "GET /v1/keys",
        "GET /v1/merchant-applications/{application_id}",
        "GET /v1/merchants/{merchant_id}",
        "GET /v1/methodologies",
        "GET /v1/methodologies/{methodology_id}",
        "GET /v1/methodologies/{methodology_id}/versions",
        "GET /v1/offers",
        "GET /v1/offers/{offer_id}",
        "GET /v1/openapi.json",
        "GET /v1/public/appeals",
        "GET /v1/public/days",
        "GET /v1/public/days/{date}",
        "GET /v1/public/sources",
        "GET /v1/public/statement-keys",
        "POST /v1/dev/webhooks",
        "POST /v1/merchant-applications",
        "POST /v1/pos/sessions",
        "POST /v1/sessions",
    }


def test_a_route_cannot_mix_kinds_of_proof_nor_invent_a_role() -> None:
    def entry(*roles: str) -> Endpoint:
        return Endpoint("GET", "/v1/none", "none", "", frozenset(roles), {200: None})

    for roles in [(PUBLIC, "resident"), (PARTNER, "operator"), ("root",), ()]:
        with pytest.raises(AssertionError):
            add(entry(*roles))
    assert set(TOKEN_ROLES) < set(ROLES)


def test_paths_know_their_methods() -> None:
    assert methods_at("/v1/me/cards") == ["GET", "POST"]
    assert methods_at("/v1/me/cards/crd_1") == ["DELETE"]
    assert methods_at("/v1/nothing") == []
