"""Owns what may be decided about a recorded activity, and what it is worth then.

Must not book or store: `(sheet, activity, …) → Decision`, or Conflict `correction-not-possible` with how it stands.
What gives may find the sheet full (`sheet-full`); what takes away always has room.
Caps hold as they stand on the day of the activity; what is lowered or reversed gives no room of its cap back.
"""

from dataclasses import dataclass

from chalicelib.domain.activities import (
    CAP_PER_DAY,
    CAP_PER_RESIDENT,
    OVERLAP,
    PENDING,
    SAME_EVENT,
    Activity,
)
from chalicelib.domain.clashes import clash_with
from chalicelib.domain.corrections import CONFIRM, REJECT, REPLACE, RESTORE, REVERSE, Correction
from chalicelib.domain.methodologies import Methodology, Quantity, check_inputs, quantify
from chalicelib.domain.recording import DayRules, cut_to_room
from chalicelib.domain.sheets import (
    EVENTS_MAX,
    REJECTED,
    REVERSED,
    Sheet,
    counting_of,
    is_counted,
    is_credited,
    standing_of,
    worth_of,
)
from chalicelib.errors import Conflict, Refused

_RESTORABLE = frozenset({REVERSED, REJECTED, SAME_EVENT, OVERLAP})
_TAKING = frozenset({REVERSE, REJECT})


@dataclass(frozen=True, slots=True)
class Decision:
    """What an activity is worth from now on, by which version, and why that is less than the version gives."""

    methodology_ref: str
    grams_co2e: int = 0
    millipoints: int = 0
    reason: str = ""


def confirmed(sheet: Sheet, activity: Activity, methodology: Methodology, rules: DayRules) -> Decision:
    """Credit a pending activity by the version it stands under, as far as caps and what else counts leave room."""
    _must_stand(sheet, activity, CONFIRM, frozenset({PENDING}))
    clash = clash_with(sheet, activity, rules.clashes)
    if clash is not None:
        return Decision(methodology.ref, reason=clash)
    return _credited(sheet, activity, methodology, rules)


def rejected(sheet: Sheet, activity: Activity) -> Decision:
    """Leave a pending activity without worth for good."""
    _must_stand(sheet, activity, REJECT, frozenset({PENDING}))
    return Decision(worth_of(sheet, activity.event_key).methodology_ref)


def reversed_(sheet: Sheet, activity: Activity) -> Decision:
    """Take back what a credited activity was worth."""
    if not is_credited(standing_of(sheet, activity.event_key)):
        raise _impossible(sheet, activity, REVERSE)
    return Decision(worth_of(sheet, activity.event_key).methodology_ref)


def restored(sheet: Sheet, activity: Activity, methodology: Methodology, rules: DayRules) -> Decision:
    """Credit what was reversed, rejected, or held to be told twice, by the version it stands under."""
    _must_stand(sheet, activity, RESTORE, _RESTORABLE)
    return _credited(sheet, activity, methodology, rules)


def credited_instead(sheet: Sheet, activity: Activity, methodology: Methodology, rules: DayRules) -> Decision:
    """Credit what lost to another one that no longer counts: it takes the room of its cap that the other has left."""
    _must_stand(sheet, activity, RESTORE, _RESTORABLE)
    if _is_full(sheet, activity, methodology):
        return Decision(methodology.ref, reason=CAP_PER_DAY)
    return _quantified(sheet, activity, methodology, rules)


def replaced(sheet: Sheet, activity: Activity, methodology: Methodology, rules: DayRules) -> Decision | None:
    """Let another version of the same methodology count; None when it does already, or when a cap left nothing.

    What is pending, reversed or rejected stays worth nothing, and is worth what the new version says if it is credited
    later.
    """
    standing, worth = standing_of(sheet, activity.event_key), worth_of(sheet, activity.event_key)
    if worth.methodology_ref == methodology.ref or standing.reason == CAP_PER_DAY:
        return None
    if not is_credited(standing):
        _quantity(sheet, activity, methodology, REPLACE)
        return Decision(methodology.ref)
    quantity = _quantity(sheet, activity, methodology, REPLACE)
    room = rules.millipoints_per_day_max - sheet.millipoints + worth.millipoints
    # What the day had no room for is not lowered again because the room is smaller today.
    return _cut(methodology, quantity, max(room, worth.millipoints))


