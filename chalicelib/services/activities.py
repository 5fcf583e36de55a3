"""Owns recording: observations of a resident's day become activities on the day sheet, worth grams and points.

Must not know HTTP or files; partners, imports and residents all record through here.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from chalicelib.domain.activities import CAPS, Observation, Recorded, outcome_of_reason
from chalicelib.domain.days import day_start, local_day
from chalicelib.domain.pages import Page
from chalicelib.domain.profiles import Profile
from chalicelib.domain.recording import Candidate, Plan, plan_additions
from chalicelib.domain.refusals import Refusal
from chalicelib.domain.sheets import Sheet
from chalicelib.errors import Conflict, InvalidInput, Refused, Unavailable
from chalicelib.profiles import current_profile
from chalicelib.services.checking import Backfill, CheckedDay, check_day
from chalicelib.services.declarations import declaration_refusal
from chalicelib.services.explaining import activity_view
from chalicelib.services.methodologies import by_ref
from chalicelib.store import sheets as store
from chalicelib.store.client import pause
from chalicelib.store.sheet_batches import BATCH_MAX, insert_sheets

_ATTEMPTS_MAX = 5
_RETRY_TOGETHER_EVERY = 8

Day = tuple[str, date, Sequence[Observation]]


def record_day(
    account_id: str,
    on: date,
    observations: Sequence[Observation],
    now: datetime,
    opened: Backfill | None = None,
) -> list[Recorded]:
    """Record what one resident did on one local day and return, in order, what became of each observation.

    One conditional update in the normal case, also for a duplicate; a second one when a cap cut in. Of what a
    methodology or the window refuses a note is kept. Safe to repeat, reorder and race.
    """
    day = check_day(account_id, on, observations, now, opened)
    plan = _alone(day, current_profile())
    _note_elsewhere([day])
    return day.answers(plan)


def note_refusals(account_id: str, on: date, refusals: Sequence[Refusal]) -> None:
    """Note on the sheet of the day `on` what was refused, as far as it has room: 20 notes; known ones stay once."""
    if refusals:
        _write(Sheet(account_id, on), (), current_profile(), refusals)


class Freshness:
    """How often lately the days of a delivery had no sheet yet; a guess that costs little when it is wrong.

    While most are fresh they are written together; an attempt on a sheet that exists is paid for and gains nothing,
    so after mostly such attempts only every eighth group is tried together again.
    """

    def __init__(self) -> None:
        self._is_mostly_fresh = True
        self._groups_alone = 0

    def should_try(self) -> bool:
        """Say whether the next group should be written together."""
        self._groups_alone += 1
        return self._is_mostly_fresh or self._groups_alone % _RETRY_TOGETHER_EVERY == 0

    def note(self, written: Sequence[bool]) -> None:
        """Learn from a group that was tried together."""
        self._is_mostly_fresh = 2 * sum(written) >= len(written)


def record_days(
    days: Sequence[Day], now: datetime, opened: Backfill | None = None, freshness: Freshness | None = None
) -> list[list[Recorded]]:
    """Record many resident-days, each as `record_day` would, and return the answers in order.

    Fresh sheets are written 25 at once; those that turn out to exist already are recorded one by one.
    """
    profile = current_profile()
    freshness = freshness or Freshness()
    checked = [check_day(account_id, on, some, now, opened) for account_id, on, some in days]
    written: dict[int, Plan] = {}
    to_write = [day for day in checked if day.candidates]
    for start in range(0, len(to_write), BATCH_MAX):
        if not freshness.should_try():
            continue
        batch = to_write[start : start + BATCH_MAX]
        plans = [
            plan_additions(day.sheet, day.candidates, profile.day_rules, day.own_refusals) for day in batch
        ]
        were_fresh = insert_sheets([(day.sheet, plan) for day, plan in zip(batch, plans, strict=True)])
        freshness.note(were_fresh)
        written |= {id(day): plan for day, plan, ok in zip(batch, plans, were_fresh, strict=True) if ok}
    answers = [day.answers(written.get(id(day)) or _alone(day, profile)) for day in checked]
    _note_elsewhere(checked)
    return answers


def _alone(day: CheckedDay, profile: Profile) -> Plan | None:
    if not day.has_something:
        return None
    plan = _write(day.sheet, day.candidates, profile, day.own_refusals)
    note_refusals(day.sheet.account_id, day.sheet.on, day.refused_by(plan))
    return plan


def _note_elsewhere(days: Sequence[CheckedDay]) -> None:
    """Note what belongs to days that are not open, on today's sheets, once for each resident."""
    elsewhere: dict[tuple[str, date], list[Refusal]] = {}
    for day in days:
        if day.noted_on != day.sheet.on:
            elsewhere.setdefault((day.sheet.account_id, day.noted_on), []).extend(day.refusals)
    for (account_id, on), refusals in elsewhere.items():
        note_refusals(account_id, on, refusals)


