"""Owns stars: who won a closed board is proposed, confirmed by two operators, published, awarded after the objections.

Must not compute winners (`services.board_closing` does) nor book points (`services.star_bonuses`). A star is a case;
its nickname is shown only while its resident agrees to be shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from chalicelib.domain.days import to_text
from chalicelib.domain.pages import Page
from chalicelib.domain.participation import Participation
from chalicelib.domain.periods import kind_of
from chalicelib.errors import Conflict, Refused
from chalicelib.profiles import current_profile
from chalicelib.services.communities import get_community
from chalicelib.services.messages import add_message
from chalicelib.store import cases
from chalicelib.store.cases import NO_DEADLINE, Case
from chalicelib.store.participations import find_participations, get_participation

KIND = "star"
PROPOSED, CONFIRMED, PUBLISHED, AWARDED = "proposed", "confirmed", "published", "awarded"
DECLINED, REVOKED = "declined", "revoked"
PUBLIC = (PUBLISHED, AWARDED, REVOKED)
REVIEW_DAYS = 14
_ID_CHARS = 20
_FIELDS = ("nickname", "period", "place", "grams_co2e", "reason", "points", "valid_days", "objections_open")


class Winner(NamedTuple):
    """Who won which place of a board, with what."""

    account_id: str
    nickname: str
    place: int
    grams_co2e: int


def propose(community_id: str, period: str, winner: Winner, now: datetime) -> bool:
    """Propose a star for a winner; return whether it is new: the same again changes nothing."""
    rule = current_profile().boards.stars[kind_of(period)]
    community = get_community(community_id)
    body = {
        "account_id": winner.account_id,
        "nickname": winner.nickname,
        "community": community,
        "period": period,
        "place": winner.place,
        "grams_co2e": winner.grams_co2e,
        "reason": f"{community['name']} {period} 减排量第 {winner.place} 名",
        "points": rule.points,
        "valid_days": rule.valid_days,
        "objections_open": 0,
        "decisions": [],
    }
    due_at = to_text(now + timedelta(days=REVIEW_DAYS))
    star_id = star_id_of(community_id, period, winner.account_id)
    return cases.add_case(Case(star_id, KIND, PROPOSED, community_id, to_text(now), due_at, body))


def star_id_of(community_id: str, period: str, account_id: str) -> str:
    """Return the id of the only star that a resident may win on a board."""
    return "star_" + sha256(f"{community_id}|{period}|{account_id}".encode()).hexdigest()[:_ID_CHARS]


def confirm(star_id: str, operator_id: str, now: datetime) -> dict[str, Any]:
    """Confirm a proposed star; the second operator who does publishes it. Confirmed already by this one: `_hit`.

    NotFound `star-unknown`; Conflict `star-decided`, `case-changed`; Refused `star-withdrawn` when the resident does
    not want to be shown any more.
    """
    case = cases.get_case(star_id, KIND)
    if any(said["by"] == operator_id for said in case.body["decisions"] if said["what"] == "confirm"):
        _tell_won(case, now)
        return {**operator_view(case), "_hit": True}
    if case.state not in (PROPOSED, CONFIRMED):
        raise Conflict("star-decided", "this star is decided already", state=case.state)
    if not get_participation(case.body["account_id"]).is_shown:
        raise Refused("star-withdrawn", "the resident does not want to be shown; decline this star")
    body = _noted(case, "confirm", operator_id, "", now)
    if case.state == PROPOSED:
        return operator_view(cases.replace_case(case, replace(case, state=CONFIRMED, body=body)))
    due_at = now + timedelta(days=current_profile().boards.objection_days)
    changed = replace(case, state=PUBLISHED, due_at=to_text(due_at), body=body)
    published = cases.replace_case(case, changed)
    _tell_won(published, now)
    return operator_view(published)


def decline(star_id: str, operator_id: str, reason: str, now: datetime) -> dict[str, Any]:
    """Do not award a star that is not published; declined already: `_hit`. Conflict `star-decided`, `case-changed`."""
    case = cases.get_case(star_id, KIND)
    if case.state == DECLINED:
        return {**operator_view(case), "_hit": True}
    if case.state not in (PROPOSED, CONFIRMED):
        raise Conflict("star-decided", "this star is decided already", state=case.state)
    body = _noted(case, "decline", operator_id, reason, now)
    changed = replace(case, state=DECLINED, due_at=NO_DEADLINE, body=body)
    return operator_view(cases.replace_case(case, changed))


def _noted(case: Case, what: str, by: str, why: str, now: datetime) -> dict[str, Any]:
    said = {"what": what, "by": by, "why": why, "at": to_text(now)}
    return {**case.body, "decisions": [*case.body["decisions"], said]}


def revoked(case: Case, by: str, why: str, now: datetime) -> Case:
    """Return the case of a star after it was revoked."""
    return replace(case, state=REVOKED, due_at=NO_DEADLINE, body=_noted(case, "revoke", by, why, now))


def _tell_won(case: Case, now: datetime) -> None:
    if case.state == PUBLISHED:
        add_message(case.body["account_id"], f"star-won-{case.case_id}", "star-won", message_facts(case), now)


def message_facts(case: Case) -> dict[str, Any]:
    """Return what messages about a star are made of."""
    return {
        "star_id": case.case_id,
        "title": current_profile().boards.star_title,
        "place_name": case.body["community"]["name"],
        "period": case.body["period"],
        "reason": case.body["reason"],
    }


def list_stars(state: str, limit: int, cursor: str | None) -> Page:
    """Return a page of the stars in one state for operators, the most urgent first."""
    page = cases.list_cases(KIND, state, limit, cursor)
    return Page([_operator_fields(item) for item in page.items], page.cursor)


def honour_board(community_id: str, limit: int, cursor: str | None) -> Page:
    """Return a page of a community's published stars, newest first, revoked ones with the reason."""
    get_community(community_id)
    page = cases.list_cases_of(community_id, KIND, limit, cursor)
    found = [item for item in page.items if item["state"] in PUBLIC]
    return Page(public_views(found), page.cursor)


def public_views(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return stars as anybody sees them."""
    found = list(items)
    chosen = find_participations(item["account_id"] for item in found)
    return [_public(item, chosen.get(item["account_id"])) for item in found]


def _public(item: Mapping[str, Any], mine: Participation | None) -> dict[str, Any]:
    is_shown = mine is not None and mine.is_shown
    revocation = next((said for said in item["decisions"] if said["what"] == "revoke"), None)
    published_at = [said["at"] for said in item["decisions"] if said["what"] == "confirm"][-1]
    return {
        "star_id": item["case_id"],
        "title": current_profile().boards.star_title,
        "state": item["state"],
        "community": item["community"],
        **{name: item[name] for name in _FIELDS if name != "objections_open"},
        "nickname": mine.nickname if mine is not None and is_shown else None,
        "published_at": published_at,
        "objections_until": item["due_at"],
        "revoked_at": revocation["at"] if revocation else None,
        "revoked_why": revocation["why"] if revocation else None,
    }


def operator_view(case: Case) -> dict[str, Any]:
    """Return a star as operators see it."""
    return _operator_fields(cases.case_fields(case))


def _operator_fields(item: Mapping[str, Any]) -> dict[str, Any]:
    names = ("state", "opened_at", "due_at", "account_id", "community", "decisions", *_FIELDS)
    return {"star_id": item["case_id"], **{name: item[name] for name in names}}