def next_correction(sheet: Sheet, event_key: str, kind: str, decision: Decision, cause: str) -> Correction:
    """Return the correction that `decision` makes; Refused `sheet-full` when the sheet has no room for it.

    Taking away always has room: it follows an activity or a correction that gave, so there is at most one for each.
    """
    if sheet.version >= EVENTS_MAX and kind not in _TAKING:
        detail = (
            f"this day has no room for another correction; what counts can still be taken back, not {kind}ed"
        )
        raise Refused("sheet-full", detail, correction=kind, events_max=EVENTS_MAX)
    return Correction(
        event_key=event_key,
        number=len(sheet.corrections.get(event_key, ())) + 1,
        kind=kind,
        methodology_ref=decision.methodology_ref,
        grams_co2e=decision.grams_co2e,
        millipoints=decision.millipoints,
        cause=cause,
        reason=decision.reason,
    )


def _credited(sheet: Sheet, activity: Activity, methodology: Methodology, rules: DayRules) -> Decision:
    is_counted_out = sheet.paid_by_code.get(activity.code, 0) >= methodology.events_per_day_max
    has_own_room = is_counted(sheet, activity.event_key)
    # room that it had itself may have been taken by what counts instead of it
    if _is_full(sheet, activity, methodology) if has_own_room else is_counted_out:
        return Decision(methodology.ref, reason=CAP_PER_DAY)
    return _quantified(sheet, activity, methodology, rules)


def _is_full(sheet: Sheet, activity: Activity, methodology: Methodology) -> bool:
    return len(counting_of(sheet, activity.code)) >= methodology.events_per_day_max


def _quantified(sheet: Sheet, activity: Activity, methodology: Methodology, rules: DayRules) -> Decision:
    quantity = quantify(methodology, _inputs(activity, methodology), activity.evidence)
    return _cut(methodology, quantity, rules.millipoints_per_day_max - sheet.millipoints)


def _cut(methodology: Methodology, quantity: Quantity, millipoints_room: int) -> Decision:
    if quantity.millipoints <= millipoints_room:
        return Decision(methodology.ref, quantity.grams_co2e, quantity.millipoints)
    grams, millipoints = cut_to_room(quantity.grams_co2e, methodology.points_per_kg, millipoints_room)
    return Decision(methodology.ref, grams, millipoints, CAP_PER_RESIDENT)


def _quantity(sheet: Sheet, activity: Activity, methodology: Methodology, kind: str) -> Quantity:
    """Return what another version gives for the stored inputs; Conflict when it cannot count them."""
    is_same = methodology.code == activity.code and len(methodology.inputs) == len(activity.inputs)
    why = check_inputs(methodology, _inputs(activity, methodology), activity.evidence) if is_same else ""
    if why is not None:
        raise _impossible(sheet, activity, kind, methodology_ref=methodology.ref, why=why or "wrong-inputs")
    return quantify(methodology, _inputs(activity, methodology), activity.evidence)


def _inputs(activity: Activity, methodology: Methodology) -> dict[str, int]:
    return dict(zip(sorted(methodology.inputs), activity.inputs, strict=False))


def _must_stand(sheet: Sheet, activity: Activity, kind: str, outcomes: frozenset[str]) -> None:
    if standing_of(sheet, activity.event_key).outcome not in outcomes:
        raise _impossible(sheet, activity, kind)


def _impossible(sheet: Sheet, activity: Activity, kind: str, **facts: object) -> Conflict:
    outcome = standing_of(sheet, activity.event_key).outcome
    detail = f"cannot {kind} an activity that is {outcome}"
    return Conflict("correction-not-possible", detail, correction=kind, outcome=outcome, **facts)
