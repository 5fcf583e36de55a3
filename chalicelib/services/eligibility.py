"""Owns who may take an offer that is not for everyone: the members of an audience, and who did something often enough.

Must not be asked for other offers: it costs reads of its own. What a resident did is counted from their own sheets.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.days import local_day
from chalicelib.domain.offers import is_for_audience_only
from chalicelib.domain.sheets import Sheet, is_credited, standing_of
from chalicelib.errors import Refused
from chalicelib.profiles import current_profile
from chalicelib.services.methodologies import by_ref
from chalicelib.store.audiences import is_member
from chalicelib.store.sheets import list_sheets


def check_eligible(offer: Mapping[str, Any], account_id: str, now: datetime) -> None:
    """Refuse a resident whom the offer is not for: `offer-not-eligible`, with what is missing."""
    if is_for_audience_only(offer, now) and not is_member(offer["audience_id"], account_id):
        until = offer.get("priority_until")
        detail = "this offer is for others"
        raise Refused("offer-not-eligible", detail, offer_id=offer["id"], priority_until=until)
    if "behaviour" in offer:
        needed, found = offer["behaviour"]["count"], count_behaviour(account_id, offer["behaviour"], now)
        if found < needed:
            detail = f"this offer needs {needed} times, {found} are on record"
            counts = {"count_needed": needed, "count_found": found}
            raise Refused("offer-not-eligible", detail, offer_id=offer["id"], **counts)


def count_behaviour(account_id: str, behaviour: Mapping[str, Any], now: datetime) -> int:
    """Return how often a resident did what `behaviour` {methodology_ids, count, days} names, in its last days.

    The days are those of the city, today included. What is worth nothing, capped, withheld or taken back, does not
    count.
    """
    today, days = local_day(now, current_profile().tz), behaviour["days"]
    first = today - timedelta(days=days - 1)
    sheets = (s for s in list_sheets(account_id, None, days + 1) if first <= s.on <= today)
    return _times(sheets, frozenset(behaviour["methodology_ids"]))


def _times(sheets: Iterable[Sheet], methodology_ids: frozenset[str]) -> int:
    return sum(
        by_ref(activity.methodology_ref).id in methodology_ids and is_credited(standing_of(sheet, event_key))
        for sheet in sheets
        for event_key, activity in sheet.activities.items()
    )
