"""Consents over HTTP: which text, since when, and that withdrawing ends everything at once."""

from collections.abc import Callable

import pytest

from chalicelib.keys import card_digest
from chalicelib.store.people import bindings_by_card
from tests.conftest import Clock
from tests.gateway import Gateway, assert_problem

CONSENT = "/v1/me/consents/transit-data"
GIVE = {"text_version": "2026-11-01"}


@pytest.fixture
def token(token_of: Callable[..., str]) -> str:
    return token_of("resident", "res_a")


def test_before_any_answer_the_text_is_shown_and_nothing_is_given(gateway: Gateway, token: str) -> None:
    items = gateway.send("GET", "/v1/me/consents", token=token).json["items"]
    assert [(item["purpose"], item["state"], item["answered_at"]) for item in items] == [
        ("boards", "none", None),
        ("messages", "none", None),
        ("transit-data", "none", None),
    ]
    assert "7 天" in items[2]["text"]


def test_giving_records_version_and_time_and_again_is_no_change(
    gateway: Gateway, token: str, clock: Clock
) -> None:
    first = gateway.send("PUT", CONSENT, GIVE, token)
    assert (first.json["state"], first.json["answered_at"]) == ("given", "2026-11-20T04:00:00.000Z")
    clock.pass_(hours=5)
    again = gateway.send("PUT", CONSENT, GIVE, token := _fresh(token, clock))
    assert again.json == first.json
    assert gateway.send("GET", CONSENT, token=token).json == first.json


def _fresh(token: str, clock: Clock) -> str:
    from chalicelib.services.sessions import Actor, issue_token

    return issue_token(Actor("res_a", "resident"), clock.now)[0]


def test_only_the_text_that_is_current_can_be_agreed_to(gateway: Gateway, token: str) -> None:
    reply = gateway.send("PUT", CONSENT, {"text_version": "2020-01-01"}, token)
    assert_problem(reply, 409, "consent-text-changed")
    assert reply.json["text_version"] == "2026-11-01"
    assert gateway.send("GET", CONSENT, token=token).json["state"] == "none"


def test_a_purpose_that_the_city_does_not_ask_for_is_unknown(gateway: Gateway, token: str) -> None:
    for method, body in [("GET", None), ("PUT", GIVE), ("DELETE", None)]:
        reply = gateway.send(method, "/v1/me/consents/marketing", body, token)
        assert_problem(reply, 404, "purpose-unknown")


def test_withdrawing_unbinds_every_card_in_the_same_write(gateway: Gateway, token: str) -> None:
    gateway.send("PUT", CONSENT, GIVE, token)
    cards = ["CBHGDEJAB", "CBHGDEJAC"]
    for card_no in cards:
        assert gateway.send("POST", "/v1/me/cards", {"card_no": card_no}, token).status == 201
    digests = [card_digest(card_no) for card_no in cards]
    assert set(bindings_by_card(digests)) == set(digests)
    assert gateway.send("DELETE", CONSENT, token=token).json["state"] == "withdrawn"
    assert bindings_by_card(digests) == {}
    assert gateway.send("GET", "/v1/me/cards", token=token).json == {"items": []}
    assert gateway.send("DELETE", CONSENT, token=token).json["state"] == "withdrawn"
    refused = gateway.send("POST", "/v1/me/cards", {"card_no": cards[0]}, token)
    assert_problem(refused, 403, "consent-missing")


def test_withdrawing_what_was_never_given_changes_nothing(gateway: Gateway, token: str) -> None:
    assert gateway.send("DELETE", CONSENT, token=token).json["state"] == "none"


def test_a_card_bound_while_the_consent_is_withdrawn_loses(gateway: Gateway, token: str) -> None:
    """Both read the same version; whoever writes second is refused, so no binding outlives its consent."""
    from dataclasses import replace

    from chalicelib.errors import Conflict
    from chalicelib.store import people

    gateway.send("PUT", CONSENT, GIVE, token)
    read_by_binder = people.get_person("res_a")
    gateway.send("DELETE", CONSENT, token=token)
    card = {"card_id": "c", "digest": "d", "last": "1234", "bound_at": "x", "covers_from_on": "2026-11-13"}
    late = replace(read_by_binder, cards=(card,))
    with pytest.raises(Conflict, match="changed-meanwhile"):
        people.save_person(late, bound={"d": people.Binding("res_a", "2026-11-13")})
    assert bindings_by_card(["d"]) == {}


def test_every_answer_stays_in_the_history(gateway: Gateway, token: str, clock: Clock) -> None:
    from chalicelib.store.client import dynamodb, text
    from chalicelib.store.tables import PersonItem

    for method, body in [("PUT", GIVE), ("DELETE", None), ("PUT", GIVE)]:
        gateway.send(method, CONSENT, body, token)
        clock.pass_(minutes=1)
    found = dynamodb().query(
        TableName=PersonItem.Meta.table_name,
        KeyConditionExpression="person_id = :p AND begins_with(#i, :c)",
        ExpressionAttributeNames={"#i": "item"},
        ExpressionAttributeValues={":p": text("res_a"), ":c": text("consent#")},
    )
    assert found["Count"] == 3
