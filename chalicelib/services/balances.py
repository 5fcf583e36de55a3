"""Owns the balance as a resident sees it: settled lots plus what the open sheets add, expired lots left out."""

from datetime import datetime
from typing import Any

from chalicelib.domain.accounts import points_available
from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.lots import spendable, total_grams
from chalicelib.profiles import current_profile
from chalicelib.services.spending import load


def read_balance(account_id: str, now: datetime) -> dict[str, Any]:
    """Return points and grams as they can be spent now, lot by lot; one round trip, nothing written."""
    profile = current_profile()
    today = local_day(now, profile.tz)
    loaded = load(account_id, profile, now)
    settled, full = loaded.account, loaded.settled(profile, now).account
    lots = spendable(full.lots, today)
    available = points_available(full, today)
    grams_settled = total_grams(spendable(settled.lots, today))
    return {
        "points_available": available,
        "points_held": full.held_points,
        "grams_co2e": total_grams(lots),
        "millipoints_carry": full.millipoints_carry,
        "lots": [
            {
                "vintage": lot.vintage,
                "expires_on": lot.expires_on.isoformat(),
                "points": lot.points,
                "grams_co2e": lot.grams_co2e,
            }
            for lot in lots
        ],
        "unsettled": {
            "points": available - points_available(settled, today),
            "grams_co2e": total_grams(lots) - grams_settled,
        },
        "as_of": to_text(now),
    }
