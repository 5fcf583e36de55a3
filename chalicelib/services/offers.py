"""Owns the offers as residents see them: what can be taken now, for how many points, where, how far away.

Must not decide what a resident may take (`services.taking`): a list is read from what this process knew 5 s ago, the
stock of what it shows is read anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import offers as rules
from chalicelib.domain.days import local_day
from chalicelib.domain.merchants import check_open
from chalicelib.domain.offer_limits import Counter
from chalicelib.domain.pages import Page
from chalicelib.domain.places import Place, distance_m
from chalicelib.errors import InvalidInput, Refused
from chalicelib.profiles import current_profile
from chalicelib.store.catalogue import LIST_CACHE_S, cached_documents, get_document
from chalicelib.store.client import BATCH_GET_MAX, batch_get, find_item
from chalicelib.store.offer_counters import counter_key, parse_counter

_KIND = "offer"
_UNSHOWN = ("end_reason",)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a resident looks for; None where anything will do. `near` orders by distance, else by points."""

    scenario: str | None = None
    points_max: int | None = None
    text: str | None = None
    merchant_id: str | None = None
    near: Place | None = None
    within_m: int | None = None


def list_offers(
    now: datetime, wanted: Wanted = Wanted(), limit: int = 100, cursor: str | None = None
) -> Page:
    """Return a page of the offers that can be taken now and fit what is wanted.

    With `near`, offers without a known place come last, or not at all when `within_m` is given too.
    """
    merchants = {merchant["id"]: merchant for merchant in _known("merchant")}
    stores = {store["id"]: store for store in _known("store")}
    found = [
        (*_order(offer, stores, wanted.near), offer)
        for offer in _known(_KIND)
        if rules.is_live(offer, now) and _is_given(offer, merchants, now) and _fits(offer, merchants, wanted)
    ]
    if wanted.within_m is not None:
        found = [one for one in found if one[2] is not None and one[2] <= wanted.within_m]
    ordered = sorted((one for one in found if one[:2] > _after(cursor)), key=lambda one: one[:2])
    page = ordered[:limit]
    views = _with_stock([offer for *_, offer in page])
    for view, (_, _, away_m, offer) in zip(views, page, strict=True):
        view["merchant_name"] = merchants[offer["merchant_id"]]["name"]
        view["distance_m"] = away_m
    more = f"{page[-1][0]} {page[-1][1]}" if len(ordered) > limit else None
    return Page(views, more)


def get_offer(offer_id: str, now: datetime) -> dict[str, Any]:
    """Return one offer with its stores and merchant, live or ended; NotFound `offer-unknown`."""
    offer = get_document(_KIND, offer_id)
    (view,) = _with_stock([offer])
    stores = [get_document("store", store_id) for store_id in offer["store_ids"]]
    merchant = get_document("merchant", offer["merchant_id"])
    is_given = rules.is_live(offer, now) and _is_given(offer, {merchant["id"]: merchant}, now)
    return {**view, "merchant_name": merchant["name"], "is_takeable": is_given, "stores": stores}


def list_offers_of(merchant_id: str) -> Page:
    """Return a merchant's published offers, ended ones too, in id order."""
    own = [offer for offer in _known(_KIND) if offer["merchant_id"] == merchant_id]
    return Page(_with_stock(own), None)


def offer_view(offer: Mapping[str, Any], counter: Counter) -> dict[str, Any]:
    """Return an offer as it is shown: with what is left, and a link to its picture."""
    view = {name: value for name, value in offer.items() if name not in _UNSHOWN}
    view["stock_remaining"] = max(0, offer["stock"] - counter.taken)
    if "picture" in offer:
        view["picture_url"] = _picture_url(offer["picture"])
    return view


def _known(kind: str) -> list[dict[str, Any]]:
    return cached_documents(kind, life_s=LIST_CACHE_S)


def _with_stock(offers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    items: list[Any] = []
    for start in range(0, len(offers), BATCH_GET_MAX):
        keys = [counter_key(offer["id"]) for offer in offers[start : start + BATCH_GET_MAX]]
        items += batch_get(keys, consistent=False)
    counters = (parse_counter(find_item(items, counter_key(offer["id"]))) for offer in offers)
    return [offer_view(offer, counter) for offer, counter in zip(offers, counters, strict=True)]


def _is_given(offer: Mapping[str, Any], merchants: Mapping[str, Any], now: datetime) -> bool:
    merchant = merchants.get(offer["merchant_id"])
    if merchant is None:
        return False
    try:
        check_open(merchant, None, now, local_day(now, current_profile().tz))
    except Refused:
        return False
    return True


def _fits(offer: Mapping[str, Any], merchants: Mapping[str, Any], wanted: Wanted) -> bool:
    if wanted.scenario is not None and offer["scenario"] != wanted.scenario:
        return False
    if wanted.points_max is not None and offer["points"] > wanted.points_max:
        return False
    if wanted.merchant_id is not None and offer["merchant_id"] != wanted.merchant_id:
        return False
    texts = (offer["title"], offer.get("description", ""), merchants[offer["merchant_id"]]["name"])
    return wanted.text is None or any(wanted.text.casefold() in text.casefold() for text in texts)


def _order(
    offer: Mapping[str, Any], stores: Mapping[str, Any], near: Place | None
) -> tuple[int, str, int | None]:
    """Return what an offer is ordered by, and how far its nearest store is (None when nobody knows or asks)."""
    if near is None:
        return offer["points"], offer["id"], None
    away_m = min(_distances_m(near, (stores.get(id, {}) for id in offer["store_ids"])), default=None)
    return _FAR_M if away_m is None else away_m, offer["id"], away_m


_FAR_M = 10**9


def _distances_m(near: Place, stores: Iterable[Mapping[str, Any]]) -> Iterable[int]:
    for store in stores:
        if "latitude_microdegrees" in store:
            yield distance_m(near, (store["latitude_microdegrees"], store["longitude_microdegrees"]))


def _after(cursor: str | None) -> tuple[int, str]:
    """Return the order of the last offer seen; InvalidInput when `cursor` is not one of this list."""
    if cursor is None:
        return -1, ""
    order, _, offer_id = cursor.partition(" ")
    if not (order.isdigit() and offer_id):
        raise InvalidInput.at("/query/cursor", "is not a cursor of this list")
    return int(order), offer_id


def _picture_url(picture: str) -> str:
    if picture.startswith("https://"):
        return picture
    from chalicelib.services.pictures import picture_link

    return picture_link(picture)
