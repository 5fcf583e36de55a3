"""Owns the finding of what stood on a day sheet at an earlier moment, by the digest that an entry of then carries.

Must not read anything. A sheet only grows; what came after the moment is taken off again, the likelier first, until
the digest is the right one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations, islice

from chalicelib.domain.corrections import Correction
from chalicelib.domain.sheets import Sheet, sheet_digest, worth_of

Names = frozenset[str]


def as_it_was(sheet: Sheet, digest: str, millipoints: int, candidates_max: int) -> tuple[Sheet | None, int]:
    """Return the sheet with what came later taken off, and how many candidates were tried; None when none fits.

    `millipoints` are the total of that moment. When all candidates are used up, nothing is said about the sheet.
    """
    tried = 0
    for earlier in islice(_earlier_sheets(sheet, millipoints), candidates_max):
        tried += 1
        if sum(worth_of(earlier, key).millipoints for key in earlier.activities) != millipoints:
            continue
        if sheet_digest(earlier) == digest:
            return earlier, tried
    return None, tried


def without_correction(sheet: Sheet, event_key: str, cause: str) -> Sheet:
    """Return the sheet as it was before `cause` corrected the activity; unchanged when it has not."""
    kept = []
    for correction in sheet.corrections.get(event_key, ()):
        if correction.cause == cause:
            break
        kept.append(correction)
    return _with_corrections(sheet, event_key, tuple(kept))


def _earlier_sheets(sheet: Sheet, millipoints: int) -> Iterator[Sheet]:
    """Yield the sheet without what may have come later: first what is latest of the day, then any few, then more."""
    bases = list(islice(_without_idle_corrections(sheet), _BASES_MAX))
    for base in bases:
        for later in _latest(_removable(base, millipoints)):
            yield _without_activities(base, later)
    for base in bases:
        for later in _any(_removable(base, millipoints)):
            yield _without_activities(base, later)


_BASES_MAX = 64


def _without_idle_corrections(sheet: Sheet) -> Iterator[Sheet]:
    """Yield the sheet, then with more and more of those last corrections off that changed no worth.

    Such a correction has no entry, so nobody knows when it came.
    """
    idle = list(chain.from_iterable(_idle_tail(sheet, key) for key in sheet.corrections))
    for count in range(len(idle) + 1):
        for some in combinations(idle, count):
            cut = {name for _, name in some}
            base = sheet
            for key, made in sheet.corrections.items():
                kept = tuple(correction for correction in made if correction.name not in cut)
                base = _with_corrections(base, key, kept)
            if all(made[-1].number == len(made) for made in base.corrections.values()):
                yield base


def _idle_tail(sheet: Sheet, event_key: str) -> Sequence[tuple[str, str]]:
    made: Sequence[Correction] = sheet.corrections[event_key]
    activity = sheet.activities[event_key]
    worths = [(activity.grams_co2e, activity.millipoints), *((c.grams_co2e, c.millipoints) for c in made)]
    tail = []
    for number in range(len(made), 0, -1):
        if worths[number] != worths[number - 1]:
            break
        tail.append((event_key, made[number - 1].name))
    return tail


def _removable(sheet: Sheet, millipoints: int) -> list[str]:
    """Return the activities that may have come later, the latest of the day first."""
    excess = sheet_millipoints(sheet) - millipoints
    free = [
        activity
        for key, activity in sheet.activities.items()
        if key not in sheet.corrections and activity.millipoints <= excess
    ]
    return [a.event_key for a in sorted(free, key=lambda a: a.second_of_day, reverse=True)]


def sheet_millipoints(sheet: Sheet) -> int:
    """Return what all activities on the sheet are worth, counted anew."""
    return sum(worth_of(sheet, key).millipoints for key in sheet.activities)


def _latest(keys: Sequence[str]) -> Iterator[Names]:
    return (frozenset(keys[:count]) for count in range(len(keys) + 1))


def _any(keys: Sequence[str]) -> Iterator[Names]:
    return (frozenset(some) for count in range(1, len(keys)) for some in combinations(keys, count))


def _without_activities(sheet: Sheet, keys: Names) -> Sheet:
    kept = {key: activity for key, activity in sheet.activities.items() if key not in keys}
    return replace(sheet, activities=kept)


def _with_corrections(sheet: Sheet, event_key: str, made: tuple[Correction, ...]) -> Sheet:
    corrections = {key: some for key, some in sheet.corrections.items() if key != event_key}
    return replace(sheet, corrections={**corrections, event_key: made} if made else corrections)
