"""Owns the day sheet: what one resident did on one local day, and what may still be added to it.

Must not know tables or conditions. A sheet is append-only; the number of its activities is its version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from chalicelib.domain.activities import Activity, Recorded, encode_activity
from chalicelib.domain.canonical import digest_of

CAP_PER_DAY = "cap-per-day"
SHEET_FULL = "sheet-full"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One resident's local day. `settled_*` is what nightly settling has written back; totals are of all activities."""

    account_id: str
    on: date
    activities: Mapping[str, Activity] = field(default_factory=dict)
    paid_by_code: Mapping[str, int] = field(default_factory=dict)
    grams_co2e: int = 0
    millipoints: int = 0
    settled_grams_co2e: int = 0
    settled_millipoints: int = 0
    is_open: bool = True

    @property
    def version(self) -> int:
        """Return the number of activities; every write raises it."""
        return len(self.activities)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An activity that passed its methodology, and the caps it still has to fit under."""

    activity: Activity
    code: str
    events_per_day_max: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to add to a sheet (in order) and what to answer for each candidate (in order)."""

    additions: tuple[Activity, ...]
    paid_by_code: Mapping[str, int]
    room_by_code: Mapping[str, int]
    recorded: tuple[Recorded, ...]


def plan_additions(sheet: Sheet, candidates: Sequence[Candidate], events_per_day_max: int) -> Plan:
    """Return what recording `candidates` on `sheet` would do.

    A key already there is a duplicate; past its cap an activity is kept but worth nothing; past
    `events_per_day_max` it is refused. `room_by_code` says how many paid activities the stored sheet may already
    hold for the plan to remain true.
    """
    additions: dict[str, Activity] = {}
    paid: dict[str, int] = {}
    caps: dict[str, int] = {}
    seen: set[str] = set()
    recorded = []
    for candidate in candidates:
        activity, code = candidate.activity, candidate.code
        known = sheet.activities.get(activity.event_key) or additions.get(activity.event_key)
        is_repeated = activity.event_key in seen
        seen.add(activity.event_key)
        if known is not None:
            is_same_batch = not is_repeated and bool(known.batch_id) and known.batch_id == activity.batch_id
            recorded.append(replace(_added(sheet, known), outcome="duplicate", same_batch=is_same_batch))
            continue
        if sheet.version + len(additions) >= events_per_day_max:
            recorded.append(Recorded(_activity_id(sheet, activity), "refused", 0, 0, SHEET_FULL))
            continue
        if sheet.paid_by_code.get(code, 0) + paid.get(code, 0) >= candidate.events_per_day_max:
            activity = replace(activity, grams_co2e=0, millipoints=0, reason=CAP_PER_DAY)
        else:
            paid[code] = paid.get(code, 0) + 1
        caps[code] = candidate.events_per_day_max
        additions[activity.event_key] = activity
        recorded.append(_added(sheet, activity))
    room = {code: caps[code] - paid.get(code, 0) for code in caps}
    return Plan(tuple(additions.values()), paid, room, tuple(recorded))


def add_activities(sheet: Sheet, plan: Plan) -> Sheet:
    """Return the sheet as it stands once `plan` is written."""
    paid = dict(sheet.paid_by_code)
    for code, count in plan.paid_by_code.items():
        paid[code] = paid.get(code, 0) + count
    return replace(
        sheet,
        activities={**sheet.activities, **{a.event_key: a for a in plan.additions}},
        paid_by_code=paid,
        grams_co2e=sheet.grams_co2e + sum(a.grams_co2e for a in plan.additions),
        millipoints=sheet.millipoints + sum(a.millipoints for a in plan.additions),
        is_open=True,
    )


def sheet_digest(sheet: Sheet) -> str:
    """Return the hash of everything recorded on the sheet, independent of the order of arrival."""
    lines = {key: encode_activity(activity) for key, activity in sheet.activities.items()}
    return digest_of({"account_id": sheet.account_id, "on": sheet.on.isoformat(), "activities": lines})


def activity_id(on: date, event_key: str) -> str:
    """Return the id by which a resident finds one activity again.

    >>> activity_id(date(2026, 11, 20), "AbC")
    '20261120-AbC'
    """
    return f"{on:%Y%m%d}-{event_key}"


def _activity_id(sheet: Sheet, activity: Activity) -> str:
    return activity_id(sheet.on, activity.event_key)


def _added(sheet: Sheet, activity: Activity) -> Recorded:
    outcome = "capped" if activity.reason else "accepted"
    return Recorded(
        _activity_id(sheet, activity),
        outcome,
        activity.grams_co2e,
        activity.millipoints,
        activity.reason or None,
    )
