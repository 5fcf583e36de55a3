"""Owns what cannot both be true of one person: one event told by two sources, two vehicles at once.

Must not look anything up, nor decide which of two counts (`domain.double_counting`). Of two activities of one resident

- *trips*, the kinds that a person does one at a time, clash as `same-event` when different sources tell of a start
  within `same_event_s`, and as `overlap` when their times overlap, whatever the sources: a person sits in one vehicle.
  What has no duration, a tap on boarding, takes `instant_s`: the same card held to the reader again for a companion is
  not a second trip of the resident, while a change of buses takes longer than that.
- other kinds clash as `same-event` when different sources tell of the same behaviour, at times that overlap or as near
  each other as one of the kind's `ToldOnce` says: a bill paid, clothes returned, a car charged.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chalicelib.domain.activities import OVERLAP, SAME_EVENT, Activity
from chalicelib.domain.sheets import Sheet, worth_of

ASSET, QUANTITY = "asset", "quantity"
TRIPS = "trips"
_TRIP_LASTS_S, _LASTS_S = 4 * 3600, 12 * 3600


@dataclass(frozen=True, slots=True)
class OneAtATime:
    """The methodologies, by code, of which a person does one at a time, and the tolerances in seconds."""

    codes: frozenset[str] = frozenset()
    same_event_s: int = 120
    instant_s: int = 60


@dataclass(frozen=True, slots=True)
class ToldOnce:
    """Two sources tell of one event within `within_s` and, if it is named, of equal `asset` or `quantity`."""

    within_s: int
    equal: str = ""

    def holds(self, one: Activity, other: Activity, apart_s: int) -> bool:
        """Say whether two activities of one kind, so far apart, are one event by this."""
        if apart_s > self.within_s:
            return False
        if self.equal == ASSET:
            return bool(one.asset) and one.asset == other.asset
        return not self.equal or one.inputs == other.inputs


@dataclass(frozen=True, slots=True)
class ClashRules:
    """What a city holds to be one event: its trips, and by code when two tell of one event of another kind."""

    trips: OneAtATime = field(default_factory=OneAtATime)
    told_once: Mapping[str, tuple[ToldOnce, ...]] = field(default_factory=dict)

    def group_of(self, code: str) -> str:
        """Return what a behaviour can clash with: all trips, its own kind, or nothing (an empty text)."""
        if code in self.trips.codes:
            return TRIPS
        return code if code in self.told_once else ""

    def reach_s(self, code: str) -> tuple[int, int]:
        """Return how long before and after its start something may begin that clashes with an activity of this kind.

        What began before may have lasted; trips of more than 4 hours, and other events of more than 12, are looked for
        only on the day that they began.
        """
        if code in self.trips.codes:
            return _TRIP_LASTS_S, max(self.trips.same_event_s, self.trips.instant_s)
        within_s = max((rule.within_s for rule in self.told_once.get(code, ())), default=0)
        return max(_LASTS_S, within_s), within_s


def clash_between(one: Activity, other: Activity, rules: ClashRules, days_apart_s: int = 0) -> str | None:
    """Return why these two cannot both count, or None; the order of the two does not matter.

    `days_apart_s` is by how much the day of `other` begins after that of `one`.

    >>> rules = ClashRules(OneAtATime(frozenset({"sb", "sm"})), {"ev": (ToldOnce(7200, "asset"),)})
    >>> def ride(second, source="szt", code="sb", duration_s=0, asset=""):
    ...     timed = {"duration_s": duration_s, "asset": asset}
    ...     return Activity("k", f"{code}1-x", second, (), 80, 8000, source, "operator-signed", "", **timed)
    >>> clash_between(ride(0), ride(119, source="hlj"), rules)
    'same-event'

    Changing buses of one operator within two minutes is what people do; the same card again within one is not.

    >>> clash_between(ride(0), ride(60), rules), clash_between(ride(0), ride(59), rules)
    (None, 'overlap')

    A bus while the metro is still under way is a second vehicle; one right after the exit is not.

    >>> metro = ride(0, code="sm", duration_s=1500)
    >>> clash_between(metro, ride(1499), rules), clash_between(metro, ride(1500), rules)
    ('overlap', None)

    A minute before midnight and a minute after it are two minutes apart.

    >>> clash_between(ride(86_340), ride(60, source="hlj"), rules, days_apart_s=86_400)
    'same-event'

    One charger within two hours is one charging, told by two; another charger, or one source, is another charging.

    >>> here = ride(0, code="ev", asset="c1")
    >>> there = ride(3600, code="ev", asset="c1", source="hlj")
    >>> clash_between(here, there, rules), clash_between(here, ride(3600, "hlj", "ev", 0, "c2"), rules)
    ('same-event', None)
    >>> clash_between(here, ride(3600, "szt", "ev", 0, "c1"), rules), clash_between(here, ride(0), rules)
    (None, None)
    """
    group = rules.group_of(one.code)
    if not group or group != rules.group_of(other.code):
        return None
    return _clash_in_time(one, other, rules, group, days_apart_s)


def _clash_in_time(
    one: Activity, other: Activity, rules: ClashRules, group: str, days_apart_s: int = 0
) -> str | None:
    """Return why two of one group cannot both count; called for every pair of a day's trips, so it does little."""
    apart_s, takes_s = days_apart_s + other.second_of_day - one.second_of_day, one.duration_s
    if apart_s < 0:
        apart_s, takes_s = -apart_s, other.duration_s
    is_told_by_two = one.source != other.source
    if group != TRIPS:
        is_same = is_told_by_two and (
            apart_s < max(takes_s, 1)
            or any(rule.holds(one, other, apart_s) for rule in rules.told_once[group])
        )
        return SAME_EVENT if is_same else None
    trips = rules.trips
    if is_told_by_two and apart_s <= trips.same_event_s:
        return SAME_EVENT
    return OVERLAP if apart_s < takes_s or apart_s < trips.instant_s else None


def clash_with(sheet: Sheet, activity: Activity, rules: ClashRules) -> str | None:
    """Return why `activity` cannot count beside what counts on the sheet already, or None."""
    group = rules.group_of(activity.code)
    if not group:
        return None
    others = [
        known
        for key, known in sheet.activities.items()
        if key != activity.event_key and rules.group_of(known.code) == group and is_paid(sheet, key)
    ]
    return clash_among(activity, others, rules, group)


def clash_among(activity: Activity, others: Iterable[Activity], rules: ClashRules, group: str) -> str | None:
    """Return why an activity cannot count beside others, all of its `group`; `same-event` goes first."""
    found = {_clash_in_time(activity, other, rules, group) for other in others}
    return SAME_EVENT if SAME_EVENT in found else OVERLAP if OVERLAP in found else None


def slot_of(trip: Activity, rule: OneAtATime) -> int:
    """Return the number of the stretch of the day, `same_event_s` long, in which the trip starts.

    Starts that clash as the same event, or as two instants, are in the same or in neighbouring slots.
    """
    return trip.second_of_day // max(rule.same_event_s, rule.instant_s)


def is_paid(sheet: Sheet, event_key: str) -> bool:
    """Say whether an activity is worth something now."""
    return worth_of(sheet, event_key).grams_co2e > 0
