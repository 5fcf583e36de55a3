"""Owns the offers as residents see them: what can be taken now, for how many points, where."""

from datetime import datetime
from typing import Any

from chalicelib.domain.days import from_text
from chalicelib.store.catalogue import get_document, list_documents


def list_offers(now: datetime) -> list[dict[str, Any]]:
    """Return the live offers, cheapest first."""
    live = [offer for offer in list_documents("offer") if _is_live(offer, now)]
    return sorted((_view(offer) for offer in live), key=lambda o: (o["points"], o["id"]))


def get_offer(offer_id: str) -> dict[str, Any]:
    """Return one offer with its stores; NotFound `offer-unknown`."""
    offer = get_document("offer", offer_id)
    return {**_view(offer), "stores": [get_document("store", store_id) for store_id in offer["store_ids"]]}


def _is_live(offer: dict[str, Any], now: datetime) -> bool:
    return offer["state"] == "live" and from_text(offer["starts_at"]) <= now < from_text(offer["ends_at"])


def _view(offer: dict[str, Any]) -> dict[str, Any]:
    view = {name: value for name, value in offer.items() if name != "stock_taken"}
    return {**view, "stock_remaining": max(0, offer["stock"] - offer["stock_taken"])}
