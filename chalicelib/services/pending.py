"""Owns what waits for a verifier, one activity at a time: shown without saying whose it is, confirmed or rejected.

Must not credit anything itself; `services.corrections` does. A decision is a case, put down before it takes effect: a
repeat finds it and finishes it. Batches are `services.verifications`.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.domain.activities import PENDING, Activity
from chalicelib.domain.corrections import Correction
from chalicelib.domain.days import day_start, local_day, to_text
from chalicelib.domain.methodologies import quantify
from chalicelib.domain.pages import Page
from chalicelib.domain.sheets import Sheet, activity_id, standing_of
from chalicelib.domain.verifying import Wanted, pending_on
from chalicelib.errors import Conflict, InvalidInput, NotFound, Refused
from chalicelib.keys import keyed_digest
from chalicelib.profiles import current_profile
from chalicelib.services import corrections, photos
from chalicelib.services.accreditations import Verifier, check_independent
from chalicelib.services.methodologies import by_ref, versions_of
from chalicelib.services.sealing import Reference, pseudonym_of, seal, unseal
from chalicelib.store import cases
from chalicelib.store.cases import NO_DEADLINE, Case
from chalicelib.store.sheet_index import Place, read_page
from chalicelib.store.sheets import SHARDS, find_sheet

KIND = "activity-verification"
CONFIRM, REJECT = "confirm", "reject"
DECIDING, CONFIRMED, REJECTED, OVERTAKEN = "deciding", "confirmed", "rejected", "overtaken"
NO_ROOM = "no-room"  # the day could not take a confirmation: still pending, to be decided again
DAYS_MAX = 366
_STATES = {CONFIRM: CONFIRMED, REJECT: REJECTED}
_PAGES_MAX = 32


def wanted_of(
    methodology_id: str | None, source: str | None, from_on: date | None, to_on: date | None, now: datetime
) -> Wanted:
    """Return which pending activities are meant; the last 366 days unless a range says otherwise.

    InvalidInput for a methodology that this city does not have, or a range that is empty or too long.
    """
    to_on = to_on or local_day(now, current_profile().tz)
    from_on = from_on or to_on - timedelta(days=DAYS_MAX - 1)
    if not 0 <= (to_on - from_on).days < DAYS_MAX:
        raise InvalidInput.at("/to_on", f"must be at or after from_on, at most {DAYS_MAX} days")
    code = None
    if methodology_id is not None:
        versions = versions_of(methodology_id)
        if not versions:
            raise InvalidInput.at("/methodology_id", f"there is no methodology {methodology_id!r}")
        code = versions[0].code
    return Wanted(code, source, from_on, to_on)


def list_pending(wanted: Wanted, limit: int, cursor: str | None) -> Page:
    """Return a page of pending activities, whole sheets at a time until `limit` is reached.

    Reads a bounded number of sheets: a page may be short, or empty, and still have a next one.
    """
    shard, after = _place_of(cursor)
    items: list[dict[str, Any]] = []
    for _ in range(_PAGES_MAX):
        if shard >= SHARDS or len(items) >= limit:
            break
        room = min(limit - len(items), 100)
        found = read_page("by_pending", f"{shard:02d}", wanted.from_on, wanted.to_on, after, room)
        items += [
            pending_view(sheet, activity) for sheet in found.sheets for activity in pending_on(sheet, wanted)
        ]
        after = found.next
        shard += after is None
    return Page(items, _cursor_at(shard, after) if shard < SHARDS else None)


def pending_view(sheet: Sheet, activity: Activity) -> dict[str, Any]:
    """Return one activity as verifiers see it; `grams_co2e` is what it would be worth before caps."""
    methodology = by_ref(activity.methodology_ref)
    inputs = dict(zip(sorted(methodology.inputs), activity.inputs, strict=True))
    begins_at = day_start(sheet.on, current_profile().tz) + timedelta(seconds=activity.second_of_day)
    return {
        "pending_id": seal(Reference(sheet.account_id, sheet.on, activity.event_key)),
        "activity_id": activity_id(sheet.on, activity.event_key),
        "resident": pseudonym_of(sheet.account_id),
        "on": sheet.on.isoformat(),
        "occurred_at": to_text(begins_at),
        "methodology_id": methodology.id,
        "methodology_version": methodology.version,
        "behaviour": methodology.document["behaviour"]["zh"],
        "inputs": inputs,
        "source": activity.source,
        "evidence": activity.evidence,
        "grams_co2e": quantify(methodology, inputs, activity.evidence).grams_co2e,
        "outcome": standing_of(sheet, activity.event_key).outcome,
    }


def decide_pending(
    pending_id: str, decision: str, note: str, verifier: Verifier, now: datetime
) -> dict[str, Any]:
    """Confirm or reject one pending activity; the same decision again answers the same (`_hit`).

    Raises InvalidInput or NotFound `activity-unknown` for an id that is none, Forbidden `verifier-is-source`, Conflict
    `verification-decided` when somebody has decided otherwise, `activity-not-pending` when nothing is to be decided,
    Refused `sheet-full` when the day cannot take a confirmation any more: it can still be rejected.
    """
    assert decision in _STATES, "a decision is confirm or reject"
    reference = unseal(pending_id)
    sheet, activity = _find(reference)
    check_independent(verifier, activity.source)
    case_id = "ver_" + keyed_digest("verification", *map(str, reference))
    case = cases.find_case(case_id, KIND)
    is_known = case is not None and case.state != NO_ROOM
    if case is None or case.state == NO_ROOM:
        if standing_of(sheet, activity.event_key).outcome != PENDING:
            raise Conflict("activity-not-pending", "this activity does not wait for verification any more")
        case = _opened(case_id, reference, decision, note, verifier, now, case)
    if case.body["decision"] != decision:
        raise Conflict(
            "verification-decided", "somebody has decided otherwise", decision=case.body["decision"]
        )
    correction = finish_decision(case, now)
    outcome = {"state": _STATES[decision], "grams_co2e": correction.grams_co2e, "reason": correction.reason}
    return {"activity_id": activity_id(reference.on, reference.event_key), **outcome, "_hit": is_known}


def finish_decision(case: Case, now: datetime) -> Correction:
    """Let the decision of a case take effect; again, the same. Conflict `activity-not-pending` when it is too late,
    Refused `sheet-full` when the day has no room for it: then the decision is open again.
    """
    decision = case.body["decision"]
    apply = corrections.confirm_activity if decision == CONFIRM else corrections.reject_activity
    on, event_key = date.fromisoformat(case.body["on"]), case.body["event_key"]
    try:
        correction = apply(case.subject, on, event_key, case.case_id, now)
    except Refused:
        _close(case, NO_ROOM)
        raise
    except Conflict as error:
        if error.code != "correction-not-possible":
            raise
        _close(case, OVERTAKEN)
        detail = "this activity does not wait for verification any more"
        raise Conflict("activity-not-pending", detail) from error
    assert correction is not None, "a decision is a correction"
    _close(case, _STATES[decision])
    return correction


def pending_photo(pending_id: str, verifier: Verifier) -> dict[str, Any]:
    """Return a link to the photo of an activity; NotFound `photo-unknown`, also for what nobody declared."""
    reference = unseal(pending_id)
    _, activity = _find(reference)
    check_independent(verifier, activity.source)
    return photos.photo_link(reference.account_id, reference.event_key)


def _find(reference: Reference) -> tuple[Sheet, Activity]:
    sheet = find_sheet(reference.account_id, reference.on)
    if sheet is None or reference.event_key not in sheet.activities:
        raise NotFound("activity-unknown", "there is no such activity")
    return sheet, sheet.activities[reference.event_key]


def _opened(
    case_id: str,
    reference: Reference,
    decision: str,
    note: str,
    verifier: Verifier,
    now: datetime,
    without_room: Case | None,
) -> Case:
    """Put a decision down, anew in the place of one for which the day had no room; who was first is returned."""
    body = {
        "on": reference.on.isoformat(),
        "event_key": reference.event_key,
        "decision": decision,
        "note": note,
        "decided_by": verifier.staff_id,
        "decided_at": to_text(now),
    }
    case = Case(case_id, KIND, DECIDING, reference.account_id, to_text(now), NO_DEADLINE, body)
    try:
        if without_room is not None:
            return cases.replace_case(without_room, replace(without_room, state=DECIDING, body=body))
    except Conflict:
        return cases.get_case(case_id, KIND)
    return case if cases.add_case(case) else cases.get_case(case_id, KIND)


def _close(case: Case, state: str) -> None:
    """Note how a decision ended; whoever was first has noted the same."""
    if case.state != DECIDING:
        return
    with suppress(Conflict):
        cases.replace_case(case, replace(case, state=state))


def _cursor_at(shard: int, after: Place | None) -> str:
    """A cursor can be read by whoever holds it: the account in it is sealed."""
    return f"{shard}." + (seal(Reference(after.account_id, after.on, "")) if after else "")


def _place_of(cursor: str | None) -> tuple[int, Place | None]:
    shard, _, sealed = (cursor or "0.").partition(".")
    reference = unseal(sealed) if sealed else None
    return int(shard), Place(reference.on, reference.account_id) if reference else None
