"""Owns what cannot both be true of one person: the same trip told by two sources, two vehicles at once.

Must not look anything up. Two activities of one resident's day, both of the rule's methodologies and worth something,
clash as

- `same-event`: different sources tell of a start within `same_event_s`; it is one trip, told twice.
- `overlap`: the times overlap, whatever the sources; a person sits in one vehicle. What has no duration, a tap on
  boarding, takes `instant_s`: the same card held to the reader again for a companion is not a second trip of the
  resident, while a change of buses takes longer than that.

A trip over midnight is known to each day from its part only; the rule does not look across days.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.domain.activities import OVERLAP, SAME_EVENT, Activity
from chalicelib.domain.corrections import RESTORE
from chalicelib.domain.evidence import EVIDENCE_MARKS
from chalicelib.domain.sheets import Sheet, worth_of

_STRENGTH = {evidence: rank for rank, evidence in enumerate(EVIDENCE_MARKS)}


@dataclass(frozen=True, slots=True)
class OneAtATime:
    """The methodologies, by code, of which a person does one at a time, and the tolerances in seconds."""

    codes: frozenset[str] = frozenset()
    same_event_s: int = 120
    instant_s: int = 60


def clash_between(one: Activity, other: Activity, rule: OneAtATime) -> str | None:
    """Return why these two cannot both count, or None. The order of the two does not matter.

    >>> rule = OneAtATime(frozenset({"sb", "sm"}))
    >>> def ride(second, source="szt", code="sb", duration_s=0):
    ...     return Activity("k", f"{code}1-x", second, (), 80, 8000, source, "operator-signed", "", "", duration_s)
    >>> clash_between(ride(0), ride(119, source="hlj"), rule)
    'same-event'

    Changing buses of one operator within two minutes is what people do; the same card again within one is not.

    >>> clash_between(ride(0), ride(60), rule), clash_between(ride(0), ride(59), rule)
    (None, 'overlap')

    A bus while the metro is still under way is a second vehicle; one right after the exit is not.

    >>> metro = ride(0, code="sm", duration_s=1500)
    >>> clash_between(metro, ride(1499), rule), clash_between(metro, ride(1500), rule)
    ('overlap', None)
    >>> clash_between(metro, ride(1500, code="oc"), rule), clash_between(ride(0, code="oc"), ride(0), rule)
    (None, None)
    """
    if one.code not in rule.codes or other.code not in rule.codes:
        return None
    return _clash_in_time(one, other, rule)


def _clash_in_time(one: Activity, other: Activity, rule: OneAtATime) -> str | None:
    """Return why two trips cannot both count; called for every pair of a day, so it does little."""
    apart_s, takes_s = other.second_of_day - one.second_of_day, one.duration_s
    if apart_s < 0:
        apart_s, takes_s = -apart_s, other.duration_s
    if apart_s <= rule.same_event_s and one.source != other.source:
        return SAME_EVENT
    return OVERLAP if apart_s < takes_s or apart_s < rule.instant_s else None


def clash_with(sheet: Sheet, activity: Activity, rule: OneAtATime) -> str | None:
    """Return why `activity` cannot count beside what counts on the sheet already, or None."""
    if activity.code not in rule.codes:
        return None
    others = [
        known
        for key, known in sheet.activities.items()
        if key != activity.event_key and known.code in rule.codes and _is_paid(sheet, key)
    ]
    return clash_among(activity, others, rule)


def clash_among(trip: Activity, others: Iterable[Activity], rule: OneAtATime) -> str | None:
    """Return why a trip cannot count beside others, all of the rule's methodologies; `same-event` goes first."""
    found = {_clash_in_time(trip, other, rule) for other in others}
    return SAME_EVENT if SAME_EVENT in found else OVERLAP if OVERLAP in found else None


def clashes_on(sheet: Sheet, rule: OneAtATime) -> list[tuple[str, str, str]]:
    """Return (key that loses, key it loses to, why) for everything that clashes on the sheet as it stands.

    The stronger evidence wins, then the earlier start, then the key. Who has lost takes nobody along. What was given
    back after an appeal is decided: it neither loses nor makes others lose.
    """
    counting = [
        activity
        for key, activity in sheet.activities.items()
        if activity.code in rule.codes and _is_paid(sheet, key) and not _is_restored(sheet, key)
    ]
    counting.sort(key=lambda a: (_STRENGTH[a.evidence], a.second_of_day, a.event_key))
    winners: list[Activity] = []
    clashes = []
    for activity in counting:
        lost_to = [(other, why) for other in winners if (why := clash_between(activity, other, rule))]
        if lost_to:
            other, why = lost_to[0]
            clashes.append((activity.event_key, other.event_key, why))
        else:
            winners.append(activity)
    return clashes


def slot_of(activity: Activity, rule: OneAtATime) -> int:
    """Return the number of the stretch of the day, `same_event_s` long, in which the activity starts.

    Starts that clash as the same event, or as two instants, are in the same or in neighbouring slots.
    """
    return activity.second_of_day // max(rule.same_event_s, rule.instant_s)


def _is_paid(sheet: Sheet, event_key: str) -> bool:
    return worth_of(sheet, event_key).grams_co2e > 0


def _is_restored(sheet: Sheet, event_key: str) -> bool:
    made = sheet.corrections.get(event_key, ())
    return any(correction.kind == RESTORE for correction in made)
