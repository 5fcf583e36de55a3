"""Owns the booking of a correction: what the day is worth more or less becomes `adjust` entries of its account.

Must not decide what an activity is worth. A resident never owes: what cannot be taken back because it was spent, is
held or has expired is borne by the programme (`sys_loss`). What was borne is not given out again: when points come
back that had left before, by a restored activity as by a void or refund, they repay it first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from chalicelib.domain.accounts import MILLIPOINTS_PER_POINT, Booking, book, repay_losses
from chalicelib.domain.bearing import RETURNING, more_borne
from chalicelib.domain.corrections import Correction
from chalicelib.domain.entries import SYS_ISSUANCE, SYS_LOSS
from chalicelib.domain.lots import Lot, add_lots, take_from_vintage, total_grams, total_points
from chalicelib.domain.scores import Scoring, count_day
from chalicelib.domain.sheets import Sheet, sheet_digest


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that matter: today with the periods that are open, and the last day of what is earned on the day
    corrected, as it is and with grace.
    """

    scoring: Scoring
    expires_on: date
    grace_on: date

    @property
    def today(self) -> date:
        """Return the city's day."""
        return self.scoring.today

    @property
    def last_on(self) -> date:
        """Return the last day of what is given back today: never one that has passed already."""
        return self.expires_on if self.expires_on >= self.today else self.grace_on


def adjust_day(
    booking: Booking,
    before: Sheet,
    after: Sheet,
    correction: Correction,
    days: Calendar,
    now: datetime,
    *,
    left_at: int,
) -> Booking:
    """Book the difference that `correction` makes to a day all of which was settled before; none, no entry.

    More is issued as one lot of the day's vintage; when it is given again, what was borne of that vintage since it was
    taken, at seq `left_at`, is repaid from it first. Less is taken from the lots of that vintage, points and grams each
    as far as they go; the rest is a second entry, from `sys_loss`. Of a version that gives more grams and fewer points,
    or the other way round, one of each.
    """
    grams, millipoints = after.grams_co2e - before.grams_co2e, after.millipoints - before.millipoints
    if (grams, millipoints) == (0, 0):
        return booking
    facts = {
        "cause": correction.cause,
        "correction": correction.kind,
        "day": after.on.isoformat(),
        "key": correction.event_key,
        "sheet": sheet_digest(after),
    }
    if max(grams, millipoints) > 0:
        booking = _give(booking, max(grams, 0), max(millipoints, 0), facts, days, left_at, now)
    if min(grams, millipoints) < 0:
        booking = _take(booking, max(-grams, 0), max(-millipoints, 0), facts, days, now)
    settled = {**booking.account.settled, after.on.isoformat(): after.totals}
    scores = count_day(booking.account.scores, after, grams, days.scoring)
    return replace(booking, account=replace(booking.account, settled=settled, scores=scores))


def _give(
    booking: Booking,
    grams: int,
    millipoints: int,
    facts: Mapping[str, Any],
    days: Calendar,
    left_at: int,
    now: datetime,
) -> Booking:
    account = booking.account
    points, carry = divmod(account.millipoints_carry + millipoints, MILLIPOINTS_PER_POINT)
    lot = Lot(days.last_on, _vintage(facts), points, grams)
    account = replace(account, lots=add_lots(account.lots, (lot,)), millipoints_carry=carry)
    facts = {**facts, "carry": carry, "millipoints": millipoints}
    entry = ("adjust", SYS_ISSUANCE, account.account_id, (lot,), facts)
    booking = book(replace(booking, account=account), *entry, now=now)
    return repay_losses(booking, (lot,), left_at, now) if facts["correction"] in RETURNING else booking


def _take(
    booking: Booking, grams: int, millipoints: int, facts: Mapping[str, Any], days: Calendar, now: datetime
) -> Booking:
    account = booking.account
    due, carry = divmod(account.millipoints_carry - millipoints, MILLIPOINTS_PER_POINT)
    wanted = Lot(days.expires_on, _vintage(facts), -due, grams)
    draws, remaining = take_from_vintage(account.lots, wanted, days.today)
    account = replace(account, lots=remaining, millipoints_carry=carry)
    taken = {**facts, "carry": carry, "millipoints": -millipoints}
    entry = ("adjust", account.account_id, SYS_ISSUANCE, draws, taken)
    booking = book(replace(booking, account=account), *entry, now=now)
    lost = replace(wanted, points=wanted.points - total_points(draws), grams_co2e=grams - total_grams(draws))
    if not lost.points and not lost.grams_co2e:
        return booking
    seq = booking.account.seq + 1
    account = replace(booking.account, borne=more_borne(booking.account.borne, (lost,), seq))
    entry = ("adjust", SYS_LOSS, SYS_ISSUANCE, (lost,), {**facts, "carry": carry, "millipoints": 0})
    return book(replace(booking, account=account), *entry, now=now)


def _vintage(facts: Mapping[str, Any]) -> int:
    return int(facts["day"][:4])
