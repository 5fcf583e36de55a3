"""What the tests of the ledger's services share: a demo shop, observations, short ways to act."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.activities import Observation
from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.offer_limits import Counter
from chalicelib.domain.vouchers import Staff
from chalicelib.profiles import current_profile
from chalicelib.services.activities import record_day
from chalicelib.services.offer_publishing import add_offer_version
from chalicelib.store import catalogue
from chalicelib.store.client import batch_get, find_item
from chalicelib.store.offer_counters import counter_key, parse_counter
from chalicelib.store.transactions import Transaction
from chalicelib.store.versions import Change

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
CASHIER = Staff("stf_cashier", "mer_laundry", "cashier")
STRANGER = Staff("stf_stranger", "mer_other", "cashier")


def observation(
    event_id: str, at: datetime, methodology_id: str = "szt-metro-trip", **changes: Any
) -> Observation:
    """Return an observation as the demo bus company would report it."""
    fields = {"source": "szt", "inputs": {}, "evidence": "operator-signed", "batch_id": "b1", **changes}
    return Observation(source_event_id=event_id, methodology_id=methodology_id, occurred_at=at, **fields)


def record(
    account_id: str, *event_ids: str, at: datetime = NOW - timedelta(days=1), now: datetime = NOW, **changes
):
    """Record one observation per event id at the instant `at`."""
    on = local_day(at, current_profile().tz)
    return record_day(account_id, on, [observation(e, at, **changes) for e in event_ids], now)


def add_shop(points: int = 50, stock: int = 10, **changes: Any) -> None:
    """Publish one laundry with one store and the offer of a coat cleaned."""
    catalogue.put_document("merchant", "mer_laundry", {"id": "mer_laundry", "name": "锦绣洗衣"})
    store = {"id": "sto_1", "merchant_id": "mer_laundry", "name": "锦绣洗衣解放街店"}
    catalogue.put_document("store", "sto_1", store)
    add_offer("off_coat", points=points, stock=stock, **changes)


def add_offer(offer_id: str, **changes: Any) -> None:
    """Publish an offer of the laundry, or its next version."""
    known = catalogue.find_document("offer", offer_id)
    offer = {
        "id": offer_id,
        "kind": "item-for-points",
        "version": known["version"] + 1 if known else 1,
        "merchant_id": "mer_laundry",
        "store_ids": ["sto_1"],
        "title": "干洗大衣一件",
        "scenario": "衣",
        "points": 50,
        "stock": 10,
        "state": "live",
        "starts_at": to_text(NOW - timedelta(days=30)),
        "ends_at": to_text(NOW + timedelta(days=2000)),
        **changes,
    }
    tx = Transaction()
    add_offer_version(tx, offer, Change("test", to_text(NOW), "publish"))
    tx.commit()


def taken_of(offer_id: str) -> int:
    """Return how often an offer is taken, as its counter says."""
    return counter_of(offer_id).taken


def counter_of(offer_id: str) -> Counter:
    """Return the counter of an offer."""
    key = counter_key(offer_id)
    return parse_counter(find_item(batch_get([key]), key))
