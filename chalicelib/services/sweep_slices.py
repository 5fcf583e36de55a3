"""Owns what a sweep is and the visiting of one slice of it: some groups, in order, with the cursor behind them.

Must not keep anything nor know queues; `services.sweeps` records how far a sweep is and hands it on.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from itertools import islice
from typing import Any

from chalicelib.domain.canonical import canonical_json
from chalicelib.store.scanning import ACCOUNTS, Cursor, Group, Source, Stretch, query_groups, scan_groups

SEGMENTS = 16
SLICE_GROUPS = 500
RESULT_BYTES_MAX = 300_000

Result = dict[str, Any]
ShouldStop = Callable[[], bool]
OnProgress = Callable[[dict[str, int]], None]


@dataclass(frozen=True, slots=True)
class Slice:
    """What a visitor may know: of which sweep, with which parameters, when the sweep began and when this call did,
    which source and segment it reads, and the slice's number in its segment (-1 for `finish`).
    """

    sweep_id: str
    params: dict[str, Any]
    started_at: datetime
    now: datetime
    source: str = ""
    segment: int = -1
    number: int = -1


@dataclass(frozen=True, slots=True)
class Sweep:
    """A named pass: what to do with some accounts, how results add up, what to do in the end.

    With `stretches`, a segment reads those of an index, in their order, instead of its part of a whole table.
    """

    name: str
    visit: Callable[[Slice, Iterator[Group]], Result]
    merge: Callable[[Result, Result], Result]
    finish: Callable[[Slice, Result], Result]
    sources: tuple[Source, ...] = (ACCOUNTS,)
    segments: int = SEGMENTS
    slice_groups: int = SLICE_GROUPS
    stretches: Callable[[Slice], Sequence[Stretch]] | None = None

    @property
    def parts(self) -> int:
        """Return how many independent pieces of work this sweep falls into."""
        return len(self.sources) * self.segments


def groups_of(
    sweep: Sweep, source: Source, here: Slice, segments: int, after: Cursor | None
) -> Iterator[Group]:
    """Yield what the segment that `here` names has to visit, behind `after` when given."""
    if sweep.stretches is None:
        return scan_groups(source, here.segment, segments, after)
    return query_groups(source, sweep.stretches(here), after)


class Reader:
    """The groups of one slice, counted, with the cursor behind the last one that was handed out."""

    def __init__(self, groups: Iterator[Group], most: int, should_stop: ShouldStop) -> None:
        self._groups = islice(groups, most)
        self._most = most
        self._should_stop = should_stop
        self._last: Group | None = None
        self._is_read = False
        self.count = 0
        self.is_at_end = False

    def groups(self) -> Iterator[Group]:
        """Yield the groups of this slice, at least one if there is any, until it is long enough or time is up."""
        for group in self._groups:
            self._last = group
            self.count += 1
            yield group
            group.drain()
            if self._should_stop():
                break
        else:
            self.is_at_end = self.count < self._most
        self._is_read = True

    def close(self) -> None:
        """Assert that the visitor has seen everything that the cursor now passes."""
        assert self._is_read, "a visit reads all groups it is handed"

    @property
    def cursor(self) -> dict[str, Any] | None:
        """Return where the next slice begins; None when this one saw nothing."""
        return self._last.cursor if self._last is not None else None


def visit_slice(
    sweep: Sweep, here: Slice, groups: Iterator[Group], should_stop: ShouldStop
) -> tuple[Reader, Result]:
    """Let the sweep visit the next groups; return how far that went and what they add up to."""
    reader = Reader(groups, sweep.slice_groups, should_stop)
    result = sweep.visit(here, reader.groups())
    reader.close()
    return reader, result


def merged(sweep: Sweep, one: Result | None, other: Result) -> Result:
    """Return both results as one; asserts that it stays bounded."""
    result = other if one is None else sweep.merge(one, other)
    assert len(canonical_json(result)) <= RESULT_BYTES_MAX, f"the result of {sweep.name} is not bounded"
    return result


def sweep_through(
    sweep: Sweep,
    sweep_id: str,
    params: dict[str, Any],
    now: datetime,
    on_progress: OnProgress = lambda progress: None,
) -> Result:
    """Do all of a sweep here and now without a record of how far it is, and return its result.

    For commands and tests; `on_progress` hears of every slice. Killed, it is begun again.
    """
    whole = Slice(sweep_id, params, now, now)
    results: list[Result] = []
    groups_seen = 0
    for number in range(sweep.parts):
        source, segment = sweep.sources[number // sweep.segments], number % sweep.segments
        here = replace(whole, source=source.name, segment=segment)
        groups = groups_of(sweep, source, here, sweep.segments, None)
        result: Result | None = None
        slices, is_through = 0, False
        while not is_through:
            reader, found = visit_slice(sweep, replace(here, number=slices), groups, lambda: False)
            result = merged(sweep, result, found)
            slices, groups_seen, is_through = slices + 1, groups_seen + reader.count, reader.is_at_end
            done = number + int(is_through)
            on_progress({"parts": sweep.parts, "parts_done": done, "groups": groups_seen})
        assert result is not None, "every segment has a slice"
        results.append(result)
    return sweep.finish(whole, reduce(sweep.merge, results))
