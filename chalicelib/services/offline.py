"""Owns vouchers that a till scanned without a network: uploaded later, posted as of now, conflicts kept to be settled.

Must not trust the till's word beyond what its merchant risks: a day's points per till are bounded, a clock from the
future is refused, and a deadline counts as kept only within the profile's hours.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.domain.days import local_day, parse_instant, to_text
from chalicelib.domain.pages import Page
from chalicelib.domain.vouchers import Staff
from chalicelib.errors import InvalidInput, NotFound, Refused, TanhuiError, TooMany, Unavailable
from chalicelib.profiles import current_profile
from chalicelib.services.tills import Offline, redeem_scanned, scanned_voucher
from chalicelib.store import attempts, cases
from chalicelib.store.transactions import Transaction

KIND = "offline-conflict"
OPEN, SETTLED = "open", "settled"
CLOCK_AHEAD_MAX = timedelta(minutes=5)
_COUNTER_KEPT_DAYS = 40


def upload_vouchers(staff: Staff, items: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    """Post each `{token, scan_id, store_id, scanned_at}` by itself and answer with every outcome.

    `posted` (again: also), `conflict` (kept for the manager, with code and facts), `retry` (send this one again).
    Sending the whole upload again changes nothing. InvalidInput names an item whose `scanned_at` lies in the future.
    """
    for position, item in enumerate(items):
        if parse_instant(item["scanned_at"]) > now + CLOCK_AHEAD_MAX:
            raise InvalidInput.at(f"/items/{position}/scanned_at", "lies in the future")
    results = [_uploaded(staff, item, now) for item in items]
    counts = {
        outcome: sum(r["outcome"] == outcome for r in results) for outcome in ("posted", "conflict", "retry")
    }
    return {"results": results, "counts": counts}


def _uploaded(staff: Staff, item: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    said: dict[str, Any] = {"scan_id": item["scan_id"], "redemption_id": None, "code": None, "detail": None}
    try:
        posted = _post(staff, item, now)
    except (Unavailable, TooMany) as error:
        return {**said, "outcome": "retry", "code": error.code, "detail": error.detail}
    except TanhuiError as error:
        _keep_conflict(staff, item, error, now)
        return {**said, "outcome": "conflict", "code": error.code, "detail": error.detail}
    return {**said, "outcome": "posted", "redemption_id": posted["redemption_id"]}


def _post(staff: Staff, item: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    profile = current_profile()
    scanned_at = parse_instant(item["scanned_at"])
    is_in_time = now - scanned_at <= timedelta(hours=profile.offline_hours)
    offline = Offline(scanned_at, is_in_time, partial(_add_exposure, staff, scanned_at))
    return redeem_scanned(staff, item["token"], item["store_id"], item["scan_id"], now, offline)


def _add_exposure(staff: Staff, scanned_at: datetime, points: int, tx: Transaction) -> None:
    """Count what a till brings of one local day, in the transaction that posts it; Refused `offline-limit`."""
    profile = current_profile()
    on = local_day(scanned_at, profile.tz)
    name = f"till-offline#{staff.staff_id}#{on.isoformat()}"
    read = attempts.find_count(name)
    if read + points > profile.offline_points_per_day:
        facts = {"points_of_the_day": read, "points_max": profile.offline_points_per_day}
        raise Refused(
            "offline-limit", "this till has brought too many points scanned offline that day", **facts
        )
    purge_after_s = int((scanned_at + timedelta(days=_COUNTER_KEPT_DAYS)).timestamp())
    attempts.add_count(tx, name, read, read + points, purge_after_s)


def _keep_conflict(staff: Staff, item: Mapping[str, Any], error: TanhuiError, now: datetime) -> None:
    """Keep what did not go through, once per scan, with what is known of the voucher, for the manager to settle."""
    known = scanned_voucher(item["token"])
    facts = {name: fact for name, fact in error.facts.items() if isinstance(fact, str | int)}
    body = {
        "scan_id": item["scan_id"],
        "store_id": item["store_id"],
        "staff_id": staff.staff_id,
        "scanned_at": to_text(parse_instant(item["scanned_at"])),
        "code": error.code,
        "facts": facts,
        "redemption_id": known.redemption_id if known else None,
        "title": known.offer["title"] if known else None,
        "points": known.points if known else None,
    }
    case_id = f"offline-{staff.merchant_id}-{staff.staff_id}-{item['scan_id']}"
    cases.add_case(cases.Case(case_id, KIND, OPEN, staff.merchant_id, to_text(now), cases.NO_DEADLINE, body))


def list_conflicts(staff: Staff, limit: int, cursor: str | None) -> Page:
    """Return a page of a merchant's conflicts, newest first."""
    return cases.list_cases_of(staff.merchant_id, KIND, limit, cursor)


def settle_conflict(staff: Staff, case_id: str, note: str, now: datetime) -> dict[str, Any]:
    """Note what a manager did about a conflict; settled already: `_hit`. NotFound `offline-conflict-unknown`."""
    read = cases.get_case(case_id, KIND)
    if read.subject != staff.merchant_id:
        raise NotFound("offline-conflict-unknown", "your merchant has no such conflict", id=case_id)
    if read.state == SETTLED:
        return {**cases.case_fields(read), "_hit": True}
    body = {**read.body, "note": note, "settled_by": staff.staff_id, "settled_at": to_text(now)}
    changed = cases.Case(
        read.case_id, KIND, SETTLED, read.subject, read.opened_at, cases.NO_DEADLINE, body, read.version
    )
    return cases.case_fields(cases.replace_case(read, changed))