def declare_activity(
    account_id: str,
    methodology_id: str,
    inputs: Mapping[str, int],
    event_id: str,
    occurred_at: datetime,
    now: datetime,
    photo_id: str | None = None,
) -> dict[str, Any]:
    """Record one behaviour on the resident's own word; Refused with the reason when it cannot count.

    `event_id` is made by the client and begins with the city's day of `occurred_at`, YYYYMMDD: a sheet knows its own
    day's events only, and so an id cannot be used again on another day. The same one again answers the same (`_hit`);
    for something else it is a Conflict `idempotency-key-reused`.
    """
    on = local_day(occurred_at, current_profile().tz)
    if not event_id.startswith(f"{on:%Y%m%d}"):
        raise InvalidInput.at("/event_id", f"must begin with the day of occurred_at, {on:%Y%m%d}")
    observation = Observation(
        source=f"self:{account_id}",
        source_event_id=event_id,
        methodology_id=methodology_id,
        inputs=inputs,
        occurred_at=occurred_at,
        evidence="self-declared",
        batch_id="",
        refusal=declaration_refusal(account_id, methodology_id, event_id, photo_id, on),
    )
    recorded = record_day(account_id, on, [observation], now)[0]
    if recorded.outcome == "refused":
        raise Refused(
            recorded.reason or "refused", _REFUSALS.get(recorded.reason or "", "this does not count")
        )
    if recorded.outcome == "duplicate":
        _check_same(account_id, on, observation, recorded)
    return {
        "activity_id": recorded.activity_id,
        "outcome": outcome_of_reason(recorded.reason or ""),
        "grams_co2e": recorded.grams_co2e,
        "millipoints": recorded.millipoints,
        "cut": _cut_of(recorded),
        "reason": recorded.reason,
        "_hit": recorded.outcome == "duplicate",
    }


def _cut_of(recorded: Recorded) -> dict[str, int] | None:
    if recorded.reason not in CAPS:
        return None
    return {"grams_co2e": recorded.cut_grams_co2e, "millipoints": recorded.cut_millipoints}


def _check_same(account_id: str, on: date, observation: Observation, recorded: Recorded) -> None:
    """Refuse an event id that stands for another activity of that day."""
    sheet = store.find_sheet(account_id, on)
    assert sheet is not None, "a duplicate has a sheet"
    known = sheet.activities[recorded.activity_id.partition("-")[2]]
    methodology = by_ref(known.methodology_ref)
    inputs = dict(zip(sorted(methodology.inputs), known.inputs, strict=True))
    second = int((observation.occurred_at - day_start(on, current_profile().tz)).total_seconds())
    if (methodology.id, inputs, known.second_of_day) != (
        observation.methodology_id,
        dict(observation.inputs),
        second,
    ):
        raise Conflict("idempotency-key-reused", "this event id was used for something else")


def list_activities(account_id: str, now: datetime, on: date | None, limit: int, cursor: str | None) -> Page:
    """Return a resident's activities, newest first, whole days at a time until `limit` is reached.

    `cursor` is the ISO day before which to go on. With `on`, only that day.
    """
    if on is not None:
        sheet = store.find_sheet(account_id, on)
        return Page(_views(sheet), None) if sheet else Page([], None)
    before = _cursor_day(cursor)
    days = store.list_sheets(account_id, before, limit)
    items: list[dict[str, Any]] = []
    for position, sheet in enumerate(days):
        items += _views(sheet)
        if len(items) >= limit:
            is_last = position == len(days) - 1 and len(days) < limit
            return Page(items, None if is_last else sheet.on.isoformat())
    return Page(items, None)


def _views(sheet: Sheet) -> list[dict[str, Any]]:
    tz = current_profile().tz
    newest_first = sorted(
        sheet.activities.values(), key=lambda a: (a.second_of_day, a.event_key), reverse=True
    )
    return [activity_view(sheet, activity.event_key, tz) for activity in newest_first]


def _cursor_day(cursor: str | None) -> date | None:
    try:
        return date.fromisoformat(cursor) if cursor else None
    except ValueError:
        raise InvalidInput.at("/cursor", "is not a cursor of this list") from None


def _write(
    sheet: Sheet, candidates: Sequence[Candidate], profile: Profile, refusals: Sequence[Refusal]
) -> Plan:
    """Plan blindly for an empty sheet; when that does not hold, plan again for the sheet that stood in the way."""
    is_blind, rules = True, profile.day_rules
    for attempt in range(1, _ATTEMPTS_MAX + 1):
        plan = plan_additions(sheet, candidates, rules, refusals)
        if plan.is_empty:
            return plan
        stored = store.try_add(sheet, plan, is_blind, rules)
        if stored is None:
            return plan
        # The first write is blind: that it failed says that the sheet is known now, not that somebody else is at it.
        if not is_blind and attempt < _ATTEMPTS_MAX:
            pause(attempt)
            stored = store.find_sheet(sheet.account_id, sheet.on) or stored
        sheet, is_blind = stored, False
    raise Unavailable("too-busy", "too many changes at once; the same request may be sent again")


_REFUSALS = {
    "unknown-methodology": "this programme has no such behaviour",
    "methodology-not-valid": "this behaviour does not count on that day",
    "in-the-future": "this has not happened yet",
    "outside-window": "this is too long ago to be recorded",
    "evidence-not-accepted": "this behaviour does not count on one's own word",
    "wrong-inputs": "the inputs are not those of this behaviour",
    "quantity-out-of-range": "the quantity is not believable",
    "evidence-missing": "the photo of this event has not been uploaded",
    "evidence-invalid": "this is not a JPEG, PNG or WebP photo of at most 5 MB",
    "source-not-accredited": "one's own word does not count for this behaviour on that day",
    "sheet-full": "this day holds as many activities as a day can",
}
