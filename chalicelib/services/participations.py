"""Owns a resident's part in the boards: choosing a community, agreeing to be shown under a nickname, leaving.

Must not rank. Whoever leaves is off every board before the answer goes out: consent, choice and row change in one
transaction, the pages right after it, and nothing older can bring the row back.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from chalicelib.domain.days import local_day
from chalicelib.domain.nicknames import fault_of
from chalicelib.domain.participation import (
    Participation,
    changeable_on,
    is_under_age,
    with_community,
)
from chalicelib.errors import InvalidInput, NotFound, Refused
from chalicelib.profiles import current_profile
from chalicelib.profiles.words import blocked_words
from chalicelib.services import board_building
from chalicelib.services.communities import get_community
from chalicelib.services.consents import BOARDS, given_anew
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.services.standings import note_changed, project_resident
from chalicelib.store import people, standings
from chalicelib.store.accounts import find_account
from chalicelib.store.participations import add_participation, get_participation
from chalicelib.store.transactions import Transaction

Along = Callable[[Transaction], None]


def choose_community(account_id: str, community_id: str, now: datetime) -> dict[str, Any]:
    """Choose a community, at most once a month; the same again is no change (`_hit`). What was saved stays behind.

    NotFound `community-unknown`; Refused `community-chosen-lately`.
    """
    get_community(community_id)
    is_hit, left = repeat_on_conflict(lambda: _chosen(account_id, community_id, now))
    if left:
        board_building.take_off(account_id, left, now)
    project_resident(account_id, now)
    return {**shown(account_id), "_hit": is_hit}


def _chosen(account_id: str, community_id: str, now: datetime) -> tuple[bool, str]:
    """Store the choice; return whether it stood already, and the community that was left."""
    profile, mine = current_profile(), get_participation(account_id)
    if mine.community_id == community_id:
        return True, ""
    account = find_account(account_id)
    by_period = account.scores.by_period if account is not None else {}
    grams = {period: score.grams_co2e for period, score in by_period.items()}
    today, days = local_day(now, profile.tz), profile.boards.community_change_days
    tx = Transaction()
    stored = add_participation(tx, with_community(mine, community_id, grams, today, days))
    if mine.community_id:
        standings.add_removal(tx, mine.community_id, account_id, stored.version)
    tx.commit()
    return False, mine.community_id


def join(account_id: str, nickname: str, birth_year: int, text_version: str, now: datetime) -> dict[str, Any]:
    """Agree to be shown under a nickname; the same again is no change (`_hit`). Of the birth year nothing is kept.

    InvalidInput at `/nickname` or `/birth_year`; Conflict `consent-text-changed`, `changed-meanwhile`; Refused
    `boards-under-age`, `account-closed`.
    """
    today = local_day(now, current_profile().tz)
    fault = fault_of(nickname, blocked_words())
    if fault is not None:
        raise InvalidInput.at("/nickname", fault)
    if not today.year - 120 <= birth_year <= today.year:
        raise InvalidInput.at("/birth_year", "nobody who can read this was born then")
    mine = get_participation(account_id)
    person = people.get_person(account_id)
    change = given_anew(person, BOARDS, text_version, now)
    if is_under_age(mine, birth_year, today):
        _note_under_age(mine, today)
        raise Refused("boards-under-age", "under the age of 14 nobody is shown on boards")
    if change is None and (mine.is_on, mine.nickname) == (True, nickname):
        project_resident(account_id, now)
        return {**shown(account_id), "_hit": True}
    chosen = replace(mine, nickname=nickname, is_on=True, under_age_on="")
    consents = person.consents | ({BOARDS: change} if change else {})
    history = {"purpose": BOARDS, **change} if change else None

    def along(tx: Transaction) -> None:
        add_participation(tx, chosen)

    people.save_person(
        replace(person, consents=consents), consent_changes=[history] if history else [], along=along
    )
    if mine.is_shown and mine.nickname != nickname:
        board_building.take_off(account_id, mine.community_id, now)
    project_resident(account_id, now)
    return shown(account_id)


def _note_under_age(mine: Participation, today: date) -> None:
    if mine.under_age_on[:4] != f"{today.year}":
        tx = Transaction()
        add_participation(tx, replace(mine, under_age_on=today.isoformat()))
        repeat_on_conflict(tx.commit)


def leaving(account_id: str) -> tuple[Along, Callable[[datetime], None]]:
    """Return what joins the transaction of a withdrawal, and what takes the resident off the pages right after it."""
    mine = get_participation(account_id)

    def along(tx: Transaction) -> None:
        if mine.version:
            stored = add_participation(tx, replace(mine, is_on=False, nickname=""))
            if mine.community_id:
                standings.add_removal(tx, mine.community_id, account_id, stored.version)

    def afterwards(now: datetime) -> None:
        if mine.community_id:
            board_building.take_off(account_id, mine.community_id, now)
            note_changed([mine.community_id], now)

    return along, afterwards


def shown(account_id: str) -> dict[str, Any]:
    """Return what a resident has chosen about boards, as they see it."""
    mine, profile = get_participation(account_id), current_profile()
    free_on = changeable_on(mine, profile.boards.community_change_days)
    return {
        "community": community_or_none(mine),
        "changeable_on": free_on.isoformat() if free_on else None,
        "nickname": mine.nickname or None,
        "is_on": mine.is_on,
        "is_under_age": bool(mine.under_age_on),
        "text_version": profile.consents[BOARDS]["version"],
    }


def community_or_none(mine: Participation) -> dict[str, Any] | None:
    """Return the community of a resident; None when none is chosen, or it is not published any more."""
    try:
        return get_community(mine.community_id) if mine.community_id else None
    except NotFound:
        return None
