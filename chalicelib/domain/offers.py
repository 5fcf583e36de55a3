"""Owns the offer: its kinds, what each must say, and when it can be taken and used.

Must not count (`domain.offer_limits`) nor move drafts (`domain.offer_drafts`). A published offer is live until it is
ended, its time is over, or a new version takes its place; a voucher keeps the offer as it was when it was taken.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain import hours
from chalicelib.domain.days import from_text, to_text
from chalicelib.errors import Refused

LIVE, ENDED = "live", "ended"
SCENARIOS = ("衣", "食", "住", "行", "用", "其他")
ITEM = "item-for-points"
NEEDS: Mapping[str, tuple[str, ...]] = {
    ITEM: (),
    "amount-off": ("amount_off_fen",),
    "top-up": ("top_up_fen",),
    "service": (),
    "coupon": (),
    "low-carbon-goods": ("points_normal",),
    "frequent-traveller": ("behaviour", "limit_per_resident"),
    "priority-window": ("audience_id",),
}
KINDS = tuple(NEEDS)
# what a voucher keeps of its offer, besides what every offer has
_KEPT = ("id", "merchant_id", "store_ids", "title", "scenario", "points", "ends_at")
_KEPT_IF_THERE = (
    "version",
    "kind",
    "terms",
    "value_fen",
    "amount_off_fen",
    "bill_min_fen",
    "top_up_fen",
    "valid_hours",
)
Offer = Mapping[str, Any]
Fault = dict[str, str]


def faults_in(offer: Offer) -> list[Fault]:
    """Return what is wrong between the fields of an offer, each of which fits by itself."""
    return [
        *_faults_of_kind(offer),
        *_faults_of_prices(offer),
        *_faults_of_times(offer),
        *hours.faults_in(offer.get("valid_hours", ()), "/valid_hours"),
    ]


def _faults_of_kind(offer: Offer) -> Iterator[Fault]:
    kind = offer["kind"]
    for name in NEEDS[kind]:
        if name not in offer:
            yield {"pointer": f"/{name}", "detail": f"an offer of the kind {kind} needs it"}
    if offer["points"] == 0 and "behaviour" not in offer:
        yield {"pointer": "/points", "detail": "only an offer for a behaviour may cost no points"}
    if "priority_until" in offer and "audience_id" not in offer:
        yield {"pointer": "/audience_id", "detail": "a priority needs those who have it"}


def _faults_of_prices(offer: Offer) -> Iterator[Fault]:
    value_fen = offer.get("value_fen", 0)
    if "points_normal" in offer and offer["points_normal"] <= offer["points"]:
        yield {"pointer": "/points_normal", "detail": "must be more than points"}
    if "budget_fen" in offer and not 0 < value_fen <= offer["budget_fen"]:
        yield {"pointer": "/value_fen", "detail": "must be from 1 to budget_fen where there is a budget"}
    if "bill_min_fen" in offer and offer["bill_min_fen"] < offer.get("amount_off_fen", 0):
        yield {"pointer": "/bill_min_fen", "detail": "must not be less than amount_off_fen"}


def _faults_of_times(offer: Offer) -> Iterator[Fault]:
    starts, ends = from_text(offer["starts_at"]), from_text(offer["ends_at"])
    if ends <= starts:
        yield {"pointer": "/ends_at", "detail": "must be later than starts_at"}
    until = offer.get("priority_until")
    if until is not None and not starts < from_text(until) < ends:
        yield {"pointer": "/priority_until", "detail": "must lie between starts_at and ends_at"}


def with_stored_times(offer: Offer) -> dict[str, Any]:
    """Return the offer with its instants as they are stored: UTC, milliseconds."""
    named = [name for name in ("starts_at", "ends_at", "priority_until") if name in offer]
    return {**offer, **{name: to_text(from_text(offer[name])) for name in named}}


def is_live(offer: Offer, now: datetime) -> bool:
    """Tell whether the offer can be taken now as far as its state and time go."""
    return offer["state"] == LIVE and from_text(offer["starts_at"]) <= now < from_text(offer["ends_at"])


def check_live(offer: Offer, now: datetime) -> None:
    """Refuse an offer that cannot be taken now: `offer-ended`, `offer-not-live`."""
    if offer["state"] == ENDED or from_text(offer["ends_at"]) <= now:
        raise Refused("offer-ended", "this offer has ended", offer_id=offer["id"], ended_at=offer["ends_at"])
    if not is_live(offer, now):
        detail = "this offer cannot be taken yet"
        raise Refused("offer-not-live", detail, offer_id=offer["id"], starts_at=offer["starts_at"])


def is_for_audience_only(offer: Offer, now: datetime) -> bool:
    """Tell whether only the offer's audience may take it at `now`; a priority window opens to everyone at its end."""
    until = offer.get("priority_until")
    return "audience_id" in offer and (until is None or now < from_text(until))


def check_usable_now(offer: Offer, now: datetime, tz: ZoneInfo) -> None:
    """Refuse the use of a voucher outside its offer's weekdays and hours: `offer-not-today`."""
    windows = offer.get("valid_hours", ())
    if not hours.is_within(windows, now, tz):
        detail = "this offer cannot be used on this day or at this hour"
        raise Refused("offer-not-today", detail, offer_id=offer["id"], valid_hours=list(windows))


def settlement_fen(offer: Offer) -> int:
    """Return what one voucher counts for in settlement, as the approved offer says; 0 when it says nothing.

    That is `value_fen`; without it what the voucher takes off a bill or tops up.

    >>> settlement_fen({"kind": "amount-off", "amount_off_fen": 800})
    800
    >>> settlement_fen({"kind": "amount-off", "amount_off_fen": 800, "value_fen": 600})
    600
    """
    agreed = ("value_fen", "amount_off_fen", "top_up_fen")
    return next((int(offer[name]) for name in agreed if offer.get(name)), 0)


def snapshot(offer: Offer) -> dict[str, Any]:
    """Return what a voucher keeps of its offer; later versions of the offer do not touch it."""
    kept = {name: offer[name] for name in _KEPT}
    return kept | {name: offer[name] for name in _KEPT_IF_THERE if name in offer}
