"""What the tests of the ledger's services share: a demo shop, observations, short ways to act."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib import profiles
from chalicelib.domain.activities import Observation
from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.methodologies import Methodology, parse_methodology
from chalicelib.domain.offer_limits import Counter
from chalicelib.domain.vouchers import Staff
from chalicelib.profiles import current_profile
from chalicelib.services import methodologies
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
    """Record one observation per event id on the day of `at`: trips a few minutes apart, the last one at `at`."""
    tz = current_profile().tz
    on = local_day(at, tz)
    places = _PLACES.setdefault((account_id, on), {})
    observations = []
    for event_id in event_ids:
        earlier = at - APART * places.setdefault(event_id, len(places))
        when = earlier if local_day(earlier, tz) == on else at
        observations.append(observation(event_id, when, **changes))
    return record_day(account_id, on, observations, now)


APART = timedelta(minutes=5)
# a person does one trip at a time: which event of a resident's day got which place
_PLACES: dict[tuple[str, date], dict[str, int]] = {}


def forget_places() -> None:
    """Begin anew, as every test does with its tables."""
    _PLACES.clear()


def use_methodology(monkeypatch: pytest.MonkeyPatch, base_id: str, **changes: Any) -> Methodology:
    """Let the city count by a changed copy of a shipped methodology, under the same id; the shipped one stays known."""
    profile = current_profile()
    document = {**profile.methodologies[base_id].document, **changes}
    methodology = parse_methodology(document)
    known = methodologies._registry()
    versions = (methodology, *known.by_id[base_id])
    registry = replace(
        known,
        by_ref={**known.by_ref, methodology.ref: methodology},
        by_id={**known.by_id, base_id: versions},
        counting={**known.counting, base_id: versions},
    )
    monkeypatch.setattr(methodologies, "_registry", lambda: registry)
    return methodology


def change_profile(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let the city have other rules."""
    changed = replace(current_profile(), **changes)
    monkeypatch.setattr(profiles, "_enabled_profile", lambda *_: changed)


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
