"""Owns the taking back of charges: void whole, refund in parts or whole, both to the lots the points came from.

Must not let the same points go back twice: every change of a charge is one version, written with the account.
"""

import re
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.domain.accounts import Booking, refund_post
from chalicelib.domain.charges import (
    BLOCKED,
    IN_REVIEW,
    Charge,
    blocked_charge,
    check_owner,
    refunded,
    voided,
)
from chalicelib.domain.days import local_day
from chalicelib.domain.lots import Lots
from chalicelib.domain.refunds import Refund, known_refund
from chalicelib.domain.vouchers import Staff
from chalicelib.errors import NotFound
from chalicelib.profiles import current_profile
from chalicelib.services.charge_views import charge_view
from chalicelib.services.charges import own_charge, redemption_id_at
from chalicelib.services.reviews import CANCELLED, add_decision, give_back, load_charge
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.store import charges as store
from chalicelib.store.accounts import add_booking
from chalicelib.store.transactions import Transaction

_OWN_ID = re.compile(r"[A-Za-z0-9_-]{12,64}")


def void_charge(staff: Staff, charge_id: str, now: datetime) -> dict[str, Any]:
    """Take a charge back whole; an id that nothing came of is blocked for ever. Done already: `_hit`.

    Refused `charge-void-too-late`; Conflict `charge-refunded`; NotFound `charge-unknown` for what is no id.
    """
    redemption_id = redemption_id_at(staff, charge_id)
    known = store.find_charge(redemption_id)
    if known is None:
        if store.is_charge_id(charge_id) or not _OWN_ID.fullmatch(charge_id):
            raise NotFound("charge-unknown", "there is no such charge")
        blocked = blocked_charge(redemption_id, charge_id, staff.merchant_id, now)
        if store.put_blocked(blocked):
            return charge_view(blocked)
        known = own_charge(staff, charge_id)
    check_owner(known, staff)
    if known.state == BLOCKED:
        return {**charge_view(known), "_hit": True}
    return repeat_on_conflict(partial(_void_once, staff, known, now))


def _void_once(staff: Staff, known: Charge, now: datetime) -> dict[str, Any]:
    charge, booking = load_charge(known.redemption_id, known.account_id)
    changed = voided(charge, now, current_profile().charge_void_minutes)
    if changed is charge:
        return {**charge_view(charge), "_hit": True}
    tx = Transaction()
    if charge.state == IN_REVIEW:
        after = give_back(booking, charge, "by-merchant", now)
        add_decision(tx, charge, CANCELLED, staff.staff_id, "by-merchant", now)
    else:
        after = _returned(booking, charge, charge.draws, staff, {"reason": "void", "fen": charge.fen}, now)
    _commit(tx, booking, after, charge, changed)
    return charge_view(changed)


def refund_charge(
    staff: Staff, charge_id: str, refund_id: str, fen: int | None, reason: str, now: datetime
) -> dict[str, Any]:
    """Take `fen` of what points paid back, or all that is left; the same refund id again: the same answer (`_hit`).

    NotFound `charge-unknown`; Conflict `charge-not-refundable`, `idempotency-key-reused`; Refused `refund-too-late`,
    `refund-above-charge`, `refund-too-small`.
    """
    known = own_charge(staff, charge_id)
    if known.state == BLOCKED:
        raise NotFound("charge-unknown", "nothing was ever charged under this id")
    wanted = Refund(refund_id, 0, fen or 0, "", staff.staff_id, reason)
    return repeat_on_conflict(partial(_refund_once, staff, known, wanted, now))


def _refund_once(staff: Staff, known: Charge, wanted: Refund, now: datetime) -> dict[str, Any]:
    charge, booking = load_charge(known.redemption_id, known.account_id)
    if known_refund(charge.refunds, wanted) is not None:
        return {**charge_view(charge), "_hit": True}
    changed, back = refunded(charge, wanted, current_profile().refund_days, now)
    facts = {"reason": wanted.reason, "refund_id": wanted.refund_id, "fen": changed.refunds[-1].fen}
    after = _returned(booking, charge, back, staff, facts, now)
    _commit(Transaction(), booking, after, charge, changed)
    return charge_view(changed)


def _returned(
    booking: Booking, charge: Charge, back: Lots, staff: Staff, facts: dict[str, Any], now: datetime
) -> Booking:
    profile = current_profile()
    facts |= {"redemption_id": charge.redemption_id, "staff_id": staff.staff_id, "store_id": charge.store_id}
    facts |= {"charge_id": charge.charge_id, "via": charge.via}
    today = local_day(now, profile.tz)
    return refund_post(
        booking, back, charge.merchant_id, facts, today, profile.grace_days, now, left_at=charge.left_at
    )


def _commit(tx: Transaction, before: Booking, after: Booking, charge: Charge, changed: Charge) -> None:
    add_booking(tx, before.account, after)
    store.add_charge_change(tx, charge, changed)
    tx.commit()
