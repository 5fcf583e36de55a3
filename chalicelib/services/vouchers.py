"""Owns vouchers for residents: taking one, looking at it, giving it back, and letting go of it at its deadline.

Must not redeem: `services.tills` does. Every change is one batched read and one transaction.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.accounts import hold_points, void_hold
from chalicelib.domain.days import from_text, local_day
from chalicelib.domain.offers import snapshot
from chalicelib.domain.pages import Page
from chalicelib.domain.till_marks import check_not_frozen
from chalicelib.domain.vouchers import (
    OPEN,
    TIMED_OUT,
    VOIDED,
    Voucher,
    closed_unspent,
    effective_state,
    issue_voucher,
)
from chalicelib.errors import Conflict, InvalidInput, NotFound
from chalicelib.profiles import current_profile
from chalicelib.services.spending import load, repeat_on_conflict
from chalicelib.services.taking import add_giving_back, add_taking, check_taking, keys_of_offer
from chalicelib.store import vouchers as store
from chalicelib.store.accounts import add_booking
from chalicelib.store.closed_vouchers import add_closed
from chalicelib.store.sheets import add_settled_check
from chalicelib.store.transactions import Transaction

_OF_OFFER = (
    *("id", "title", "scenario", "merchant_id", "store_ids", "kind", "terms", "valid_hours"),
    *("amount_off_fen", "bill_min_fen", "top_up_fen"),
)


def take_voucher(account_id: str, redemption_id: str, offer_id: str, now: datetime) -> dict[str, Any]:
    """Hold the offer's points and take one from its stock; `redemption_id` is made by the client.

    The same id and offer again: the same voucher (`_hit`); another offer: Conflict `idempotency-key-reused`. Refused
    `points-insufficient`, and as `services.taking.check_taking`; NotFound `offer-unknown`.
    """
    return repeat_on_conflict(lambda: _take_once(account_id, redemption_id, offer_id, now))


def _take_once(account_id: str, redemption_id: str, offer_id: str, now: datetime) -> dict[str, Any]:
    profile = current_profile()
    today = local_day(now, profile.tz)
    voucher_key = store.voucher_key(redemption_id)
    loaded = load(account_id, profile, now, [voucher_key, *keys_of_offer(offer_id, account_id)])
    known = loaded.find(voucher_key)
    if known is not None:
        return _taken_before(store.parse_voucher_item(known), account_id, offer_id)
    taking = check_taking(loaded, offer_id, account_id, now, today)
    offer = taking.offer
    check_not_frozen(loaded.account.till)
    facts = {"offer_id": offer_id, "redemption_id": redemption_id}
    booking, draws = hold_points(loaded.settled(profile, now), offer["points"], facts, today, now)
    tx = Transaction()
    counted = add_taking(tx, taking)
    voucher = issue_voucher(redemption_id, account_id, snapshot(offer), draws, profile.voucher_days, now)
    voucher = replace(voucher, facts={"counted": counted}, left_at=booking.account.seq)
    add_booking(tx, loaded.account, booking)
    for sheet in loaded.unsettled_sheets():
        add_settled_check(tx, sheet)
    store.add_new_voucher(tx, voucher)
    tx.commit()
    return voucher_view(voucher, now)


def _taken_before(voucher: Voucher, account_id: str, offer_id: str) -> dict[str, Any]:
    if voucher.account_id != account_id or voucher.offer_id != offer_id:
        raise Conflict("idempotency-key-reused", "this redemption id was used for something else")
    as_taken = replace(voucher, state=OPEN, closed_at=None, store_id=None, reason=None, refunds=())
    return {**voucher_view(as_taken, from_text(voucher.taken_at)), "_hit": True}


def get_voucher(account_id: str, redemption_id: str, now: datetime) -> dict[str, Any]:
    """Return a resident's voucher; NotFound `voucher-unknown`, also for somebody else's."""
    return voucher_view(_own_voucher(account_id, redemption_id), now)


def list_vouchers(account_id: str, limit: int, cursor: str | None, now: datetime) -> Page:
    """Return a resident's vouchers, newest first; `cursor` is `taken_at redemption_id` of the last one seen."""
    taken_at, _, redemption_id = (cursor or "").partition(" ")
    if cursor and not redemption_id:
        raise InvalidInput.at("/cursor", "is not a cursor of this list")
    found = store.list_vouchers(account_id, (taken_at, redemption_id) if cursor else None, limit)
    items = [voucher_view(voucher, now) for voucher in found]
    last = f"{found[-1].taken_at} {found[-1].redemption_id}" if len(found) == limit else None
    return Page(items, last)


