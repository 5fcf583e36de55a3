"""Owns the binding of transit cards to residents: one card, one resident, only while the consent stands.

Must not keep a card number: what is stored is a keyed digest and the last four characters.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.domain.days import from_text, local_day, to_text
from chalicelib.errors import Forbidden, NotFound, Refused
from chalicelib.keys import card_digest, keyed_digest
from chalicelib.profiles import current_profile
from chalicelib.services.consents import TRANSIT
from chalicelib.store import people

CARDS_MAX = 10
_SHOWN_CHARS = 4


def list_cards(account_id: str) -> list[dict[str, Any]]:
    """Return the resident's cards, oldest first."""
    return [_shown(card) for card in people.get_person(account_id).cards]


def bind_card(account_id: str, card_no: str, now: datetime) -> dict[str, Any]:
    """Bind a card; `_hit` when it was bound already.

    Its trips count from the consent's day less the profile's window, but not before the day after its last release.
    Raises Forbidden `consent-missing`, Refused `cards-too-many`, Conflict `card-bound-elsewhere`.
    """
    person = people.get_person(account_id)
    consent = person.consents.get(TRANSIT)
    if consent is None or consent["state"] != "given":
        raise Forbidden("consent-missing", "agree to receiving transit data first", purpose=TRANSIT)
    digest = card_digest(card_no)
    for card in person.cards:
        if card["digest"] == digest:
            return _shown(card) | {"_hit": True}
    if len(person.cards) >= CARDS_MAX:
        raise Refused("cards-too-many", "no more cards can be bound", cards_max=CARDS_MAX)
    released_on = people.find_release(digest)
    bound = {
        "card_id": "crd_" + keyed_digest("card-id", account_id, digest),
        "digest": digest,
        "last": card_no.strip().upper()[-_SHOWN_CHARS:],
        "bound_at": to_text(now),
        "covers_from_on": _covers_from(consent["at"], released_on).isoformat(),
    }
    binding = people.Binding(account_id, bound["covers_from_on"], released_on)
    people.save_person(replace(person, cards=(*person.cards, bound)), bound={digest: binding})
    return _shown(bound)


def unbind_card(account_id: str, card_id: str, now: datetime) -> None:
    """Unbind one of the resident's cards; NotFound `card-unknown`."""
    person = people.get_person(account_id)
    gone = [card for card in person.cards if card["card_id"] == card_id]
    if not gone:
        raise NotFound("card-unknown", "no such card is bound here")
    kept = tuple(card for card in person.cards if card["card_id"] != card_id)
    today = local_day(now, current_profile().tz).isoformat()
    people.save_person(replace(person, cards=kept), unbound={gone[0]["digest"]: today})


def _covers_from(consented_at: str, released_on: str | None) -> date:
    profile = current_profile()
    first_on = local_day(from_text(consented_at), profile.tz) - timedelta(days=profile.window_days)
    if released_on is None:
        return first_on
    return max(first_on, date.fromisoformat(released_on) + timedelta(days=1))


def _shown(card: dict[str, str]) -> dict[str, Any]:
    return {
        "card_id": card["card_id"],
        "card_no_masked": "****" + card["last"],
        "bound_at": card["bound_at"],
        "covers_from_on": card["covers_from_on"],
    }
