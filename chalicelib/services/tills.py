"""Owns what happens at the till: looking at a voucher, redeeming it, taking a redemption back.

Must not let anyone learn more than the till needs. Redeeming is two round trips: one batched read, one transaction.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.accounts import Booking, post_hold, refund_post
from chalicelib.domain.days import local_day
from chalicelib.domain.vouchers import POSTED, REFUNDED, Staff, Voucher, redeemed, refunded
from chalicelib.errors import Conflict, NotFound
from chalicelib.profiles import current_profile
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.services.vouchers import voucher_view
from chalicelib.store import vouchers as store
from chalicelib.store.accounts import account_key, add_booking, parse_account
from chalicelib.store.catalogue import cached_document
from chalicelib.store.client import batch_get
from chalicelib.store.transactions import Transaction


def preview_voucher(staff: Staff, token: str, store_id: str, now: datetime) -> dict[str, Any]:
    """Return what redeeming `token` at `store_id` would give, moving nothing; refusals as in `redeem_voucher`."""
    voucher, _ = _load(_read_token(token))
    try:
        redeemed(voucher, staff, store_id, scan_id="", now=now)
    except Conflict as error:
        raise _with_place(error, voucher) from None
    return voucher_view(voucher, now)


def redeem_voucher(staff: Staff, token: str, store_id: str, scan_id: str, now: datetime) -> dict[str, Any]:
    """Spend a voucher: points burnt, grams to the merchant, at once; `scan_id` is made by the till.

    The same scan again: the same answer (`_hit`). Another scan of a spent voucher: Conflict `voucher-already-redeemed`
    with time and place of the first. Refused `voucher-forged`, `voucher-expired`, `voucher-wrong-store`; Forbidden
    `voucher-of-other-merchant`.
    """
    claims = _read_token(token)
    return repeat_on_conflict(lambda: _redeem_once(staff, claims, store_id, scan_id, now))


def _redeem_once(
    staff: Staff, claims: Mapping[str, Any], store_id: str, scan_id: str, now: datetime
) -> dict[str, Any]:
    voucher, booking = _load(claims)
    is_same_scan = (voucher.scan_id, voucher.staff_id, voucher.store_id) == (
        scan_id,
        staff.staff_id,
        store_id,
    )
    if voucher.state in (POSTED, REFUNDED) and is_same_scan:
        return {**voucher_view(replace(voucher, state=POSTED, reason=None), now), "_hit": True}
    try:
        spent = redeemed(voucher, staff, store_id, scan_id, now)
    except Conflict as error:
        raise _with_place(error, voucher) from None
    facts = {
        "offer_id": voucher.offer_id,
        "redemption_id": voucher.redemption_id,
        "staff_id": staff.staff_id,
        "store_id": store_id,
    }
    posted = post_hold(booking, voucher.draws, voucher.offer["merchant_id"], facts, now)
    _commit(booking, posted, voucher, spent)
    return voucher_view(spent, now)


def refund_voucher(staff: Staff, redemption_id: str, reason: str, now: datetime) -> dict[str, Any]:
    """Take a redemption back: points and grams return from the merchant to the lots they came from.

    Refunded already: the same answer (`_hit`). NotFound `voucher-unknown`, Forbidden `voucher-of-other-merchant`,
    Conflict `voucher-not-redeemed`.
    """
    return repeat_on_conflict(lambda: _refund_once(staff, redemption_id, reason, now))


def _refund_once(staff: Staff, redemption_id: str, reason: str, now: datetime) -> dict[str, Any]:
    known = store.find_voucher(redemption_id)
    if known is None:
        raise NotFound("voucher-unknown", "there is no such voucher")
    voucher, booking = _load({"rid": redemption_id, "acc": known.account_id})
    if voucher.state == REFUNDED and voucher.offer["merchant_id"] == staff.merchant_id:
        return {**voucher_view(voucher, now), "_hit": True}
    profile = current_profile()
    taken_back = refunded(voucher, staff, reason, now)
    facts = {"reason": reason, "redemption_id": redemption_id, "staff_id": staff.staff_id}
    today = local_day(now, profile.tz)
    merchant_id = voucher.offer["merchant_id"]
    after = refund_post(booking, voucher.draws, merchant_id, facts, today, profile.grace_days, now)
    _commit(booking, after, voucher, taken_back)
    return voucher_view(taken_back, now)


def _read_token(token: str) -> Mapping[str, Any]:
    from chalicelib.services.voucher_tokens import read_token

    return read_token(token)


def _load(claims: Mapping[str, Any]) -> tuple[Voucher, Booking]:
    """Read voucher and account in one round trip; NotFound `voucher-unknown`."""
    found = dict(batch_get([store.voucher_key(claims["rid"]), account_key(claims["acc"])]))
    voucher_table, account_table = store.voucher_key("")[0], account_key("")[0]
    if voucher_table not in found:
        raise NotFound("voucher-unknown", "there is no such voucher")
    voucher = store.parse_voucher_item(found[voucher_table])
    assert voucher.account_id == claims["acc"], "a signed code names its own account"
    return voucher, Booking(parse_account(found[account_table]))


def _commit(before: Booking, after: Booking, voucher: Voucher, changed: Voucher) -> None:
    tx = Transaction()
    add_booking(tx, before.account, after)
    store.add_voucher_change(tx, voucher, changed)
    tx.commit()


def _with_place(error: Conflict, voucher: Voucher) -> Conflict:
    """Add the name of the store to a refusal of a second scan, so that a cashier can read it out."""
    if voucher.store_id is None:
        return error
    name = cached_document("store", voucher.store_id)["name"]
    return Conflict(error.code, error.detail, **error.facts, store_name=name)
