"""Owns the journal as a merchant sees it: what came and went at its tills, read from the index by counterparty.

Must not decide nor write. A merchant's day is spread over 16 shards, so a reading is 16 queries a UTC day.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.domain.days import day_start, local_day, to_text
from chalicelib.domain.entries import Entry, parse_entry
from chalicelib.domain.pages import Page
from chalicelib.errors import InvalidInput
from chalicelib.profiles import current_profile
from chalicelib.store.closed_vouchers import list_closed
from chalicelib.store.entries import SHARDS, entries_of_party

SINCE_MAX = timedelta(days=2)
CLOSED_SPAN = timedelta(days=1)
DAYS_MAX = 31
HOLDINGS_KEPT = timedelta(days=1100)
USES = (
    "保留作为商户参与碳普惠的减排量记录，可用于对外说明本店引导的居民减排。",
    "经第三方核证后，可按年份申请签发登记单位（1 千克起），签发前不能交易。",
    "签发后可转让，或用于抵消自身活动的排放并获得证明；注销后不可再用。",
)


def entries_between(merchant_id: str, from_at: datetime, to_at: datetime) -> Iterator[Entry]:
    """Yield a merchant's entries from `from_at` on and before `to_at`, in no order."""
    low, high = to_text(from_at), to_text(to_at)
    on = from_at.astimezone(UTC).date()
    while on <= to_at.astimezone(UTC).date():
        for shard in range(SHARDS):
            for body in entries_of_party(merchant_id, on.isoformat(), shard, low, high):
                entry = parse_entry(body)
                if low <= entry.at < high:
                    yield entry
        on += timedelta(days=1)


def list_movements(
    merchant_id: str, store_ids: tuple[str, ...], since: datetime, limit: int, now: datetime
) -> list[dict[str, Any]]:
    """Return what happened at these stores from `since` on (two days at most), newest first.

    The index follows within a second; a till asks again with the `at` of the newest it knows.
    """
    if since < now - SINCE_MAX:
        raise InvalidInput.at("/query/since", f"must be at most {SINCE_MAX.days} days ago")
    found = entries_between(merchant_id, since, now + timedelta(seconds=1))
    here = [entry for entry in found if entry.facts.get("store_id") in store_ids]
    here.sort(key=lambda entry: (entry.at, entry.account_id, entry.seq), reverse=True)
    return [_movement(entry) for entry in here[:limit]]


def _movement(entry: Entry) -> dict[str, Any]:
    facts = entry.facts
    kind = "void" if entry.kind == "refund" and facts.get("reason") == "void" else entry.kind
    return {
        "at": entry.at,
        "kind": kind,
        "redemption_id": facts["redemption_id"],
        "charge_id": facts.get("charge_id"),
        "via": facts.get("via", "voucher" if entry.kind == "post" else None),
        "store_id": facts.get("store_id"),
        "staff_id": facts.get("staff_id"),
        "points": entry.points,
        "grams_co2e": entry.grams_co2e,
        "bill_fen": facts.get("bill_fen"),
        "fen": facts.get("fen"),
    }


def list_closed_vouchers(merchant_id: str, since: datetime, now: datetime) -> dict[str, Any]:
    """Return the vouchers of a merchant that were redeemed or given back in the day from `since` on, oldest first.

    `next_since` is where to go on; `is_complete` tells that nothing later is known yet.
    """
    since = min(since, now)
    until = min(now, since + CLOSED_SPAN)
    posts = (entry for entry in entries_between(merchant_id, since, until) if entry.kind == "post")
    redeemed = [(entry.at, entry.facts["redemption_id"], "posted") for entry in posts]
    given_back = [(at, one, "voided") for at, one in list_closed(merchant_id, to_text(since), to_text(until))]
    items = [
        {"redemption_id": one, "state": state, "at": at} for at, one, state in sorted(redeemed + given_back)
    ]
    # What was written in the last moment may not stand in the index yet: it is asked for again.
    is_complete = until == now
    next_since = max(since, until - timedelta(seconds=5)) if is_complete else until
    return {"items": items, "next_since": to_text(next_since), "is_complete": is_complete}


def list_holdings(merchant_id: str, limit: int, before: str | None, now: datetime) -> Page:
    """Return what a merchant gathered, by local day and vintage, newest day first; `before` is the last day seen."""
    profile = current_profile()
    newest = local_day(now, profile.tz) if before is None else _day(before) - timedelta(days=1)
    days = [newest - timedelta(days=back) for back in range(min(limit, DAYS_MAX))]
    items = [_holding(merchant_id, on) for on in days]
    is_end = days[-1] < local_day(now, profile.tz) - HOLDINGS_KEPT
    return Page([item for item in items if item["vintages"]], None if is_end else days[-1].isoformat())


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _holding(merchant_id: str, on: date) -> dict[str, Any]:
    tz = current_profile().tz
    points: dict[int, int] = defaultdict(int)
    grams: dict[int, int] = defaultdict(int)
    for entry in entries_between(merchant_id, day_start(on, tz), day_start(on + timedelta(days=1), tz)):
        sign = 1 if entry.credit == merchant_id else -1
        for lot in entry.lots:
            points[lot.vintage] += sign * lot.points
            grams[lot.vintage] += sign * lot.grams_co2e
    vintages = [
        {"vintage": vintage, "points": points[vintage], "grams_co2e": grams[vintage], "uses": list(USES)}
        for vintage in sorted(points)
    ]
    return {"on": on.isoformat(), "vintages": vintages}


def since_of(asked: datetime | None, now: datetime) -> datetime:
    """Return from when on a list is asked for; a day ago when it does not say."""
    return asked or now - timedelta(days=1)


def as_of(now: datetime) -> str:
    """Return the stored form of the instant at which a list was read."""
    return to_text(now)
