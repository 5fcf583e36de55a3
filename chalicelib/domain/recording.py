"""Owns what may still be added to a day sheet: duplicates, caps, clashes, bounds.

Must not know tables or conditions; `store.sheets` writes a plan, or says what stood in its way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.domain.activities import (
    CAP_PER_DAY,
    CAP_PER_RESIDENT,
    CAPS,
    PENDING,
    Activity,
    Recorded,
    outcome_of_reason,
)
from chalicelib.domain.clashes import TRIPS, ClashRules, clash_among, clash_with, slot_of
from chalicelib.domain.refusals import REFUSALS_MAX, Refusal
from chalicelib.domain.sheets import Sheet, activity_id

SHEET_FULL = "sheet-full"


@dataclass(frozen=True, slots=True)
class DayRules:
    """What the profile allows on one resident's day, over all behaviours."""

    events_per_day_max: int
    millipoints_per_day_max: int
    clashes: ClashRules = field(default_factory=ClashRules)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An activity that passed its methodology, with its full worth, and the caps it still has to fit under."""

    activity: Activity
    code: str
    events_per_day_max: int
    points_per_kg: int
    needs_verification: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What to add to a sheet (in order) and what to answer for each candidate (in order).

    `room_by_code` says how many paid activities, `millipoints_room` how many millipoints the stored sheet may already
    hold for the plan to remain true; `slots` are the stretches of the day in which nothing else may start.
    """

    additions: tuple[Activity, ...]
    paid_by_code: Mapping[str, int]
    room_by_code: Mapping[str, int]
    recorded: tuple[Recorded, ...]
    millipoints_room: int = 0
    slots: frozenset[int] = frozenset()
    refusals: tuple[Refusal, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to write."""
        return not self.additions and not self.refusals

    @property
    def has_pending(self) -> bool:
        """Say whether something added waits for a verifier."""
        return any(activity.reason == PENDING for activity in self.additions)


def plan_additions(
    sheet: Sheet, candidates: Sequence[Candidate], rules: DayRules, refused: Sequence[Refusal] = ()
) -> Plan:
    """Return what recording `candidates` on `sheet` would do, and noting what was `refused` already.

    A key already there is a duplicate. What clashes with something that counts, or is past its cap, is kept but worth
    nothing; past the resident's cap it is cut to what is left. Past `events_per_day_max` it is refused. A sheet keeps
    at most 20 notes of refusals, the first ones.
    """
    planning = _Planning(sheet, rules)
    recorded = tuple(planning.add(candidate) for candidate in candidates)
    new = {refusal.event_key: refusal for refusal in refused if refusal.event_key not in sheet.refusals}
    notes = tuple(new.values())[: max(REFUSALS_MAX - len(sheet.refusals), 0)]
    return replace(planning.plan(recorded), refusals=notes)


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


def cut_to_room(grams_co2e: int, points_per_kg: int, millipoints_room: int) -> tuple[int, int]:
    """Return the (grams, millipoints) of which the resident's day still has room, whole grams only.

    >>> cut_to_room(515, 100, 20_050), cut_to_room(515, 100, 60_000)
    ((200, 20000), (515, 51500))
    """
    grams = min(grams_co2e, max(millipoints_room, 0) // points_per_kg)
    return grams, grams * points_per_kg


class _Planning:
    """The sheet as it grows candidate by candidate."""

    def __init__(self, sheet: Sheet, rules: DayRules) -> None:
        self._sheet, self._rules = sheet, rules
        self._additions: dict[str, Activity] = {}
        self._counting: dict[str, list[Activity]] = {}
        self._paid: dict[str, int] = {}
        self._caps: dict[str, int] = {}
        self._seen: set[str] = set()
        self._millipoints = 0

    def add(self, candidate: Candidate) -> Recorded:
        """Take one more candidate in, if it may be, and return what to answer."""
        activity = candidate.activity
        known = self._sheet.activities.get(activity.event_key) or self._additions.get(activity.event_key)
        is_repeated = activity.event_key in self._seen
        self._seen.add(activity.event_key)
        if known is not None:
            is_same_batch = not is_repeated and bool(known.batch_id) and known.batch_id == activity.batch_id
            answer = _answer(self._sheet, known, activity)
            return replace(answer, outcome="duplicate", same_batch=is_same_batch)
        if len(self._sheet.activities) + len(self._additions) >= self._rules.events_per_day_max:
            wanted = activity_id(self._sheet.on, activity.event_key)
            return Recorded(wanted, "refused", 0, 0, SHEET_FULL)
        added = self._judged(candidate)
        self._additions[activity.event_key] = added
        return _answer(self._sheet, added, activity)

    def _judged(self, candidate: Candidate) -> Activity:
        """Return the activity with what it is paid, and why that is less than its worth."""
        activity, code = candidate.activity, candidate.code
        if candidate.needs_verification:
            return _worth_nothing(activity, PENDING)
        group = self._rules.clashes.group_of(code)
        clash = self._clash(activity, group) if group else None
        if clash is not None:
            return _worth_nothing(activity, clash)
        self._caps[code] = candidate.events_per_day_max
        if self._sheet.paid_by_code.get(code, 0) + self._paid.get(code, 0) >= candidate.events_per_day_max:
            return _worth_nothing(activity, CAP_PER_DAY)
        room = self._rules.millipoints_per_day_max - self._sheet.millipoints - self._millipoints
        if activity.millipoints > room:
            grams, millipoints = cut_to_room(activity.grams_co2e, candidate.points_per_kg, room)
            activity = replace(activity, grams_co2e=grams, millipoints=millipoints, reason=CAP_PER_RESIDENT)
        else:
            self._paid[code] = self._paid.get(code, 0) + 1
        self._millipoints += activity.millipoints
        if group and activity.grams_co2e:
            self._counting.setdefault(group, []).append(activity)
        return activity

    def _clash(self, activity: Activity, group: str) -> str | None:
        rules = self._rules.clashes
        on_sheet = clash_with(self._sheet, activity, rules) if self._sheet.activities else None
        return on_sheet or clash_among(activity, self._counting.get(group, ()), rules, group)

    def plan(self, recorded: tuple[Recorded, ...]) -> Plan:
        """Return all that was taken in."""
        rules = self._rules.clashes
        room = {
            # of what two sources may tell, nothing is on the sheet, or the sheet has to be looked at
            code: 0 if code in rules.told_once else cap - self._paid.get(code, 0)
            for code, cap in self._caps.items()
        }
        return Plan(
            additions=tuple(self._additions.values()),
            paid_by_code=self._paid,
            room_by_code=room,
            recorded=recorded,
            millipoints_room=self._rules.millipoints_per_day_max - self._millipoints,
            slots=frozenset(slot_of(trip, rules.trips) for trip in self._counting.get(TRIPS, ())),
        )


def _worth_nothing(activity: Activity, reason: str) -> Activity:
    return replace(activity, grams_co2e=0, millipoints=0, reason=reason)


def _answer(sheet: Sheet, recorded: Activity, asked: Activity) -> Recorded:
    """Return the answer for an activity on the sheet; `asked` has the worth it would have without any cap."""
    is_cut = recorded.reason in CAPS
    return Recorded(
        activity_id(sheet.on, recorded.event_key),
        outcome_of_reason(recorded.reason),
        recorded.grams_co2e,
        recorded.millipoints,
        recorded.reason or None,
        cut_grams_co2e=max(asked.grams_co2e - recorded.grams_co2e, 0) if is_cut else 0,
        cut_millipoints=max(asked.millipoints - recorded.millipoints, 0) if is_cut else 0,
    )
