"""Owns consents: what a resident agreed to, to which text, since when; and that withdrawing ends it at once.

Must not read cards of others. The texts are the profile's; a consent names the version that was shown.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.days import local_day, to_text
from chalicelib.errors import Conflict, NotFound, Refused
from chalicelib.profiles import current_profile
from chalicelib.store import people

TRANSIT = "transit-data"
BOARDS = "boards"


def list_consents(account_id: str) -> list[dict[str, Any]]:
    """Return every purpose the city asks consent for, with its text and the resident's answer."""
    given = people.get_person(account_id).consents
    return [_shown(purpose, given.get(purpose)) for purpose in sorted(current_profile().consents)]


def get_consent(account_id: str, purpose: str) -> dict[str, Any]:
    """Return one purpose; NotFound `purpose-unknown`."""
    _text_of(purpose)
    return _shown(purpose, people.get_person(account_id).consents.get(purpose))


def give_consent(account_id: str, purpose: str, text_version: str, now: datetime) -> dict[str, Any]:
    """Record the consent to `text_version`; again is no change.

    Conflict `consent-text-changed` for another version; Refused `account-closed`.
    """
    person = people.get_person(account_id)
    answer = given_anew(person, purpose, text_version, now)
    if answer is None:
        return _shown(purpose, person.consents[purpose])
    changed = replace(person, consents=person.consents | {purpose: answer})
    people.save_person(changed, consent_changes=[{"purpose": purpose, **answer}])
    return _shown(purpose, answer)


def given_anew(
    person: people.Person, purpose: str, text_version: str, now: datetime
) -> dict[str, str] | None:
    """Return the answer that gives consent to the current text, None when it is given already.

    NotFound `purpose-unknown`; Conflict `consent-text-changed` for another version; Refused `account-closed`.
    """
    current = _text_of(purpose)["version"]
    if text_version != current:
        raise Conflict("consent-text-changed", "read the current text first", text_version=current)
    check_not_closed(person)
    known = person.consents.get(purpose)
    if known is not None and known["state"] == "given" and known["text_version"] == current:
        return None
    return {"state": "given", "text_version": current, "at": to_text(now)}


def withdraw_consent(account_id: str, purpose: str, now: datetime) -> dict[str, Any]:
    """Record the withdrawal; again is no change. In the same write, for transit data every card is unbound, for boards
    the resident is off them; from their pages before this returns.
    """
    _text_of(purpose)
    person = people.get_person(account_id)
    known = person.consents.get(purpose)
    if known is None or known["state"] == "withdrawn":
        _taken_off(account_id, purpose, now)
        return _shown(purpose, known)
    answer = {"state": "withdrawn", "text_version": known["text_version"], "at": to_text(now)}
    cards = person.cards if purpose == TRANSIT else ()
    kept = () if purpose == TRANSIT else person.cards
    changed = replace(person, consents=person.consents | {purpose: answer}, cards=kept)
    today = local_day(now, current_profile().tz).isoformat()
    unbound = {card["digest"]: today for card in cards}
    along, afterwards = _leaving(account_id, purpose)
    change = {"purpose": purpose, **answer}
    people.save_person(changed, consent_changes=[change], unbound=unbound, along=along)
    afterwards(now)
    return _shown(purpose, answer)


def _leaving(account_id: str, purpose: str) -> tuple[Any, Any]:
    if purpose != BOARDS:
        return None, lambda now: None
    from chalicelib.services.participations import leaving

    return leaving(account_id)


def _taken_off(account_id: str, purpose: str, now: datetime) -> None:
    """Take somebody off the pages once more: a withdrawal may have been cut off before it came to that."""
    _, afterwards = _leaving(account_id, purpose)
    afterwards(now)


def check_not_closed(person: people.Person) -> None:
    """Refuse to take anything more from somebody who has closed the account: `account-closed`."""
    if person.closed_at:
        raise Refused("account-closed", "this account was closed by its resident")


def _text_of(purpose: str) -> dict[str, str]:
    found = current_profile().consents.get(purpose)
    if found is None:
        raise NotFound("purpose-unknown", "this city asks no such consent", purpose=purpose)
    return dict(found)


def _shown(purpose: str, answer: dict[str, Any] | None) -> dict[str, Any]:
    text = _text_of(purpose)
    shown: dict[str, Any] = {"purpose": purpose, "title": text["title"], "text": text["text"]}
    shown["text_version"] = text["version"]
    shown["state"] = "none" if answer is None else answer["state"]
    shown["answered_at"] = None if answer is None else answer["at"]
    shown["answered_text_version"] = None if answer is None else answer["text_version"]
    return shown
