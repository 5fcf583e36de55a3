"""Owns the opening of days past the window, for a partner: asked for by one operator, approved by another.

Must not record anything; an import names the backfill and records into its days.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib import ids
from chalicelib.domain.days import from_text, local_day, to_text
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused
from chalicelib.profiles import current_profile
from chalicelib.services.checking import Backfill
from chalicelib.store import runs
from chalicelib.store.catalogue import get_document
from chalicelib.store.runs import Run

KIND = "backfill"
REQUESTED, APPROVED, EXPIRED = "requested", "approved", "expired"
VALID_FOR = timedelta(days=7)
DAYS_MAX = 366


def request_backfill(
    partner_id: str, from_on: str, to_on: str, reason: str, operator_id: str, now: datetime
) -> dict[str, Any]:
    """Ask for the days [from_on, to_on] (ISO) of a partner to be opened; it takes another operator's approval.

    Raises NotFound `partner-unknown`, InvalidInput for a range that is empty, too long or not over.
    """
    get_document("partner", partner_id)
    _check_range(date.fromisoformat(from_on), date.fromisoformat(to_on), local_day(now, current_profile().tz))
    body = {
        "partner_id": partner_id,
        "from_on": from_on,
        "to_on": to_on,
        "reason": reason,
        "requested_by": operator_id,
        "requested_at": to_text(now),
        "expires_at": to_text(now + VALID_FOR),
        "approved_by": None,
        "approved_at": None,
    }
    run = Run(ids.new_id("bkf"), KIND, to_text(now), REQUESTED, body)
    assert runs.add_run(run), "a new id is free"
    return _shown(run, now)


def approve_backfill(backfill_id: str, operator_id: str, now: datetime) -> dict[str, Any]:
    """Approve a backfill that another operator asked for; `_hit` when this operator had approved it already.

    Raises Forbidden `needs-second-person`, Refused `backfill-expired`, Conflict `backfill-approved`.
    """
    run = _backfill(backfill_id)
    if run.body["requested_by"] == operator_id:
        raise Forbidden("needs-second-person", "somebody else has to approve this", requested_by=operator_id)
    if run.state == APPROVED:
        if run.body["approved_by"] != operator_id:
            raise Conflict("backfill-approved", "somebody has approved this already")
        return _shown(run, now) | {"_hit": True}
    _check_not_expired(run, now)
    changed = replace(
        run, state=APPROVED, body=run.body | {"approved_by": operator_id, "approved_at": to_text(now)}
    )
    runs.replace_run(run, changed)
    return _shown(changed, now)


def list_backfills(limit: int, cursor: str | None, now: datetime) -> Page:
    """Return a page of all backfills, newest first."""
    page = runs.list_runs(KIND, limit, cursor)
    items = [_shown(runs.get_run(item["run_id"]), now) for item in page.items]
    return Page(items, page.cursor)


def find_opened(backfill_id: str, partner_id: str, now: datetime) -> Backfill:
    """Return the opening that imports of `partner_id` may name now.

    Raises NotFound `backfill-unknown`, Refused `backfill-not-approved` or `backfill-expired`.
    """
    run = _backfill(backfill_id)
    if run.body["partner_id"] != partner_id:
        raise NotFound("backfill-unknown", f"there is no backfill {backfill_id!r}", id=backfill_id)
    if run.state != APPROVED:
        raise Refused("backfill-not-approved", "a second person has not approved this backfill yet")
    _check_not_expired(run, now)
    return Backfill(
        backfill_id, date.fromisoformat(run.body["from_on"]), date.fromisoformat(run.body["to_on"])
    )


def _backfill(backfill_id: str) -> Run:
    run = runs.get_run(backfill_id, "backfill-unknown")
    if run.kind != KIND:
        raise NotFound("backfill-unknown", f"there is no backfill {backfill_id!r}", id=backfill_id)
    return run


def _check_range(from_on: date, to_on: date, today: date) -> None:
    if to_on < from_on:
        raise InvalidInput.at("/to_on", "早于 from_on")
    if (to_on - from_on).days >= DAYS_MAX:
        raise InvalidInput.at("/to_on", f"一次最多 {DAYS_MAX} 天")
    if to_on >= today:
        raise InvalidInput.at("/to_on", "必须是过去的日期")


def _check_not_expired(run: Run, now: datetime) -> None:
    if now >= from_text(run.body["expires_at"]):
        raise Refused("backfill-expired", "this backfill has expired", expired_at=run.body["expires_at"])


def _shown(run: Run, now: datetime) -> dict[str, Any]:
    is_over = now >= from_text(run.body["expires_at"])
    return {"backfill_id": run.run_id, "state": EXPIRED if is_over else run.state, **run.body}
