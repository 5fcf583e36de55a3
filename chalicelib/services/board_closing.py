"""Owns the closing of boards: when nothing more counts for a period, its pages are final and its winners proposed.

Must not publish anybody. Who won is written down before anything follows from it, so that a closing which is cut off
ends with the same winners. A period closes the night after its last day for late data (`domain.scores.closes_on`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from chalicelib.domain.boards import CITY, COMMUNITY, DISTRICT, ranked
from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.periods import kind_of, period_before, periods_of
from chalicelib.domain.scores import KEPT_DAYS, closes_on
from chalicelib.errors import Unavailable
from chalicelib.profiles import current_profile
from chalicelib.services.board_building import build_community, merge_districts
from chalicelib.services.communities import KIND
from chalicelib.services.failures import attempted
from chalicelib.services.stars import Winner, propose
from chalicelib.store import board_pages as pages
from chalicelib.store import runs, standings
from chalicelib.store.board_pages import NO_PAGE, Board
from chalicelib.store.catalogue import list_documents

_ATTEMPTS_MAX = 5


@dataclass(slots=True)
class Closed:
    """What one run did. `is_complete` is False when it stopped at its deadline with work left."""

    periods: int = 0
    communities: int = 0
    stars: int = 0
    failed: int = 0
    is_complete: bool = False


def close_boards(now: datetime, should_stop: Callable[[], bool]) -> Closed:
    """Close every period that is due and not closed yet, community by community."""
    result = Closed()
    communities = [one["id"] for one in list_documents(KIND)]
    for period in due_periods(local_day(now, current_profile().tz)):
        if runs.find_run(_run_id(period)) is not None:
            continue
        failed_before = result.failed
        for community_id in communities:
            if should_stop():
                return result
            stars = attempted(partial(close_community, community_id, period, now))
            result.failed += stars is None
            result.communities += stars is not None
            result.stars += stars or 0
        if result.failed == failed_before:
            _close_wholes(communities, period, now)
            result.periods += 1
    result.is_complete = True
    return result


def due_periods(today: date) -> Iterator[str]:
    """Yield the periods that are closed by today and whose scores accounts still remember."""
    closes_days = current_profile().boards.closes_days
    for current in periods_of(today):
        period = period_before(current)
        while closes_on(period, closes_days) >= today - timedelta(days=KEPT_DAYS):
            if closes_on(period, closes_days) < today:
                yield period
            period = period_before(period)


def close_community(community_id: str, period: str, now: datetime) -> int:
    """Close one community's board and propose its winners; return how many are new. Again changes nothing."""
    build_community(community_id, [period], now)
    board = Board(COMMUNITY, community_id, period)
    new = 0
    for document in pages.add_winners(board, _winners(board)):
        new += propose(community_id, period, Winner(*document), now)
    _mark_closed(board, now)
    return new


def _winners(board: Board) -> list[list[str | int]]:
    rules = current_profile().boards
    rule = rules.stars.get(kind_of(board.period))
    lines = ranked(standings.rows_of(board.id), board.period, COMMUNITY)
    if rule is None or len(lines) < rules.residents_min:
        return []
    first = enumerate(lines[: rule.winners], 1)
    return [[row.account_id, line.nickname, place, line.grams_co2e] for place, (line, row) in first]


def _close_wholes(community_ids: list[str], period: str, now: datetime) -> None:
    merge_districts(community_ids, [period], now)
    for district_id in sorted({one["district_id"] for one in list_documents(KIND)}):
        _mark_closed(Board(DISTRICT, district_id, period), now)
    _mark_closed(Board(CITY, current_profile().id, period), now)
    runs.add_run(runs.Run(_run_id(period), "boards-closed", to_text(now), "done", {"period": period}))


def _mark_closed(board: Board, now: datetime) -> None:
    for _ in range(_ATTEMPTS_MAX):
        read = pages.find_pages([board], consistent=True).get(board, NO_PAGE)
        if read.closed_at:
            return
        if pages.replace_page(board, read, read.page, read.as_of or to_text(now), closed_at=to_text(now)):
            return
    raise Unavailable("too-busy", "too many changes at once")


def _run_id(period: str) -> str:
    return f"boards-closed-{period}"
