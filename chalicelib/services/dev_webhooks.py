"""Owns the target of webhooks on demo stages: it takes what arrives and shows it, with what its signature is worth.

Must not exist elsewhere: on every other stage there is nothing at its addresses.
"""

from collections.abc import Mapping
from datetime import datetime
from hmac import compare_digest
from typing import Any

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.days import to_text
from chalicelib.domain.pages import Page
from chalicelib.domain.webhooks import signature_header
from chalicelib.errors import NotFound
from chalicelib.services.webhook_deliveries import KIND
from chalicelib.services.webhooks import secret_of
from chalicelib.store import cases

ARRIVED = "dev-webhook"
_FAR_MAX_S = 300


def take_webhook(headers: Mapping[str, str], event: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Keep what arrived under its delivery's id, once; NotFound `not-found` where this is no demo, or none of ours."""
    _check_demo()
    delivery_id = headers.get("tanhui-delivery", "")
    if cases.find_case(delivery_id or "-", KIND) is None:
        raise NotFound("not-found", "there is nothing at this address")
    body = {"event": dict(event), "is_genuine": is_genuine(headers, event, now), "delivery_id": delivery_id}
    at = to_text(now)
    cases.add_case(
        cases.Case(f"arrived-{delivery_id}", ARRIVED, "arrived", "dev", at, cases.NO_DEADLINE, body)
    )
    return {"status": "ok"}


def is_genuine(headers: Mapping[str, str], event: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether the signature is that of the delivery's webhook over this body, and fresh: as a partner would."""
    delivery = cases.find_case(headers.get("tanhui-delivery", "-"), KIND)
    given = headers.get("tanhui-signature", "")
    stamp = given.partition(",")[0].removeprefix("t=")
    if delivery is None or not stamp.isdecimal() or abs(int(stamp) - now.timestamp()) > _FAR_MAX_S:
        return False
    secret = secret_of(delivery.subject, delivery.body["webhook_id"])
    signed_at = datetime.fromtimestamp(int(stamp), now.tzinfo)
    return compare_digest(given, signature_header(secret, canonical_json(dict(event)).encode(), signed_at))


def list_arrived(limit: int, cursor: str | None) -> Page:
    """Return a page of what arrived, newest first; NotFound `not-found` where this is no demo."""
    _check_demo()
    page = cases.list_cases_of("dev", ARRIVED, limit, cursor)
    names = ("delivery_id", "is_genuine", "event")
    items = [{"arrived_at": one["opened_at"], **{name: one[name] for name in names}} for one in page.items]
    return Page(items, page.cursor)


def _check_demo() -> None:
    if not config().demo:
        raise NotFound("not-found", "there is nothing at this address")
