"""Owns what happens at the till: looking at a voucher, redeeming it, taking a redemption back.

Must not let anyone learn more than the till needs. Redeeming is two round trips: one batched read, one transaction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain.accounts import Booking, hold_points, post_hold, refund_post
from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.refunds import Refund, known_refund
from chalicelib.domain.till_marks import check_not_frozen
from chalicelib.domain.vouchers import POSTED, REFUNDED, TIMED_OUT, Staff, Voucher, redeemed, refunded
from chalicelib.errors import Conflict, InvalidInput, NotFound, Refused
from chalicelib.profiles import current_profile
from chalicelib.services.merchants import check_redeemable
from chalicelib.services.spending import load, repeat_on_conflict
from chalicelib.services.vouchers import voucher_view
from chalicelib.store import vouchers as store
from chalicelib.store.accounts import account_key, add_booking, parse_account
from chalicelib.store.catalogue import cached_document, document_key, parse_document
from chalicelib.store.client import batch_get, find_item
from chalicelib.store.sheets import add_settled_check
from chalicelib.store.transactions import Transaction

WHOLE = "whole"


def preview_voucher(staff: Staff, token: str, store_id: str, now: datetime) -> dict[str, Any]:
    """Return what redeeming `token` at `store_id` would give, moving nothing; refusals as in `redeem_voucher`."""
    loaded = _load(_read_token(token), store_id)
    voucher = loaded.voucher
    try:
        redeemed(voucher, staff, store_id, scan_id="", now=now)
    except Conflict as error:
        raise _with_place(error, voucher) from None
    check_redeemable(voucher.offer, loaded.merchant, loaded.store, now)
    return voucher_view(voucher, now)


def redeem_voucher(staff: Staff, token: str, store_id: str, scan_id: str, now: datetime) -> dict[str, Any]:
    """Spend a voucher: points burnt, grams to the merchant, at once; `scan_id` is made by the till.

    The same scan again: the same answer (`_hit`). Another scan of a spent voucher: Conflict `voucher-already-redeemed`
    with time and place of the first. Refused `voucher-forged`, `voucher-expired`, `voucher-wrong-store`, and as
    `services.merchants.check_redeemable`; Forbidden `voucher-of-other-merchant`.
    """
    claims = _read_token(token)
    return repeat_on_conflict(lambda: _redeem_once(staff, claims, store_id, scan_id, now, None))


@dataclass(frozen=True, slots=True)
class Offline:
    """A scan without a network: when it was, whether it came in time to keep its deadline, what counts its points."""

    scanned_at: datetime
    is_in_time: bool
    count: Callable[[int, Transaction], None]


def redeem_scanned(
    staff: Staff, token: str, store_id: str, scan_id: str, now: datetime, offline: Offline
) -> dict[str, Any]:
    """Spend a voucher that was scanned offline, as of now; refusals as in `redeem_voucher`, and those of its count.

    A deadline that passed since the scan is kept when the scan came in time: points that went back to the resident
    meanwhile are taken again (Refused `points-insufficient` when they are spent).
    """
    claims = _read_token(token)
    return repeat_on_conflict(lambda: _redeem_once(staff, claims, store_id, scan_id, now, offline))


def scanned_voucher(token: str) -> Voucher | None:
    """Return the voucher behind a scanned text; None when it is forged or of nothing."""
    try:
        return store.find_voucher(_read_token(token)["rid"])
    except (InvalidInput, Refused):
        return None


def _redeem_once(
    staff: Staff,
    claims: Mapping[str, Any],
    store_id: str,
    scan_id: str,
    now: datetime,
    offline: Offline | None,
) -> dict[str, Any]:
    loaded = _load(claims, store_id)
    voucher, booking = loaded.voucher, loaded.booking
    is_same_scan = (voucher.scan_id, voucher.staff_id, voucher.store_id) == (
        scan_id,
        staff.staff_id,
        store_id,
    )
    if voucher.state in (POSTED, REFUNDED) and is_same_scan:
        as_spent = replace(voucher, state=POSTED, reason=None, refunds=())
        return {**voucher_view(as_spent, now), "_hit": True}
    kept_at = offline.scanned_at if offline is not None and offline.is_in_time else None
    try:
        spent = redeemed(voucher, staff, store_id, scan_id, now, kept_at)
    except Conflict as error:
        raise _with_place(error, voucher) from None
    check_redeemable(voucher.offer, loaded.merchant, loaded.store, kept_at or now)
    check_not_frozen(booking.account.till)
    tx = Transaction()
    facts: dict[str, Any] = {
        "fen": spent.settled_fen,
        "offer_id": voucher.offer_id,
        "redemption_id": voucher.redemption_id,
        "staff_id": staff.staff_id,
        "store_id": store_id,
    }
    base = booking
    if offline is not None:
        facts["scanned_at"] = to_text(offline.scanned_at)
        offline.count(voucher.points, tx)
        if voucher.state == TIMED_OUT:
            base, booking, spent = _held_again(tx, spent, now)
    posted = post_hold(booking, spent.draws, voucher.offer["merchant_id"], facts, now)
    _commit(tx, base, posted, voucher, spent)
    return voucher_view(spent, now)


def _held_again(tx: Transaction, spent: Voucher, now: datetime) -> tuple[Booking, Booking, Voucher]:
    """Return the account as stored and with the voucher's points held again, and the voucher with its new draws."""
    profile = current_profile()
    loaded = load(spent.account_id, profile, now)
    facts = {"offer_id": spent.offer_id, "redemption_id": spent.redemption_id}
    today = local_day(now, profile.tz)
    booking, draws = hold_points(loaded.settled(profile, now), spent.points, facts, today, now)
    for sheet in loaded.unsettled_sheets():
        add_settled_check(tx, sheet)
    return loaded.booking(), booking, replace(spent, draws=draws, left_at=booking.account.seq)


