"""Owns the limits of an offer: what a counter says, and which limit is reached.

Must not count: the store changes a counter under the condition that the limits still have room. There are two kinds of
counter, one for everybody and, if the offer limits it, one for each resident who took it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import Refused


@dataclass(frozen=True, slots=True)
class Counter:
    """How often an offer is taken and what of its budget is reserved; `day_taken` counts the local day `day_on`."""

    taken: int = 0
    fen: int = 0
    day_on: str = ""
    day_taken: int = 0
    version: int = 0

    def counting_day(self, today: str) -> str:
        """Return the day on which a take at `today` counts: never an earlier one than was counted already."""
        return max(today, self.day_on)

    def taken_on(self, on: str) -> int:
        """Return how often the offer was taken on the counting day `on`."""
        return self.day_taken if self.day_on == on else 0


@dataclass(frozen=True, slots=True)
class Limits:
    """How high a counter may go; None where nothing limits it."""

    taken_max: int | None = None
    per_day_max: int | None = None
    fen_max: int | None = None


def limits_for_all(offer: Mapping[str, Any]) -> Limits:
    """Return the limits of an offer over all residents: stock, per day, budget."""
    return Limits(offer["stock"], offer.get("limit_per_day"), offer.get("budget_fen"))


def limits_for_one(offer: Mapping[str, Any]) -> Limits | None:
    """Return the limits of an offer for each resident; None when there are none and nothing need be counted."""
    most, most_a_day = offer.get("limit_per_resident"), offer.get("limit_per_resident_per_day")
    return None if most is None and most_a_day is None else Limits(most, most_a_day)


def value_fen(offer: Mapping[str, Any]) -> int:
    """Return what one voucher of the offer reserves of its budget."""
    return int(offer.get("value_fen") or 0)


def check_room_for_all(offer: Mapping[str, Any], counter: Counter, today: str) -> None:
    """Refuse an offer with no room left: `offer-sold-out`, `offer-limit-per-day`, `offer-budget-spent`."""
    limits, offer_id = limits_for_all(offer), offer["id"]
    assert limits.taken_max is not None, "every offer has a stock"
    if counter.taken >= limits.taken_max:
        raise Refused("offer-sold-out", "nothing of this offer is left", offer_id=offer_id, stock_remaining=0)
    if limits.fen_max is not None and counter.fen + value_fen(offer) > limits.fen_max:
        raise Refused("offer-budget-spent", "the budget of this offer is used up", offer_id=offer_id)
    on = counter.counting_day(today)
    if limits.per_day_max is not None and counter.taken_on(on) >= limits.per_day_max:
        detail = "today's share of this offer is used up"
        raise Refused("offer-limit-per-day", detail, offer_id=offer_id, limit=limits.per_day_max)


def check_room_for_one(offer: Mapping[str, Any], counter: Counter, today: str) -> None:
    """Refuse a resident who had their share, in all or today: `offer-limit-per-resident`."""
    limits = limits_for_one(offer)
    if limits is None:
        return
    on = counter.counting_day(today)
    of_all = ("in all", limits.taken_max, counter.taken)
    of_day = ("a day", limits.per_day_max, counter.taken_on(on))
    for span, most, taken in (of_all, of_day):
        if most is not None and taken >= most:
            detail = f"a resident may take this offer {most} times {span}"
            raise Refused("offer-limit-per-resident", detail, offer_id=offer["id"], limit=most, taken=taken)
