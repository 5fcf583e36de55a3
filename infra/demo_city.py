"""Owns what the demo city has, read from `demo/`: merchants over all scenarios, offers, staff, communities.

Must not enter anything (`infra.seed` does). Names and numbers are made up; the credit codes only check.
"""

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from infra.environment import ROOT

COMMUNITIES = ROOT / "infra" / "demo" / "communities.json"
SHOPS = ROOT / "infra" / "demo" / "shops.json"
Documents = list[dict[str, Any]]


@lru_cache(maxsize=1)
def shops() -> dict[str, Documents]:
    """Return `merchants`, `stores`, `audiences`, `offers`, `staff`, `officials`, as they are whatever the time."""
    found: dict[str, Documents] = json.loads(SHOPS.read_text(encoding="utf-8"))
    return found


def communities() -> Documents:
    """Return the communities; their names are made up, the districts are Yinchuan's."""
    found: Documents = json.loads(COMMUNITIES.read_text(encoding="utf-8"))
    return found


def merchants(now: datetime) -> Documents:
    """Return the merchants, each under a contract of two years from yesterday."""
    period = {
        "contract_from": f"{now - timedelta(days=1):%Y-%m-%d}",
        "contract_to": f"{now + timedelta(days=730):%Y-%m-%d}",
    }
    return [{**merchant, **period} for merchant in shops()["merchants"]]


def offers(now: datetime) -> Documents:
    """Return the offers, live for a year from now; the winners' priority lasts a week."""
    times = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(days=365)).isoformat()}
    first_week = {"priority_until": (now + timedelta(days=7)).isoformat()}
    return [
        {**offer, **times, **(first_week if "audience_id" in offer else {})} for offer in shops()["offers"]
    ]
