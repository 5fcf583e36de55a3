"""Owns the reading of boards: a page for anybody, a resident's own numbers and places for themselves.

Must not show a board of fewer than the profile's minimum, nor one long past. Reading a page is one read unit. A place
in a community is exact, counted over its rows; in a community of more than 5 000, a district or the city it is exact
among the first hundred, otherwise as close as all whose score differs by less than 1/32.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.accounts import Account
from chalicelib.domain.boards import (
    CITY,
    COMMUNITY,
    DISTRICT,
    LEVELS,
    MEMBERS,
    Place,
    Row,
    close_place,
    exact_place,
    grams_at,
)
from chalicelib.domain.days import local_day
from chalicelib.domain.participation import Participation
from chalicelib.domain.periods import bounds_of, kind_of, periods_of
from chalicelib.domain.scores import Score, closes_on, open_periods
from chalicelib.errors import NotFound
from chalicelib.profiles import current_profile
from chalicelib.services.board_building import readable_periods
from chalicelib.services.communities import KIND, get_community
from chalicelib.services.participations import community_or_none, shown
from chalicelib.services.spending import Loaded, load
from chalicelib.services.standings import row_of
from chalicelib.store import board_pages as pages
from chalicelib.store import standings
from chalicelib.store.board_pages import NO_PAGE, Board, StoredPage
from chalicelib.store.catalogue import cached_documents
from chalicelib.store.participations import get_participation

PLACE_ROWS_MAX = 5_000


def read_board(level: str, id: str, period: str | None, now: datetime) -> dict[str, Any]:
    """Return one board of the current or the previous week, month or year; the current month if none is named.

    NotFound `board-unknown`. Of a board with too few residents it is said only that it has too few.
    """
    today = local_day(now, current_profile().tz)
    board = Board(level, id, period or periods_of(today)[1])
    name = _name_of(level, id)
    profile = current_profile()
    readable = {*readable_periods(today), *open_periods(profile.scoring(now))}
    if name is None or board.period not in readable:
        raise NotFound("board-unknown", "there is no such board, or it is long past")
    stored = pages.find_pages([board]).get(board, NO_PAGE)
    is_withheld = stored.page.residents < profile.boards.residents_min
    return {
        **_described(board, name, stored),
        "is_withheld": is_withheld,
        "residents": None if is_withheld else stored.page.residents,
        "items": []
        if is_withheld
        else [
            {"place": place, "nickname": line.nickname, "grams_co2e": line.grams_co2e}
            for place, line in enumerate(stored.page.top, 1)
        ],
    }


def _described(board: Board, name: str, stored: StoredPage) -> dict[str, Any]:
    first_on, last_on = bounds_of(board.period)
    closes = closes_on(board.period, current_profile().boards.closes_days)
    return {
        "level": board.level,
        "id": board.id,
        "name": name,
        "period": board.period,
        "kind": kind_of(board.period),
        "first_on": first_on.isoformat(),
        "last_on": last_on.isoformat(),
        "closes_on": closes.isoformat(),
        "is_closed": bool(stored.closed_at),
        "as_of": stored.as_of or None,
    }


def _name_of(level: str, id: str) -> str | None:
    if level == CITY:
        return current_profile().name if id == current_profile().id else None
    if level == DISTRICT:
        found = (one["district"] for one in cached_documents(KIND) if one["district_id"] == id)
        return next(found, None)
    if level not in LEVELS:
        return None
    try:
        return str(get_community(id)["name"])
    except NotFound:
        return None


def my_boards(account_id: str, now: datetime) -> dict[str, Any]:
    """Return a resident's own numbers of the current periods, live, and where they stand on their boards.

    A number is what is settled and what the open sheets add; places are by what is settled.
    """
    profile = current_profile()
    loaded, mine = load(account_id, profile, now), get_participation(account_id)
    current = periods_of(local_day(now, profile.tz))
    live = loaded.settled(profile, now).account
    frozen = loaded.account.till.frozen_at is not None
    return {
        **shown(account_id),
        "is_frozen": frozen,
        "scores": [_score(loaded, live, period) for period in current],
        "boards": _boards_of(loaded.account, live, mine, current),
    }


def _score(loaded: Loaded, live: Account, period: str) -> dict[str, Any]:
    settled = loaded.account.scores.by_period.get(period, Score()).grams_co2e
    now = live.scores.by_period.get(period, Score()).grams_co2e
    return {
        "period": period,
        "kind": kind_of(period),
        "grams_co2e": now,
        "grams_co2e_settled": settled,
    }


def _boards_of(
    account: Account, live: Account, mine: Participation, current: tuple[str, str, str]
) -> list[dict[str, Any]]:
    community = community_or_none(mine)
    if community is None:
        return []
    places = [
        (COMMUNITY, community["id"], community["name"]),
        (DISTRICT, community["district_id"], community["district"]),
        (CITY, community["city_id"], community["city"]),
    ]
    boards = {Board(level, id, period): name for level, id, name in places for period in current}
    found = pages.find_pages(boards)
    rows = _rows_for_places(mine, [found.get(board, NO_PAGE) for board in boards])
    spreads = _spreads_for_places(mine, boards, rows)
    own, own_live = row_of(account, mine), row_of(live, mine)
    answers = []
    for board, name in boards.items():
        stored = found.get(board, NO_PAGE)
        is_withheld = stored.page.residents < current_profile().boards.residents_min
        place = None if is_withheld or not mine.is_shown else _place(board, stored, own, rows, spreads)
        answers.append(
            {
                **_described(board, name, stored),
                "is_withheld": is_withheld,
                "residents": None if is_withheld else stored.page.residents,
                "grams_co2e": grams_at(own_live, board.period, board.level),
                "grams_co2e_settled": grams_at(own, board.period, board.level),
                "place": None if place is None else {"first": place.first, "last": place.last},
            }
        )
    return answers


def _rows_for_places(mine: Participation, found: list[StoredPage]) -> list[Row] | None:
    """Return the rows of the resident's community; None when there are too many to count over."""
    fewest = current_profile().boards.residents_min
    if not mine.is_shown or all(stored.page.residents < fewest for stored in found):
        return []
    rows = list(standings.rows_of(mine.community_id, PLACE_ROWS_MAX + 1))
    return rows if len(rows) <= PLACE_ROWS_MAX else None


def _spreads_for_places(
    mine: Participation, boards: Iterable[Board], rows: list[Row] | None
) -> dict[Board, dict[int, int]]:
    """Return how scores are spread on the boards whose places are not counted over rows; one round trip."""
    is_counted = rows is not None
    wanted = [_spread_board(one) for one in boards if one.level != COMMUNITY or not is_counted]
    return pages.find_spreads(wanted) if mine.is_shown else {}


def _spread_board(board: Board) -> Board:
    """Return the board whose spread stands for that of `board`: of a community that of its members."""
    return replace(board, level=MEMBERS) if board.level == COMMUNITY else board


def _place(
    board: Board,
    stored: StoredPage,
    own: Row,
    rows: list[Row] | None,
    spreads: dict[Board, dict[int, int]],
) -> Place | None:
    if own.is_hidden:
        return None
    if board.level == COMMUNITY and rows is not None:
        return exact_place(rows, own, board.period, COMMUNITY)
    spread = spreads.get(_spread_board(board), {})
    return close_place(stored.page, spread, own.tag, grams_at(own, board.period, board.level))