def voucher_token(account_id: str, redemption_id: str, now: datetime) -> str:
    """Return the signed text for the QR of an open voucher; Conflict `voucher-not-open`."""
    from chalicelib.services.voucher_tokens import issue_token

    voucher = _own_voucher(account_id, redemption_id)
    state = effective_state(voucher, now)
    if state != OPEN:
        raise Conflict("voucher-not-open", f"this voucher is {state}", state=state)
    return issue_token(voucher)


def void_voucher(account_id: str, redemption_id: str, now: datetime) -> dict[str, Any]:
    """Give an unspent voucher back: its points return to their lots. Voided already: the same answer (`_hit`)."""
    voucher = _own_voucher(account_id, redemption_id)
    if voucher.state == VOIDED:
        return {**voucher_view(voucher, now), "_hit": True}
    try:
        return voucher_view(close_unspent(voucher, VOIDED, "by-resident", now), now)
    except Conflict:
        again = _own_voucher(account_id, redemption_id)
        if again.state != VOIDED:
            raise
        return {**voucher_view(again, now), "_hit": True}


def close_unspent(voucher: Voucher, state: str, reason: str, now: datetime) -> Voucher:
    """Void or time out a voucher and return its points and stock; Conflict `voucher-not-open` unless it is open."""
    return repeat_on_conflict(lambda: _close_once(voucher, state, reason, now))


def _close_once(known: Voucher, state: str, reason: str, now: datetime) -> Voucher:
    profile = current_profile()
    today = local_day(now, profile.tz)
    key = store.voucher_key(known.redemption_id)
    others = [key, *keys_of_offer(known.offer_id, known.account_id)]
    loaded = load(known.account_id, profile, now, others)
    stored = loaded.find(key)
    assert stored is not None, "vouchers are never deleted"
    voucher = store.parse_voucher_item(stored)
    closed = closed_unspent(voucher, state, reason, now)
    facts = {"reason": reason, "redemption_id": voucher.redemption_id}
    booking = void_hold(
        loaded.booking(), voucher.draws, facts, today, profile.grace_days, now, left_at=voucher.left_at
    )
    tx = Transaction()
    add_booking(tx, loaded.account, booking)
    store.add_voucher_change(tx, voucher, closed)
    if state == VOIDED:
        add_closed(tx, voucher.offer["merchant_id"], voucher.redemption_id, now)
    add_giving_back(tx, loaded, voucher)
    tx.commit()
    return closed


def _own_voucher(account_id: str, redemption_id: str) -> Voucher:
    voucher = store.find_voucher(redemption_id)
    if voucher is None or voucher.account_id != account_id:
        raise NotFound("voucher-unknown", "you have no such voucher")
    return voucher


def voucher_view(voucher: Voucher, now: datetime) -> dict[str, Any]:
    """Return a voucher as its resident and the till see it; an open one past its deadline shows as timed out."""
    state = effective_state(voucher, now)
    return {
        "redemption_id": voucher.redemption_id,
        "state": state,
        "offer": {name: voucher.offer[name] for name in _OF_OFFER if name in voucher.offer},
        "points": voucher.points,
        "grams_co2e": voucher.grams_co2e,
        "points_refunded": voucher.points_refunded,
        "taken_at": voucher.taken_at,
        "due_at": voucher.due_at,
        "closed_at": voucher.due_at
        if state == TIMED_OUT and voucher.closed_at is None
        else voucher.closed_at,
        "store_id": voucher.store_id,
        "reason": voucher.reason,
    }
