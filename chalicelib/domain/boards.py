"""Owns boards: who is shown, in which order, what a page of one holds, and which place somebody has.

Must not load or store, nor know consents beyond what a row says. The order is total: more grams first, of equals who
got there first, of those a keyed tag: every place belongs to one resident.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from chalicelib.domain.scores import Score

COMMUNITY, DISTRICT, CITY = "community", "district", "city"
LEVELS = (COMMUNITY, DISTRICT, CITY)
MEMBERS = "members"
"""The board of a community by what counts in the city: read only to make those of district and city."""
TOP_MAX = 100
_STEPS_PER_OCTAVE = 32
Spread = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """What the boards know of one resident. `tag` stands for them on pages, where no account is named.

    `base` is what they had, by period, when they came from another community: it stays behind. `epoch` is the version
    of what they agreed to, `version` that of their scores; a row gives way to none that is older in either.
    """

    account_id: str
    tag: str
    nickname: str
    by_period: Mapping[str, Score]
    base: Mapping[str, int] = field(default_factory=dict)
    epoch: int = 0
    version: int = 0
    is_hidden: bool = False


class Place(NamedTuple):
    """Between which places somebody stands, both included; equal when the place is exact."""

    first: int
    last: int


class Ranked(NamedTuple):
    """One line of a page."""

    nickname: str
    grams_co2e: int
    reached: int
    tag: str

    @property
    def order(self) -> tuple[int, int, str]:
        """Return what sorts lines: the best is smallest."""
        return -self.grams_co2e, self.reached, self.tag


@dataclass(frozen=True, slots=True)
class Page:
    """A board as it is read: how many are on it, and the first hundred. Who won stands on a closed one only."""

    residents: int
    top: tuple[Ranked, ...]


def grams_at(row: Row, period: str, level: str) -> int:
    """Return what counts for a resident on a board; 0 when they are not on it."""
    grams = row.by_period.get(period, Score()).grams_co2e
    return max(grams - row.base.get(period, 0), 0) if level == COMMUNITY else grams


def ranked(rows: Iterable[Row], period: str, level: str) -> list[tuple[Ranked, Row]]:
    """Return who is on a board, the best first: everybody who is not hidden and has saved anything."""
    lines = []
    for row in rows:
        grams = grams_at(row, period, level)
        if grams > 0 and not row.is_hidden:
            reached = row.by_period[period].reached
            lines.append((Ranked(row.nickname, grams, reached, row.tag), row))
    return sorted(lines, key=lambda line: line[0].order)


def page_of(lines: Sequence[tuple[Ranked, Row]]) -> Page:
    """Return the page of a board's lines, which are in order."""
    return Page(len(lines), tuple(line for line, _ in lines[:TOP_MAX]))


def has_base(rows: Iterable[Row], period: str) -> bool:
    """Tell whether something of this period stays behind for one of the rows: levels differ in what counts."""
    return any(row.base.get(period) for row in rows)


def merged_page(pages: Iterable[Page]) -> Page:
    """Return the page of all residents of several boards: the best hundred are among the best of each."""
    found = list(pages)
    top = sorted((line for page in found for line in page.top), key=lambda line: line.order)
    return Page(sum(page.residents for page in found), tuple(top[:TOP_MAX]))


def without(page: Page, tag: str) -> Page | None:
    """Return the page after one resident has left it; None when they are not among its lines."""
    top = tuple(line for line in page.top if line.tag != tag)
    return None if len(top) == len(page.top) else Page(page.residents - 1, top)


def bucket_of(grams_co2e: int) -> int:
    """Return the bucket of a score: exact up to 63 grams, then 32 to every doubling, so at most 1/32 wide.

    >>> [bucket_of(grams) for grams in (1, 63, 64, 65, 66, 127, 128)]
    [1, 63, 64, 64, 65, 95, 96]
    """
    shift = max(grams_co2e.bit_length() - 6, 0)
    return (grams_co2e >> shift) + shift * _STEPS_PER_OCTAVE


def spread_of(lines: Iterable[tuple[Ranked, Row]]) -> dict[int, int]:
    """Return how many residents of a board are in each bucket."""
    counts: dict[int, int] = {}
    for line, _ in lines:
        bucket = bucket_of(line.grams_co2e)
        counts[bucket] = counts.get(bucket, 0) + 1
    return counts


def merged_spread(spreads: Iterable[Spread]) -> dict[int, int]:
    """Return the spread of all residents of several boards."""
    counts: dict[int, int] = {}
    for spread in spreads:
        for bucket, count in spread.items():
            counts[bucket] = counts.get(bucket, 0) + count
    return counts


def exact_place(rows: Iterable[Row], mine: Row, period: str, level: str) -> Place | None:
    """Return somebody's place by everybody else's row; None when they are not on the board."""
    grams = grams_at(mine, period, level)
    if grams == 0 or mine.is_hidden:
        return None
    own = Ranked(mine.nickname, grams, mine.by_period[period].reached, mine.tag)
    others = (row for row in rows if row.account_id != mine.account_id)
    ahead = sum(line.order < own.order for line, _ in ranked(others, period, level))
    return Place(ahead + 1, ahead + 1)


def close_place(page: Page, spread: Spread, tag: str, grams_co2e: int) -> Place | None:
    """Return somebody's place on a large board: exact among the first hundred, else as close as their bucket.

    Who is between `first` and `last` has a score that differs by less than 1/32. None without a score.

    >>> close_place(Page(9, ()), {70: 4, 64: 3, 63: 2}, "me", 64)
    Place(first=5, last=7)
    """
    if grams_co2e == 0:
        return None
    for number, line in enumerate(page.top, 1):
        if line.tag == tag:
            return Place(number, number)
    own = bucket_of(grams_co2e)
    ahead = sum(count for bucket, count in spread.items() if bucket > own)
    first = max(ahead, len(page.top) if page.residents > len(page.top) else 0) + 1
    return Place(first, max(ahead + max(spread.get(own, 0), 1), first))
