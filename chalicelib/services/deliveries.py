"""Owns what files and signed batches share: events of bound cards become `record_day` calls, one a resident-day.

Must not know how the events arrived, nor keep anything: the day sheets are the memory.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from itertools import chain, islice
from typing import Any, TypeVar

from chalicelib.domain.activities import Observation, Recorded
from chalicelib.domain.days import local_day
from chalicelib.profiles import current_profile
from chalicelib.services import activities
from chalicelib.services.checking import OBSERVATIONS_MAX, Backfill
from chalicelib.store import people

T = TypeVar("T")
WORKERS = 8
_DAYS_PER_TASK = 25
_CARDS_PER_LOOKUP = 100

ResidentDay = tuple[str, date]
Outcome = tuple[str, str, str]


@dataclass(slots=True)
class Tally:
    """What came of a delivery. `lines` counts data lines by `outcome` or `outcome/reason`."""

    lines: Counter[str] = field(default_factory=Counter)
    activities: int = 0
    grams_co2e: int = 0
    millipoints: int = 0
    cards_bound: int = 0

    def count(self, outcome: str, reason: str, lines: int = 1) -> None:
        """Count lines that ended alike."""
        self.lines[f"{outcome}/{reason}" if reason else outcome] += lines

    def add(self, other: "Tally") -> None:
        """Add what another part of the same delivery came to."""
        self.lines.update(other.lines)
        self.activities += other.activities
        self.grams_co2e += other.grams_co2e
        self.millipoints += other.millipoints
        self.cards_bound += other.cards_bound

    @property
    def lines_total(self) -> int:
        """Return how many lines are accounted for."""
        return self.lines.total()

    def stored(self) -> dict[str, Any]:
        """Return the form that `from_stored` reads."""
        return asdict(self) | {"lines": dict(sorted(self.lines.items()))}

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> "Tally":
        """Return the tally that `stored` wrote."""
        return cls(**{**stored, "lines": Counter(stored["lines"])})

    def shown(self) -> dict[str, Any]:
        """Return the tally as partners and operators see it: lines by outcome, and by reason within."""
        outcomes = dict.fromkeys(("accepted", "duplicate", "skipped", "rejected", "unbound"), 0)
        for name, count in self.lines.items():
            outcomes[name.partition("/")[0]] += count
        reasons = {name: count for name, count in sorted(self.lines.items()) if "/" in name}
        return asdict(self) | {"lines": self.lines_total, "outcomes": outcomes, "reasons": reasons}


def find_bindings(card_digests: Iterable[str], pool: Executor) -> dict[str, people.Binding]:
    """Return the bindings of the cards that a consenting resident bound, looked up 100 at a time side by side."""
    found: dict[str, people.Binding] = {}
    for some in pool.map(people.bindings_by_card, batched(card_digests, _CARDS_PER_LOOKUP)):
        found.update(some)
    return found


def day_of(at_epoch_s: int) -> date:
    """Return the city's calendar day of an instant."""
    return local_day(datetime.fromtimestamp(at_epoch_s, UTC), current_profile().tz)


def record_all(
    by_day: Mapping[ResidentDay, Sequence[Observation]],
    pool: Executor,
    now: datetime,
    opened: Backfill | None,
) -> Iterator[list[Recorded]]:
    """Set the workers to recording, and return what will have become of each resident-day, in the order of `by_day`.

    Every resident-day is one call, side by side with others; of more than 200 events, one call after the other.
    """

    freshness = activities.Freshness()

    def record(days: list[tuple[ResidentDay, Sequence[Observation]]]) -> list[list[Recorded]]:
        return _record_some(
            [(account_id, on, some) for (account_id, on), some in days], now, opened, freshness
        )

    return chain.from_iterable(pool.map(record, batched(by_day.items(), _DAYS_PER_TASK)))


def outcome_of(recorded: Recorded) -> Outcome:
    """Return (outcome, reason, activity id) as a delivery reports it.

    What this very delivery had recorded before it was cut short counts as accepted now; so does, with its reason, what
    was cut in part or waits for a verifier.
    """
    is_ours = recorded.outcome != "duplicate" or recorded.same_batch
    if recorded.outcome == "refused":
        return "rejected", recorded.reason or "refused", ""
    if not is_ours:
        return "duplicate", "", recorded.activity_id
    counts = recorded.grams_co2e > 0 or recorded.outcome == "pending" or not recorded.reason
    return "accepted" if counts else "skipped", recorded.reason or "", recorded.activity_id


def _record_some(
    days: list[activities.Day],
    now: datetime,
    opened: Backfill | None,
    freshness: activities.Freshness,
) -> list[list[Recorded]]:
    limit = OBSERVATIONS_MAX
    if all(len(observations) <= limit for _, _, observations in days):
        return activities.record_days(days, now, opened, freshness)
    results = []
    for account_id, on, observations in days:
        parts = (observations[start : start + limit] for start in range(0, len(observations), limit))
        results.append([one for p in parts for one in activities.record_day(account_id, on, p, now, opened)])
    return results


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of `size`, the last one shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
