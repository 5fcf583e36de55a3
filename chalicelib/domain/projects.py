"""Owns what a registered project claims: assets whose reductions are sold elsewhere and must not be paid here.

Must not know an asset's number; a claim stands under a keyed digest of it.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

ASSET_KINDS = ("charger", "meter", "vehicle")
CLAIMED = "claimed-by-project"


def is_claimed(claim: Mapping[str, Any] | None, on: date) -> bool:
    """Say whether a claim covers a day; both ends of its period count.

    >>> claim = {"project_id": "ccer-1", "from_on": "2026-01-01", "to_on": "2026-12-31"}
    >>> is_claimed(claim, date(2026, 12, 31)), is_claimed(claim, date(2027, 1, 1)), is_claimed(None, date(2026, 5, 1))
    (True, False, False)
    """
    return claim is not None and claim["from_on"] <= on.isoformat() <= claim["to_on"]
