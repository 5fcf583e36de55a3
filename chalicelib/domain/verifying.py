"""Owns verification: which activities wait for a verifier, and how a sample of them is drawn so that anyone can redraw.

Must not decide what a failed sample means for the rest; the verifier does.
"""

import hashlib
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from chalicelib.domain.activities import PENDING, Activity
from chalicelib.domain.sheets import Sheet, standing_of

POPULATION_MAX = 20_000
SAMPLE_MAX = 200
OK, NOT_OK = "ok", "not-ok"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which activities are meant: of one methodology's code and one source, each None for all; days included."""

    code: str | None
    source: str | None
    from_on: date
    to_on: date

    def fits(self, activity: Activity) -> bool:
        """Say whether an activity of one of the days is meant."""
        return self.code in (None, activity.code) and self.source in (None, activity.source)


def pending_on(sheet: Sheet, wanted: Wanted) -> Iterator[Activity]:
    """Yield the activities of a sheet that are meant and still wait, in the order of their keys."""
    for key, activity in sorted(sheet.activities.items()):
        if activity.reason != PENDING or not wanted.fits(activity):
            continue
        if standing_of(sheet, key).outcome == PENDING:
            yield activity


def rank_of(seed: str, activity_id: str) -> str:
    """Return the number that decides whether an activity is drawn: SHA-256 of `seed|activity id`, hexadecimal.

    >>> rank_of("seed_1", "20261120-AbC")[:12]
    '14c9213d016f'
    """
    return hashlib.sha256(f"{seed}|{activity_id}".encode()).hexdigest()


def draw_sample(seed: str, activity_ids: Iterable[str], size: int) -> list[str]:
    """Return the `size` ids with the lowest ranks, lowest first; all of them when there are fewer.

    The order of the ids does not matter: who has the seed and the list draws the same.

    >>> draw_sample("s", ["a", "b", "c"], 2) == draw_sample("s", ["c", "b", "a"], 2)
    True
    >>> draw_sample("s", [], 2)
    []
    """
    return heapq.nsmallest(size, set(activity_ids), key=lambda one: rank_of(seed, one))
