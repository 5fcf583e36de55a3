"""Owns what the taps of one card amount to: rides, trips of an entry and an exit, and taps that come to nothing.

Must not look anything up: who holds the card and which days are open is passed in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from chalicelib.domain.adapters import ENTRY, EXIT, RIDE, STATIONLESS, TripRule

SECONDS_PER_MINUTE = 60


class Tap(NamedTuple):
    """One usable line of a file. `event` tells taps of one card apart; `kind_no` counts the adapter's kinds.

    `asset` is the keyed digest of the charger, meter or vehicle, empty when the file names none.
    """

    at_epoch_s: int
    line_no: int
    role: int
    kind_no: int
    event: str
    inputs: str
    asset: str = ""


class Verdict(NamedTuple):
    """What became of one line: `accepted`, `duplicate`, `skipped` or `rejected`, and why."""

    line_no: int
    outcome: str
    reason: str
    activity_id: str = ""


class Event(NamedTuple):
    """Something to record, and the one or two lines that show it. A trip ends at `at_epoch_s`, after `duration_s`.

    Of a trip, the asset is that of its exit.
    """

    line_nos: tuple[int, ...]
    at_epoch_s: int
    kind_no: int
    event: str
    inputs: str
    duration_s: int = 0
    asset: str = ""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which instants may be recorded: [oldest, newest], and [opened_from, opened_to) of an approved backfill."""

    oldest_epoch_s: int
    newest_epoch_s: int
    opened_from_epoch_s: int = 0
    opened_to_epoch_s: int = 0

    def refusal(self, at_epoch_s: int) -> str | None:
        """Return why this instant cannot be recorded, or None.

        >>> Bounds(100, 200).refusal(99), Bounds(100, 200).refusal(201), Bounds(100, 200, 90, 100).refusal(99)
        ('outside-window', 'in-the-future', None)
        """
        if at_epoch_s > self.newest_epoch_s:
            return "in-the-future"
        is_open = at_epoch_s >= self.oldest_epoch_s or (
            self.opened_from_epoch_s <= at_epoch_s < self.opened_to_epoch_s
        )
        return None if is_open else "outside-window"


@dataclass(slots=True)
class CardPlan:
    """What to record for one card, the lines already decided, and how many lines nobody bound.

    `refused` holds, with the reason, what a resident who bound the card should hear of: rides and exits of days that
    are not open.
    """

    events: list[Event] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    lines_unbound: int = 0
    refused: list[tuple[Tap, str]] = field(default_factory=list)


def plan_card(
    taps: Iterable[Tap], trip: TripRule | None, bounds: Bounds, covers_from_epoch_s: int | None
) -> CardPlan:
    """Return the plan for one card's taps, in order of time and line. Every tap ends in exactly one place.

    `covers_from_epoch_s` is the start of what the resident consented to; None when no resident has the card.
    """
    plan, usable, seen = CardPlan(), [], set()
    for tap in taps:
        reason = bounds.refusal(tap.at_epoch_s)
        if reason:
            plan.verdicts.append(Verdict(tap.line_no, "rejected", reason))
            is_covered = covers_from_epoch_s is not None and tap.at_epoch_s >= covers_from_epoch_s
            if is_covered and tap.role in (RIDE, EXIT):
                plan.refused.append((tap, reason))
        elif covers_from_epoch_s is None:
            plan.lines_unbound += 1
        elif tap.at_epoch_s < covers_from_epoch_s:
            plan.verdicts.append(Verdict(tap.line_no, "skipped", "before-consent"))
        elif tap.event in seen:
            plan.verdicts.append(Verdict(tap.line_no, "duplicate", "repeated-in-file"))
        else:
            seen.add(tap.event)
            usable.append(tap)
    _pair(usable, trip, plan)
    return plan


def _pair(taps: Sequence[Tap], trip: TripRule | None, plan: CardPlan) -> None:
    """Sort rides, trips and leftovers into `plan`. A trip is known by its exit: one exit pays at most once."""
    entry: Tap | None = None
    for tap in taps:
        if tap.role == RIDE:
            plan.events.append(_event((tap.line_no,), tap))
        elif tap.role == STATIONLESS:
            plan.verdicts.append(Verdict(tap.line_no, "skipped", "no-station"))
        elif tap.role == ENTRY:
            _leave(entry, plan)
            entry = tap
        elif entry is not None and _is_trip(entry, tap, trip):
            lines = (entry.line_no, tap.line_no)
            duration_s = tap.at_epoch_s - entry.at_epoch_s
            plan.events.append(_event(lines, tap, duration_s))
            entry = None
        else:
            assert tap.role == EXIT, f"unknown role {tap.role}"
            _leave(entry, plan)
            plan.verdicts.append(Verdict(tap.line_no, "skipped", "exit-without-entry"))
            entry = None
    _leave(entry, plan)


def _event(line_nos: tuple[int, ...], tap: Tap, duration_s: int = 0) -> Event:
    return Event(line_nos, tap.at_epoch_s, tap.kind_no, tap.event, tap.inputs, duration_s, tap.asset)


def _leave(entry: Tap | None, plan: CardPlan) -> None:
    if entry is not None:
        plan.verdicts.append(Verdict(entry.line_no, "skipped", "entry-without-exit"))


def _is_trip(entry: Tap, leaving: Tap, trip: TripRule | None) -> bool:
    assert trip is not None, "an adapter with entries has a trip rule"
    return 0 < leaving.at_epoch_s - entry.at_epoch_s <= trip.minutes_max * SECONDS_PER_MINUTE
