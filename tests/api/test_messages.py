"""The inbox and the preferences over HTTP."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib import config as config_module
from chalicelib.services import local_sendings
from chalicelib.services.consents import give_consent
from chalicelib.services.messages import add_message
from chalicelib.services.sending import try_sending
from tests.conftest import NOON, Clock
from tests.gateway import Gateway, assert_problem

MESSAGES, PREFERENCES = "/v1/me/messages", "/v1/me/message-preferences"


@pytest.fixture
def token(token_of: Callable[..., str]) -> str:
    return token_of("resident", "res_a")


def tell(clock: Clock, count: int = 3, account_id: str = "res_a") -> None:
    for number in range(count):
        facts = {"points": number + 1, "expires_on": "2026-12-20", "days": 30}
        add_message(account_id, f"k/{number}", "points-expiring", facts, clock.now)
        clock.pass_(seconds=1)


def test_the_inbox_is_paged_newest_first_with_its_unread_count(
    gateway: Gateway, token: str, clock: Clock
) -> None:
    tell(clock)
    first = gateway.send("GET", f"{MESSAGES}?limit=2", token=token).json
    assert [m["title"][:4] for m in first["items"]] == ["3 积分", "2 积分"]
    assert (first["unread"], first["is_more_unread"]) == (3, False)
    second = gateway.send("GET", f"{MESSAGES}?limit=2&cursor={first['next_cursor']}", token=token).json
    assert (len(second["items"]), second["next_cursor"]) == (1, None)
    assert second["items"][0]["link"] == {"kind": "offers", "id": "2026-12-20"}


def test_a_message_follows_the_readers_language(gateway: Gateway, token: str, clock: Clock) -> None:
    tell(clock, 1)
    english = gateway.send("GET", f"{MESSAGES}?lang=en", token=token).json["items"][0]
    assert english["title"] == "1 point will expire on 20 December 2026"
    assert_problem(gateway.send("GET", f"{MESSAGES}?lang=fr", token=token), 400, pointer="/query/lang")


def test_one_message_is_read_and_the_badge_follows(gateway: Gateway, token: str, clock: Clock) -> None:
    tell(clock)
    message_id = gateway.send("GET", MESSAGES, token=token).json["items"][1]["message_id"]
    read = gateway.send("POST", f"{MESSAGES}/{message_id}/read", token=token)
    assert read.json == {"unread": 2, "is_more_unread": False, "is_complete": True}
    assert gateway.send("POST", f"{MESSAGES}/{message_id}/read", token=token).json == read.json
    assert gateway.send("GET", f"{MESSAGES}/unread", token=token).json["unread"] == 2
    unread = gateway.send("GET", f"{MESSAGES}?unread=true", token=token).json["items"]
    assert message_id not in {m["message_id"] for m in unread}
    assert len(unread) == 2


def test_everything_seen_is_read_at_once(gateway: Gateway, token: str, clock: Clock) -> None:
    tell(clock)
    newest = gateway.send("GET", MESSAGES, token=token).json["items"][0]["message_id"]
    body = {"up_to": newest}
    assert gateway.send("POST", f"{MESSAGES}/read", body, token).json["unread"] == 0
    for wrong in ({}, {"up_to": "x"}, {"up_to": "key.abc"}, {"up_to": newest, "more": 1}):
        assert_problem(gateway.send("POST", f"{MESSAGES}/read", wrong, token), 400)


def test_the_messages_of_somebody_else_are_not_there(
    gateway: Gateway, token: str, clock: Clock, token_of: Callable[..., str]
) -> None:
    tell(clock, 1, "res_b")
    other = token_of("resident", "res_b")
    message_id = gateway.send("GET", MESSAGES, token=other).json["items"][0]["message_id"]
    assert gateway.send("GET", MESSAGES, token=token).json["items"] == []
    assert_problem(gateway.send("POST", f"{MESSAGES}/{message_id}/read", token=token), 404, "message-unknown")
    assert_problem(gateway.send("POST", f"{MESSAGES}/to.x.local/read", token=other), 404, "message-unknown")


def test_a_cursor_of_another_resident_does_not_open_a_list(
    gateway: Gateway, token: str, clock: Clock, token_of: Callable[..., str]
) -> None:
    tell(clock)
    cursor = gateway.send("GET", f"{MESSAGES}?limit=1", token=token).json["next_cursor"]
    other = token_of("resident", "res_b")
    reply = gateway.send("GET", f"{MESSAGES}?cursor={cursor}", token=other)
    assert_problem(reply, 400, pointer="/query/cursor")


def test_preferences_are_put_and_read_back(gateway: Gateway, token: str) -> None:
    assert [c["channel"] for c in gateway.send("GET", PREFERENCES, token=token).json["channels"]] == ["local"]
    wanted = {"channels": {"local": ["points-expiring"]}}
    put = gateway.send("PUT", PREFERENCES, wanted, token)
    assert gateway.send("PUT", PREFERENCES, wanted, token).json == put.json
    assert gateway.send("GET", PREFERENCES, token=token).json == put.json
    assert [k["kind"] for k in put.json["channels"][0]["kinds"] if k["is_on"]] == ["points-expiring"]
    refused = gateway.send("PUT", PREFERENCES, {"channels": {"sms": ["points-expiring"]}}, token)
    assert_problem(refused, 400, pointer="/channels/sms")
    for wrong in ({}, {"channels": []}, {"channels": {"local": "all"}}, {"channels": {"Local!": []}}):
        assert_problem(gateway.send("PUT", PREFERENCES, wrong, token), 400)


def test_a_channel_without_an_address_is_refused_in_words(
    gateway: Gateway, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(config_module.config(), channels=("wechat-subscribe",))
    monkeypatch.setattr("chalicelib.services.channels.config", lambda: settings)
    wanted = {"channels": {"wechat-subscribe": ["points-expiring"]}}
    assert_problem(gateway.send("PUT", PREFERENCES, wanted, token), 422, "address-missing")


def test_an_operator_sees_what_the_local_channel_was_given_in_a_demonstration_only(
    gateway: Gateway,
    token: str,
    clock: Clock,
    token_of: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from chalicelib.profiles import current_profile

    give_consent("res_a", "messages", current_profile().consents["messages"]["version"], clock.now)
    gateway.send("PUT", PREFERENCES, {"channels": {"local": ["points-expiring"]}}, token)
    tell(clock, 1)
    message_id = gateway.send("GET", MESSAGES, token=token).json["items"][0]["message_id"]
    assert try_sending("res_a", message_id, "local", NOON) == "sent"
    operator = token_of("operator")
    (line,) = gateway.send("GET", "/v1/dev/deliveries", token=operator).json["items"]
    assert (line["to"], line["title"]) == ("res_a", "1 积分将在12月20日到期")
    settings = replace(config_module.config(), demo=False)
    monkeypatch.setattr(local_sendings, "config", lambda: settings)
    assert_problem(gateway.send("GET", "/v1/dev/deliveries", token=operator), 404, "not-found")
