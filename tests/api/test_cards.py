"""Transit cards over HTTP: one card, one resident, and no card number anywhere."""

from collections.abc import Callable

import pytest

from chalicelib.keys import card_digest
from chalicelib.store.people import bindings_by_card
from tests.conftest import Clock
from tests.gateway import Gateway, Reply, assert_problem

CARD = "CBHGDEJAB"


@pytest.fixture
def bind(gateway: Gateway, token_of: Callable[..., str]) -> Callable[..., Reply]:
    def bind_(account_id: str, card_no: str, agree: bool = True) -> Reply:
        token = token_of("resident", account_id)
        if agree:
            gateway.send("PUT", "/v1/me/consents/transit-data", {"text_version": "2026-11-01"}, token)
        return gateway.send("POST", "/v1/me/cards", {"card_no": card_no}, token)

    return bind_


def test_a_bound_card_shows_its_last_four_characters_and_covers_the_window(
    bind: Callable[..., Reply],
) -> None:
    card = bind("res_a", CARD).json
    assert card["card_no_masked"] == "****EJAB"
    assert card["covers_from_on"] == "2026-11-13"
    binding = bindings_by_card([card_digest(CARD)])[card_digest(CARD)]
    assert (binding.account_id, binding.covers_from_on) == ("res_a", "2026-11-13")


def test_without_consent_no_card_is_bound(bind: Callable[..., Reply]) -> None:
    assert_problem(bind("res_a", CARD, agree=False), 403, "consent-missing")
    assert bindings_by_card([card_digest(CARD)]) == {}


def test_the_same_card_again_repeats_the_answer(bind: Callable[..., Reply]) -> None:
    first, again = bind("res_a", CARD), bind("res_a", CARD.lower())
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert "Idempotency-Hit" not in first.headers
    assert again.headers["Idempotency-Hit"] == "true"


def test_a_card_belongs_to_one_resident_until_they_unbind_it(
    bind: Callable[..., Reply], gateway: Gateway, token_of: Callable[..., str]
) -> None:
    card_id = bind("res_a", CARD).json["card_id"]
    assert_problem(bind("res_b", CARD), 409, "card-bound-elsewhere")
    assert_problem(
        gateway.send("DELETE", f"/v1/me/cards/{card_id}", token=token_of("resident", "res_b")), 404
    )
    assert (
        gateway.send("DELETE", f"/v1/me/cards/{card_id}", token=token_of("resident", "res_a")).status == 204
    )
    gone = gateway.send("DELETE", f"/v1/me/cards/{card_id}", token=token_of("resident", "res_a"))
    assert_problem(gone, 404, "card-unknown")
    assert bind("res_b", CARD).status == 201


@pytest.mark.parametrize("ending", ["unbound", "consent withdrawn"])
@pytest.mark.parametrize("next_one", ["res_b", "res_a"])
def test_a_released_card_counts_for_the_next_only_from_the_day_after(
    bind: Callable[..., Reply],
    gateway: Gateway,
    token_of: Callable[..., str],
    clock: Clock,
    ending: str,
    next_one: str,
) -> None:
    """Else a ride of before, delivered again, is paid to the next one as well."""
    card_id = bind("res_a", CARD).json["card_id"]
    clock.pass_(hours=5)
    path = f"/v1/me/cards/{card_id}" if ending == "unbound" else "/v1/me/consents/transit-data"
    assert gateway.send("DELETE", path, token=token_of("resident", "res_a")).status in (200, 204)
    assert bindings_by_card([card_digest(CARD)]) == {}
    again = bind(next_one, CARD)
    assert (again.status, again.json["covers_from_on"]) == (201, "2026-11-21")
    assert bindings_by_card([card_digest(CARD)])[card_digest(CARD)].account_id == next_one


def test_a_release_long_ago_does_not_shorten_the_window(
    bind: Callable[..., Reply], gateway: Gateway, token_of: Callable[..., str], clock: Clock
) -> None:
    card_id = bind("res_a", CARD).json["card_id"]
    gateway.send("DELETE", f"/v1/me/cards/{card_id}", token=token_of("resident", "res_a"))
    clock.pass_(days=30)
    assert bind("res_b", CARD).json["covers_from_on"] == "2026-12-13"


def test_a_release_keeps_no_account(
    bind: Callable[..., Reply], gateway: Gateway, token_of: Callable[..., str]
) -> None:
    from chalicelib.store.client import dynamodb, text
    from chalicelib.store.tables import PersonItem

    card_id = bind("res_a", CARD).json["card_id"]
    gateway.send("DELETE", f"/v1/me/cards/{card_id}", token=token_of("resident", "res_a"))
    key = {"person_id": text(f"card#{card_digest(CARD)}"), "item": text("binding")}
    kept = dynamodb().get_item(TableName=PersonItem.Meta.table_name, Key=key)["Item"]
    assert kept["released_on"] == text("2026-11-20")
    assert "res_a" not in str(kept)


@pytest.mark.parametrize("was_released", [False, True])
def test_of_two_residents_binding_one_card_at_once_exactly_one_wins(
    bind: Callable[..., Reply], gateway: Gateway, token_of: Callable[..., str], was_released: bool
) -> None:
    """Both have read the card as free before either writes."""
    from chalicelib.errors import Conflict
    from chalicelib.store import people

    if was_released:
        card_id = bind("res_a", CARD).json["card_id"]
        gateway.send("DELETE", f"/v1/me/cards/{card_id}", token=token_of("resident", "res_a"))
    digest = card_digest(CARD)
    seen = people.find_release(digest)
    assert (seen is not None) == was_released
    readers = [people.get_person(account_id) for account_id in ("res_b", "res_c")]
    bound = [{digest: people.Binding(p.account_id, "2026-11-21", seen)} for p in readers]
    people.save_person(readers[0], bound=bound[0])
    with pytest.raises(Conflict, match="card-bound-elsewhere"):
        people.save_person(readers[1], bound=bound[1])
    assert bindings_by_card([digest])[digest].account_id == "res_b"


def test_a_resident_binds_ten_cards_and_no_more(bind: Callable[..., Reply]) -> None:
    for number in range(10):
        assert bind("res_a", f"CARD000{number}").status == 201
    reply = bind("res_a", "CARD0010")
    assert_problem(reply, 422, "cards-too-many")
    assert reply.json["cards_max"] == 10


@pytest.mark.parametrize("card_no", ["", "1234567", "x" * 25, "1234 5678", "卡12345678", 12345678, None])
def test_what_can_be_no_card_number_is_refused(
    gateway: Gateway, token_of: Callable[..., str], card_no: object
) -> None:
    reply = gateway.send("POST", "/v1/me/cards", {"card_no": card_no}, token_of("resident"))
    assert_problem(reply, 400, "invalid-input", "/card_no")


def test_no_card_number_is_stored_or_answered(
    bind: Callable[..., Reply], gateway: Gateway, token_of: Callable[..., str]
) -> None:
    from chalicelib.store.client import dynamodb
    from chalicelib.store.tables import PersonItem

    answers = (
        bind("res_a", CARD).text
        + gateway.send("GET", "/v1/me/cards", token=token_of("resident", "res_a")).text
    )
    stored = str(dynamodb().scan(TableName=PersonItem.Meta.table_name)["Items"])
    assert CARD not in answers + stored


def test_many_cards_are_looked_up_a_hundred_at_a_time(bind: Callable[..., Reply], clock: Clock) -> None:
    bind("res_a", CARD)
    digests = [card_digest(f"OTHER{number:04d}") for number in range(250)]
    assert list(bindings_by_card([*digests, card_digest(CARD)])) == [card_digest(CARD)]