def refund_voucher(
    staff: Staff, redemption_id: str, reason: str, now: datetime, refund_id: str = WHOLE, points: int = 0
) -> dict[str, Any]:
    """Take a redemption back, whole or `points` of it, to the lots they came from; grams come back in proportion.

    The same refund id again: the same answer (`_hit`). NotFound `voucher-unknown`, Forbidden
    `voucher-of-other-merchant`, Conflict `voucher-not-redeemed`, Refused `refund-too-late`, `refund-above-charge`.
    """
    if points and refund_id == WHOLE:
        raise InvalidInput.at("/refund_id", "is needed for a part")
    wanted = Refund(refund_id, points, 0, "", staff.staff_id, reason)
    return repeat_on_conflict(lambda: _refund_once(staff, redemption_id, wanted, now))


def _refund_once(staff: Staff, redemption_id: str, wanted: Refund, now: datetime) -> dict[str, Any]:
    known = store.find_voucher(redemption_id)
    if known is None:
        raise NotFound("voucher-unknown", "there is no such voucher")
    loaded = _load({"rid": redemption_id, "acc": known.account_id, "mer": staff.merchant_id}, None)
    voucher, booking = loaded.voucher, loaded.booking
    is_own = voucher.offer["merchant_id"] == staff.merchant_id
    is_whole_again = wanted.refund_id == WHOLE and voucher.state == REFUNDED
    if is_own and (is_whole_again or known_refund(voucher.refunds, wanted) is not None):
        return {**voucher_view(voucher, now), "_hit": True}
    profile = current_profile()
    taken_back, back = refunded(voucher, staff, wanted, profile.refund_days, now)
    facts = {
        "fen": taken_back.refunds[-1].fen,
        "offer_id": voucher.offer_id,
        "reason": wanted.reason,
        "redemption_id": redemption_id,
        "refund_id": wanted.refund_id,
        "staff_id": staff.staff_id,
        "store_id": voucher.store_id,
    }
    today = local_day(now, profile.tz)
    merchant_id = voucher.offer["merchant_id"]
    after = refund_post(
        booking, back, merchant_id, facts, today, profile.grace_days, now, left_at=voucher.left_at
    )
    _commit(Transaction(), booking, after, voucher, taken_back)
    return voucher_view(taken_back, now)


def _read_token(token: str) -> Mapping[str, Any]:
    from chalicelib.services.voucher_tokens import read_token

    return read_token(token)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What the till needs to know; merchant and store are None where there is no such document."""

    voucher: Voucher
    booking: Booking
    merchant: dict[str, Any] | None
    store: dict[str, Any] | None


def _load(claims: Mapping[str, Any], store_id: str | None) -> _Loaded:
    """Read voucher, account, merchant and store in one round trip; NotFound `voucher-unknown`."""
    voucher_key, own_key = store.voucher_key(claims["rid"]), account_key(claims["acc"])
    place_keys = [document_key("merchant", claims["mer"])]
    place_keys += [document_key("store", store_id)] if store_id else []
    found = batch_get([voucher_key, own_key, *place_keys])
    voucher_item, account_item = find_item(found, voucher_key), find_item(found, own_key)
    if voucher_item is None:
        raise NotFound("voucher-unknown", "there is no such voucher")
    assert account_item is not None, "who holds a voucher has an account"
    voucher = store.parse_voucher_item(voucher_item)
    assert voucher.account_id == claims["acc"], "a signed code names its own account"
    places = [parse_document(item) if item else None for item in (find_item(found, k) for k in place_keys)]
    merchant, shop = (*places, None)[:2]
    return _Loaded(voucher, Booking(parse_account(account_item)), merchant, shop)


def _commit(tx: Transaction, before: Booking, after: Booking, voucher: Voucher, changed: Voucher) -> None:
    add_booking(tx, before.account, after)
    store.add_voucher_change(tx, voucher, changed)
    tx.commit()


def _with_place(error: Conflict, voucher: Voucher) -> Conflict:
    """Add the name of the store to a refusal of a second scan, so that a cashier can read it out."""
    if voucher.store_id is None:
        return error
    name = cached_document("store", voucher.store_id)["name"]
    return Conflict(error.code, error.detail, **error.facts, store_name=name)
