"""Owns an offer as one resident sees it: whether they could take it now, and if not, the first reason why.

Must not hold anything: the same checks are made again, and as conditions, when the resident takes it.
"""

from datetime import datetime
from typing import Any

from chalicelib.domain.accounts import points_available
from chalicelib.domain.days import local_day
from chalicelib.errors import Refused
from chalicelib.profiles import current_profile
from chalicelib.services.offers import get_offer
from chalicelib.services.spending import load
from chalicelib.services.taking import check_taking, keys_of_offer


def get_offer_for(offer_id: str, account_id: str, now: datetime) -> dict[str, Any]:
    """Return an offer with `can_take` and, when False, `why_not`: the code of the refusal; NotFound `offer-unknown`."""
    view = get_offer(offer_id, now)
    profile = current_profile()
    today = local_day(now, profile.tz)
    loaded = load(account_id, profile, now, keys_of_offer(offer_id, account_id))
    available = points_available(loaded.settled(profile, now).account, today)
    why_not = None
    try:
        check_taking(loaded, offer_id, account_id, now, today)
    except Refused as error:
        why_not = error.code
    if why_not is None and available < view["points"]:
        why_not = "points-insufficient"
    return {**view, "can_take": why_not is None, "why_not": why_not, "points_available": available}
