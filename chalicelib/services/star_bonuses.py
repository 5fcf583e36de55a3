"""Owns what a published star brings and how it is lost: objections, the bonus after them, revocation.

Must not publish a star. Bonus and state of the star change in one transaction; an objection raises the version of the
star, so that a bonus is never booked past one that is open.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.domain.accounts import Booking
from chalicelib.domain.bonuses import grant_bonus, revoke_bonus
from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.lots import Lot
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict, Refused
from chalicelib.profiles import current_profile
from chalicelib.services import audiences
from chalicelib.services.failures import attempted
from chalicelib.services.messages import add_message
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.services.stars import (
    AWARDED,
    KIND,
    PUBLISHED,
    REVOKED,
    message_facts,
    operator_view,
    revoked,
)
from chalicelib.store import cases
from chalicelib.store.accounts import add_booking, find_account
from chalicelib.store.cases import NO_DEADLINE, Case
from chalicelib.store.transactions import Transaction

OBJECTION = "star-objection"
OPEN, DISMISSED, UPHELD = "open", "dismissed", "upheld"
_PAGE = 100


@dataclass(slots=True)
class Awarded:
    """What one run did. `is_complete` is False when it stopped at its deadline with work left."""

    stars: int = 0
    points: int = 0
    waiting: int = 0
    failed: int = 0
    is_complete: bool = False


def object_to(star_id: str, account_id: str, reason: str, now: datetime) -> dict[str, Any]:
    """Object to a published star, once; the same again: the same answer (`_hit`).

    NotFound `star-unknown`; Refused `objection-too-late` when the star is not open to objections.
    """
    return repeat_on_conflict(partial(_object_once, star_id, account_id, reason, now))


def _object_once(star_id: str, account_id: str, reason: str, now: datetime) -> dict[str, Any]:
    star = cases.get_case(star_id, KIND)
    objection_id = f"obj-{star_id}-{account_id}"
    known = cases.find_case(objection_id, OBJECTION)
    if known is not None:
        return {**objection_view(known), "_hit": True}
    if star.state != PUBLISHED or star.due_at <= to_text(now):
        raise Refused("objection-too-late", "this star is not open to objections", state=star.state)
    body = {"star_id": star_id, "by": account_id, "reason": reason, "decision": None}
    case = Case(objection_id, OBJECTION, OPEN, star_id, to_text(now), star.due_at, body)
    tx = Transaction()
    cases.add_new_case(tx, case)
    counted = {**star.body, "objections_open": star.body["objections_open"] + 1}
    _add_star(tx, star, replace(star, body=counted))
    tx.commit()
    return objection_view(case)


def list_objections(state: str, limit: int, cursor: str | None) -> Page:
    """Return a page of the objections in one state, the most urgent first."""
    page = cases.list_cases(OBJECTION, state, limit, cursor)
    return Page([_objection_fields(item) for item in page.items], page.cursor)


def decide_objection(
    objection_id: str, is_upheld: bool, operator_id: str, reason: str, now: datetime
) -> dict[str, Any]:
    """Dismiss an objection, or uphold it, which revokes the star. Decided so already: `_hit`.

    NotFound `star-objection-unknown`; Conflict `objection-decided`.
    """
    state = UPHELD if is_upheld else DISMISSED
    case = repeat_on_conflict(partial(_decide_once, objection_id, state, operator_id, reason, now))
    is_new = case.state == OPEN
    decided = cases.get_case(objection_id, OBJECTION)
    if state == UPHELD:
        revoke(decided.subject, operator_id, decided.body["decision"]["reason"], now)
    return {**objection_view(decided), "_hit": not is_new}


def _decide_once(objection_id: str, state: str, by: str, reason: str, now: datetime) -> Case:
    """Note the decision, unless it is noted; return the objection as it was before."""
    case = cases.get_case(objection_id, OBJECTION)
    if case.state == state:
        return case
    if case.state != OPEN:
        raise Conflict("objection-decided", "this objection has another answer", state=case.state)
    star = cases.get_case(case.subject, KIND)
    decision = {"by": by, "reason": reason, "at": to_text(now)}
    tx = Transaction()
    decided = replace(case, state=state, due_at=NO_DEADLINE, body={**case.body, "decision": decision})
    cases.add_replacement(tx, case, decided)
    if state == DISMISSED:
        left = {**star.body, "objections_open": star.body["objections_open"] - 1}
        _add_star(tx, star, replace(star, body=left))
    # Upheld, the objection stays counted: no bonus is booked before the star is revoked.
    tx.commit()
    return case


def _add_star(tx: Transaction, read: Case, changed: Case) -> None:
    cases.add_replacement(tx, read, changed)


def award_due(now: datetime, should_stop: Callable[[], bool]) -> Awarded:
    """Book the bonus of every published star whose time for objections is over, unless one is open."""
    result = Awarded()
    for star_id in _due_stars(now):
        if should_stop():
            return result
        points = attempted(partial(award, star_id, now))
        if points is None:
            result.failed += 1
        elif points < 0:
            result.waiting += 1
        else:
            result.stars += 1
            result.points += points
    result.is_complete = True
    return result


def _due_stars(now: datetime) -> list[str]:
    due: list[str] = []
    cursor: str | None = None
    while True:
        page = cases.list_cases(KIND, PUBLISHED, _PAGE, cursor)
        found = [item["case_id"] for item in page.items if item["due_at"] <= to_text(now)]
        due += found
        cursor = page.cursor
        if cursor is None or len(found) < len(page.items):
            return due


def award(star_id: str, now: datetime) -> int:
    """Book the bonus of one star and admit its resident to what winners see first; return the points, -1: it waits."""
    points = repeat_on_conflict(partial(_award_once, star_id, now))
    star = cases.get_case(star_id, KIND)
    if star.state == AWARDED:
        _admit(star, now)
    return points


def _award_once(star_id: str, now: datetime) -> int:
    star = cases.get_case(star_id, KIND)
    if star.state == AWARDED:
        return int(star.body["points"])
    account = find_account(star.body["account_id"])
    is_free = account is not None and account.till.frozen_at is None
    if star.state != PUBLISHED or star.body["objections_open"] or not is_free or star.due_at > to_text(now):
        return -1
    assert account is not None
    today = local_day(now, current_profile().tz)
    tx, body = Transaction(), star.body
    if body["points"]:
        lot = _lot(body["points"], today, body["valid_days"])
        add_booking(tx, account, grant_bonus(Booking(account), lot, _facts(star, body["reason"]), now))
        body = {**body, "expires_on": lot.expires_on.isoformat(), "vintage": lot.vintage}
    _add_star(tx, star, replace(star, state=AWARDED, due_at=NO_DEADLINE, body=body))
    tx.commit()
    return int(body["points"])


def _lot(points: int, today: date, valid_days: int) -> Lot:
    return Lot(today + timedelta(days=valid_days), today.year, points, 0)


def _facts(star: Case, reason: str) -> dict[str, Any]:
    return {"star_id": star.case_id, "reason": reason}


def _admit(star: Case, now: datetime) -> None:
    """Let the resident take offers that are kept for the winners of that period."""
    audience_id = f"stars-{star.body['period']}"
    title = f"{star.body['period']} {current_profile().boards.star_title}"
    audiences.make_audience(audience_id, title, "stars", now)
    audiences.admit(audience_id, [star.body["account_id"]])


def revoke(star_id: str, operator_id: str, reason: str, now: datetime) -> dict[str, Any]:
    """Take a published or awarded star back: what is left of the bonus by a reversing entry, the reason is published.

    Revoked already: `_hit`. NotFound `star-unknown`; Conflict `star-decided` for one that was never published.
    """
    is_new = repeat_on_conflict(partial(_revoke_once, star_id, operator_id, reason, now))
    star = cases.get_case(star_id, KIND)
    said = next(one for one in star.body["decisions"] if one["what"] == "revoke")
    facts = {**message_facts(star), "reason": said["why"]}
    add_message(star.body["account_id"], f"star-revoked-{star_id}", "star-revoked", facts, now)
    return {**operator_view(star), "_hit": not is_new}


def _revoke_once(star_id: str, operator_id: str, reason: str, now: datetime) -> bool:
    star = cases.get_case(star_id, KIND)
    if star.state == REVOKED:
        return False
    if star.state not in (PUBLISHED, AWARDED):
        raise Conflict("star-decided", "only a published star can be revoked", state=star.state)
    tx = Transaction()
    if "expires_on" in star.body:
        account = find_account(star.body["account_id"])
        assert account is not None, "a bonus was booked on an account"
        expires_on = date.fromisoformat(star.body["expires_on"])
        lot = Lot(expires_on, star.body["vintage"], star.body["points"], 0)
        today = local_day(now, current_profile().tz)
        add_booking(tx, account, revoke_bonus(Booking(account), lot, _facts(star, reason), today, now))
    _add_star(tx, star, revoked(star, operator_id, reason, now))
    tx.commit()
    return True


def objection_view(case: Case) -> dict[str, Any]:
    """Return an objection as the one who made it and operators see it."""
    return _objection_fields(cases.case_fields(case))


def _objection_fields(item: dict[str, Any]) -> dict[str, Any]:
    names = ("star_id", "state", "opened_at", "due_at", "reason", "decision")
    return {"objection_id": item["case_id"], **{name: item[name] for name in names}}
