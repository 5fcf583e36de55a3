"""Owns charges that somebody looks at before they count: opened with the hold, decided by an operator or let go.

Must not refuse anything silently: the till was told that and why the charge waits, the points are held, not taken.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.domain.accounts import Booking, post_hold, void_hold
from chalicelib.domain.charges import IN_REVIEW, Charge, cancelled, released
from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict
from chalicelib.profiles import current_profile
from chalicelib.services.charge_views import charge_view, reviewed
from chalicelib.services.failures import attempted
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.store import cases
from chalicelib.store import charges as store
from chalicelib.store.accounts import account_key, add_booking, parse_account
from chalicelib.store.client import batch_get
from chalicelib.store.transactions import Transaction

KIND = "hold-review"
OPEN, RELEASED, CANCELLED = "open", "released", "cancelled"


def add_review(tx: Transaction, charge: Charge) -> None:
    """Open the case of a charge in review, in the transaction that holds its points."""
    assert charge.state == IN_REVIEW and charge.due_at is not None
    body = reviewed(charge)
    subject = charge.merchant_id
    case = cases.Case(
        _case_id(charge.redemption_id), KIND, OPEN, subject, charge.taken_at, charge.due_at, body
    )
    cases.add_new_case(tx, case)


def list_reviews(state: str, limit: int, cursor: str | None) -> Page:
    """Return a page of the reviews in one state, the most urgent first."""
    return cases.list_cases(KIND, state, limit, cursor)


def release_charge(redemption_id: str, operator_id: str, reason: str, now: datetime) -> dict[str, Any]:
    """Let a charge through: its held points are burnt, the grams pass to the merchant. Released already: `_hit`."""
    return _decided(redemption_id, RELEASED, operator_id, reason, now)


def cancel_charge(redemption_id: str, operator_id: str, reason: str, now: datetime) -> dict[str, Any]:
    """Do not let a charge through: its points go back to their lots. Cancelled already: `_hit`."""
    return _decided(redemption_id, CANCELLED, operator_id, reason, now)


def _decided(redemption_id: str, state: str, decided_by: str, reason: str, now: datetime) -> dict[str, Any]:
    case = cases.get_case(_case_id(redemption_id), KIND)
    if case.state == state:
        known = store.find_charge(redemption_id)
        assert known is not None, "a review is of a charge"
        return {**charge_view(known), "_hit": True}
    decide = partial(_decide_once, redemption_id, case.body["account_id"], state, decided_by, reason, now)
    return charge_view(repeat_on_conflict(decide))


def _decide_once(
    redemption_id: str, account_id: str, state: str, decided_by: str, reason: str, now: datetime
) -> Charge:
    charge, booking = load_charge(redemption_id, account_id)
    if state == RELEASED:
        changed = released(charge)
        facts = {**_facts(charge, reason), "staff_id": charge.staff_id, "store_id": charge.store_id}
        facts |= {
            "bill_fen": charge.bill_fen,
            "fen": charge.fen,
            "charge_id": charge.charge_id,
            "via": charge.via,
        }
        after = post_hold(booking, charge.draws, charge.merchant_id, facts, now)
    else:
        changed = cancelled(charge, reason, now)
        after = give_back(booking, charge, reason, now)
    tx = Transaction()
    add_booking(tx, booking.account, after)
    store.add_charge_change(tx, charge, changed)
    add_decision(tx, charge, state, decided_by, reason, now)
    tx.commit()
    return changed


def give_back(booking: Booking, charge: Charge, reason: str, now: datetime) -> Booking:
    """Return the account with the held points of a charge in review back in their lots."""
    profile = current_profile()
    today = local_day(now, profile.tz)
    facts = _facts(charge, reason)
    return void_hold(booking, charge.draws, facts, today, profile.grace_days, now, left_at=charge.left_at)


def add_decision(
    tx: Transaction, charge: Charge, state: str, decided_by: str, reason: str, now: datetime
) -> None:
    """Close the case of a charge in review, in the transaction that resolves its hold."""
    read = cases.get_case(_case_id(charge.redemption_id), KIND)
    decision = {"decided_by": decided_by, "decided_at": to_text(now), "decision_reason": reason}
    changed = replace(read, state=state, due_at=cases.NO_DEADLINE, body={**read.body, **decision})
    cases.add_replacement(tx, read, changed)


def load_charge(redemption_id: str, account_id: str) -> tuple[Charge, Booking]:
    """Return a charge that exists and its account, in one round trip."""
    found = dict(batch_get([store.charge_key(redemption_id), account_key(account_id)]))
    charge = store.parse_charge_item(found[store.charge_key("")[0]])
    return charge, Booking(parse_account(found[account_key("")[0]]))


def release_overdue_reviews(now: datetime, should_stop: Callable[[], bool]) -> tuple[int, int, bool]:
    """Cancel every review that nobody decided in time; return how many, how many failed, whether all were seen."""
    done = failed = 0
    for charge in store.due_reviews(now):
        if should_stop():
            return done, failed, False
        outcome = attempted(partial(_let_go, charge, now))
        done, failed = done + (outcome is True), failed + (outcome is None)
    return done, failed, True


def _let_go(charge: Charge, now: datetime) -> bool:
    try:
        _decided(charge.redemption_id, CANCELLED, "system", "deadline", now)
    except Conflict:
        return False
    return True


def _facts(charge: Charge, reason: str) -> dict[str, Any]:
    return {"reason": reason, "redemption_id": charge.redemption_id}


def _case_id(redemption_id: str) -> str:
    return f"review-{redemption_id}"
