"""Owns bonus points: points without grams, given for a star and taken back when it is revoked, each by its own entry.

Must not decide who deserves any. `sys_bonus` owes what it gave: a bonus stands for no reduction, so it can be spent but
never becomes a unit. A resident never owes: of a revoked bonus what was spent, or has expired, is not taken back.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from chalicelib.domain.accounts import Booking, book
from chalicelib.domain.entries import SYS_BONUS
from chalicelib.domain.lots import Lot, add_lots, remove_draws


def grant_bonus(booking: Booking, lot: Lot, facts: Mapping[str, Any], now: datetime) -> Booking:
    """Give the points of `lot`, which has an expiry of its own and no grams."""
    assert lot.points > 0 and lot.grams_co2e == 0, "a bonus is points without grams"
    account = replace(booking.account, lots=add_lots(booking.account.lots, (lot,)))
    entry = ("bonus", SYS_BONUS, account.account_id, (lot,), facts)
    return book(replace(booking, account=account), *entry, now=now)


def revoke_bonus(booking: Booking, lot: Lot, facts: Mapping[str, Any], today: date, now: datetime) -> Booking:
    """Take back what is left of a bonus; an entry says so even when nothing is."""
    left = sum(
        one.points
        for one in booking.account.lots
        if (one.expires_on, one.vintage) == (lot.expires_on, lot.vintage) and one.expires_on >= today
    )
    points = min(left, lot.points)
    draws = (replace(lot, points=points),) if points else ()
    account = replace(booking.account, lots=remove_draws(booking.account.lots, draws))
    entry = ("bonus", account.account_id, SYS_BONUS, draws, facts)
    return book(replace(booking, account=account), *entry, now=now)
