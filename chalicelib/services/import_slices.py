"""Owns one slice of an import under way: what is judged already, and the verdicts once its events are recorded.

Must not record nor store; `services.import_runs` does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.domain.activities import Recorded
from chalicelib.domain.trips import Event, Verdict
from chalicelib.services.deliveries import Tally, outcome_of


@dataclass(frozen=True, slots=True)
class Slice:
    """Some cards under way: what is judged already, and the results to come for the events of each resident-day."""

    cursor: str
    tally: Tally
    verdicts: list[Verdict]
    events: list[list[Event]]
    results: Iterator[list[Recorded]]
    noted: Iterator[None]


def verdicts_of(begun: Slice) -> Iterator[Verdict]:
    """Yield the verdict of every line of every event, counting what was accepted."""
    for events, recorded in zip(begun.events, begun.results, strict=True):
        for event, one in zip(events, recorded, strict=True):
            outcome, reason, activity_id = outcome_of(one)
            if outcome == "accepted":
                begun.tally.activities += 1
                begun.tally.grams_co2e += one.grams_co2e
                begun.tally.millipoints += one.millipoints
            for line_no in event.line_nos:
                yield Verdict(line_no, outcome, reason, activity_id)
