"""Owns the making of pages: a community's from its rows, a district's and the city's from those of its communities.

Must not read accounts. Rows and pages are read after the page that they replace: a page that was edited meanwhile,
because somebody left, is made again. Whoever leaves is taken off the pages themselves, at once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.domain.boards import (
    CITY,
    COMMUNITY,
    DISTRICT,
    MEMBERS,
    Page,
    has_base,
    merged_page,
    merged_spread,
    page_of,
    ranked,
    spread_of,
    without,
)
from chalicelib.domain.days import from_text, local_day, to_text
from chalicelib.domain.periods import period_before, periods_of
from chalicelib.domain.scores import open_periods
from chalicelib.errors import Unavailable
from chalicelib.profiles import current_profile
from chalicelib.services.communities import KIND
from chalicelib.services.failures import attempted
from chalicelib.services.standings import tag_of
from chalicelib.store import board_pages as pages
from chalicelib.store import runs, standings
from chalicelib.store.board_pages import NO_PAGE, Board
from chalicelib.store.catalogue import list_documents

BY_DAY = timedelta(minutes=30)
_ATTEMPTS_MAX = 5


@dataclass(slots=True)
class Built:
    """What one run made. `is_complete` is False when it stopped at its deadline with work left."""

    communities: int = 0
    districts: int = 0
    failed: int = 0
    is_complete: bool = False


def build_changed(now: datetime, should_stop: Callable[[], bool]) -> Built:
    """Make anew what has changed: within five minutes after the night's settling, by day once in half an hour."""
    notes = standings.list_changes()
    done = Built(is_complete=True)
    if not notes or not _is_due(notes[0][0], now):
        return done
    periods = open_periods(current_profile().scoring(now))
    built: set[str] = set()
    for community_id in dict.fromkeys(one for _, changed in notes for one in changed):
        if should_stop():
            done.is_complete = False
            break
        if attempted(partial(build_community, community_id, periods, now)) is None:
            done.failed += 1
        else:
            built.add(community_id)
    done.communities = len(built)
    done.districts = merge_districts(built, periods, now)
    for note_id, changed in notes:
        if built.issuperset(changed):
            standings.forget_change(note_id)
    return done


def _is_due(oldest_note: str, now: datetime) -> bool:
    noted_at = from_text(oldest_note[: len(to_text(now))])
    if noted_at <= now - BY_DAY:
        return True
    today = local_day(now, current_profile().tz)
    settled = runs.find_run(f"job-settle-{today.isoformat()}")
    return (
        settled is not None and settled.state == "done" and from_text(settled.body["ended_at"]) > now - BY_DAY
    )


def build_community(community_id: str, periods: Sequence[str], now: datetime) -> bool:
    """Make a community's pages of some open periods from its rows; return True."""
    boards = [Board(level, community_id, period) for level in (COMMUNITY, MEMBERS) for period in periods]
    for _ in range(_ATTEMPTS_MAX):
        read = pages.find_pages(boards, consistent=True)
        rows = list(standings.rows_of(community_id))
        if all([_build(board, read, rows, now) for board in boards]):
            return True
    raise Unavailable("too-busy", "too many changes at once")


def _build(board: Board, read: dict[Board, pages.StoredPage], rows: list[Any], now: datetime) -> bool:
    known = read.get(board, NO_PAGE)
    if known.closed_at:
        return True
    if board.level == MEMBERS:
        pages.put_spread(board, spread_of(ranked(rows, board.period, CITY)))
        if not known.version and not has_base(rows, board.period):
            return True
    level = CITY if board.level == MEMBERS else board.level
    lines = ranked(rows, board.period, level)
    return pages.replace_page(board, known, page_of(lines), to_text(now))


def merge_districts(community_ids: Iterable[str], periods: Sequence[str], now: datetime) -> int:
    """Make the pages of the districts of these communities, and the city's; return how many districts."""
    wanted = set(community_ids)
    known = list_documents(KIND)
    districts = {one["district_id"] for one in known if one["id"] in wanted}
    for district_id in sorted(districts):
        members = [one["id"] for one in known if one["district_id"] == district_id]
        for period in periods:
            _merge(Board(DISTRICT, district_id, period), members, now)
    if districts:
        for period in periods:
            _merge(Board(CITY, current_profile().id, period), [one["id"] for one in known], now)
    return len(districts)


def _merge(board: Board, community_ids: list[str], now: datetime) -> None:
    for _ in range(_ATTEMPTS_MAX):
        read = pages.find_pages([board], consistent=True).get(board, NO_PAGE)
        if read.closed_at:
            return
        own = [Board(COMMUNITY, one, board.period) for one in community_ids]
        full = [Board(MEMBERS, one, board.period) for one in community_ids]
        found = pages.find_pages([*own, *full], consistent=True)
        parts = [found.get(whole) or found.get(part) for whole, part in zip(full, own, strict=True)]
        page = merged_page(part.page for part in parts if part is not None)
        pages.put_spread(board, merged_spread(pages.find_spreads(full).values()))
        if pages.replace_page(board, read, page, to_text(now)):
            return
    raise Unavailable("too-busy", "too many changes at once")


def readable_periods(today: date) -> list[str]:
    """Return the periods that anybody may read: the current week, month and year, and the ones before."""
    current = periods_of(today)
    return [*current, *map(period_before, current)]


def take_off(account_id: str, community_id: str, now: datetime) -> None:
    """Take a resident off every page that can be read; again is no change."""
    profile, tag = current_profile(), tag_of(account_id)
    community = next((one for one in list_documents(KIND) if one["id"] == community_id), None)
    places = [(COMMUNITY, community_id), (MEMBERS, community_id)]
    if community is not None:
        places += [(DISTRICT, community["district_id"]), (CITY, profile.id)]
    periods = {*readable_periods(local_day(now, profile.tz)), *open_periods(profile.scoring(now))}
    # The parts before the whole: whoever merges reads them in the other order.
    boards = [Board(*place, period) for place in places for period in sorted(periods)]
    for _ in range(_ATTEMPTS_MAX):
        found = pages.find_pages(boards, consistent=True)
        edited = [
            (board, found[board], without(found[board].page, tag)) for board in boards if board in found
        ]
        if all([page is None or _edit(board, read, page) for board, read, page in edited]):
            return
    raise Unavailable("too-busy", "too many changes at once")


def _edit(board: Board, read: pages.StoredPage, page: Page) -> bool:
    return pages.replace_page(board, read, page, read.as_of)
