"""Owns the freezing of a resident's points by an operator: nothing is spent until they are let go; earning goes on.

Must not move anything: the mark stands in the account beside its lots and is read with them at every spend. Whoever is
frozen is off the boards at once, and back on them when let go.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.days import to_text
from chalicelib.domain.scores import bumped
from chalicelib.errors import Conflict
from chalicelib.profiles import current_profile
from chalicelib.services.board_building import take_off
from chalicelib.services.consents import check_not_closed
from chalicelib.services.spending import load, repeat_on_conflict
from chalicelib.services.standings import project_resident
from chalicelib.store import cases
from chalicelib.store.accounts import add_booking
from chalicelib.store.participations import get_participation
from chalicelib.store.people import get_person
from chalicelib.store.sheets import add_settled_check
from chalicelib.store.transactions import Transaction

KIND = "freeze"
FROZEN, FREE = "frozen", "free"


def freeze(account_id: str, operator_id: str, reason: str, now: datetime) -> dict[str, Any]:
    """Freeze a resident's points; frozen already: `_hit`. Conflict `account-empty` when there is nothing to freeze."""
    return repeat_on_conflict(lambda: _set(account_id, to_text(now), operator_id, reason, now))


def unfreeze(account_id: str, operator_id: str, reason: str, now: datetime) -> dict[str, Any]:
    """Let a resident's points go; free already: `_hit`. Refused `account-closed`: closing is for good."""
    check_not_closed(get_person(account_id))
    return repeat_on_conflict(lambda: _set(account_id, None, operator_id, reason, now))


def _set(account_id: str, at: str | None, operator_id: str, reason: str, now: datetime) -> dict[str, Any]:
    profile = current_profile()
    loaded = load(account_id, profile, now)
    frozen_at = loaded.account.till.frozen_at
    if (frozen_at is None) == (at is None):
        return {**_view(account_id, frozen_at), "_hit": True}
    booking = loaded.settled(profile, now)
    if booking.account.seq == 0:
        raise Conflict("account-empty", "nothing was ever recorded for this resident")
    marks = replace(booking.account.till, frozen_at=at)
    tx = Transaction()
    # Boards do not show a frozen resident: they hear of it by this write.
    account = replace(booking.account, till=marks, scores=bumped(booking.account.scores))
    add_booking(tx, loaded.account, replace(booking, account=account))
    for sheet in loaded.unsettled_sheets():
        add_settled_check(tx, sheet)
    cases.add_new_case(tx, _case(account_id, at, operator_id, reason, now))
    tx.commit()
    project_resident(account_id, now)
    mine = get_participation(account_id)
    if at is not None and mine.is_shown:
        take_off(account_id, mine.community_id, now)
    return _view(account_id, at)


def _case(account_id: str, at: str | None, operator_id: str, reason: str, now: datetime) -> cases.Case:
    """Return what is kept of who froze whom and why; there is nothing to decide about it, it is closed at once."""
    opened_at = to_text(now)
    state = FREE if at is None else FROZEN
    body = {"operator_id": operator_id, "reason": reason}
    case_id = f"freeze-{account_id}-{opened_at}-{state}"
    return cases.Case(case_id, KIND, state, account_id, opened_at, cases.NO_DEADLINE, body)


def _view(account_id: str, frozen_at: str | None) -> dict[str, Any]:
    return {"account_id": account_id, "frozen_at": frozen_at}
