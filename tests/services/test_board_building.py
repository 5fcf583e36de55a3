"""Making boards: when, of what, and never with somebody who has left meanwhile."""

from datetime import timedelta

import pytest

from chalicelib.domain.days import to_text
from chalicelib.services import board_building
from chalicelib.services.board_building import build_changed, build_community, merge_districts, take_off
from chalicelib.services.boards import my_boards, read_board
from chalicelib.services.consents import withdraw_consent
from chalicelib.services.freezing import freeze
from chalicelib.services.job_records import note_run
from chalicelib.services.participations import choose_community
from chalicelib.services.settling import Settled
from chalicelib.store import board_pages, standings
from chalicelib.store.board_pages import Board
from tests.killing import killed_at_every_write
from tests.services.boarding import CITY_ID, MONTH, add_communities, build, community_of, join, night, ride
from tests.services.ledger import NOW, change_profile

LATER = NOW + timedelta(minutes=31)


@pytest.fixture(autouse=True)
def communities(tables: None) -> None:
    add_communities()


def shown(level: str = "community", id: str = "com_a", period: str = MONTH) -> list[str]:
    return [line["nickname"] for line in read_board(level, id, period, NOW)["items"]]


def stored(level: str, id: str, period: str = MONTH) -> board_pages.StoredPage:
    board = Board(level, id, period)
    return board_pages.find_pages([board])[board]


def test_by_day_boards_are_made_once_in_half_an_hour_and_right_after_the_nights_settling() -> None:
    community_of(10)
    night_of = NOW + timedelta(minutes=4)
    assert build_changed(night_of, lambda: False).communities == 0
    note_run("settle", night_of, night_of, Settled(is_complete=True))
    assert build_changed(NOW + timedelta(minutes=5), lambda: False).communities == 1
    assert standings.list_changes() == []
    assert build_changed(NOW + timedelta(minutes=5), lambda: False).communities == 0


def test_district_and_city_are_made_of_their_communities() -> None:
    community_of(10, "com_a", trips=2)
    community_of(12, "com_b", trips=1)
    community_of(11, "com_c", trips=3)
    night()
    assert read_board("district", "xingqing", MONTH, NOW)["residents"] == 22
    city = read_board("city", CITY_ID, None, NOW)
    assert (city["residents"], city["items"][0]["grams_co2e"], city["items"][-1]["grams_co2e"]) == (
        33, 3 * 515, 515
    )  # fmt: skip


def test_a_community_too_small_to_be_shown_counts_in_the_city() -> None:
    community_of(9, "com_a")
    community_of(4, "com_b")
    night()
    assert shown() == []
    assert len(shown("city", CITY_ID)) == 13


def test_whoever_leaves_while_a_board_is_made_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows were read before the withdrawal, the page is written after it."""
    accounts = community_of(12)
    night()
    real = standings.rows_of

    def rows_of(community_id: str, limit: int | None = None) -> list[object]:
        rows = list(real(community_id, limit))
        monkeypatch.setattr(standings, "rows_of", real)
        withdraw_consent(accounts[3], "boards", NOW)
        return rows

    ride(accounts[0], "more")
    monkeypatch.setattr(standings, "rows_of", rows_of)
    build_community("com_a", [MONTH], NOW)
    assert (len(shown()), stored("community", "com_a").page.residents) == (11, 11)


def test_whoever_leaves_while_the_city_is_merged_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = community_of(12)
    night()
    real = board_pages.find_spreads

    def find_spreads(boards: list[Board]) -> object:
        monkeypatch.setattr(board_pages, "find_spreads", real)
        take_off(accounts[3], "com_a", NOW)
        return real(boards)

    # Another one has changed, so that the city's page is to be written.
    take_off(accounts[5], "com_a", NOW)
    monkeypatch.setattr(board_pages, "find_spreads", find_spreads)
    merge_districts(["com_a"], [MONTH], NOW)
    assert len(shown("city", CITY_ID)) == 10


def test_freezing_takes_somebody_off_at_once() -> None:
    accounts = community_of(12)
    night()
    freeze(accounts[0], "stf_op", "核实", NOW)
    assert len(shown()) == len(shown("city", CITY_ID)) == 11
    build()
    assert len(shown()) == 11
    mine = my_boards(accounts[0], NOW)
    assert mine["is_frozen"] is True
    assert {board["place"] is None for board in mine["boards"]} == {True}


def test_another_community_counts_from_the_change_on_and_the_city_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    community_of(12, "com_a")
    community_of(12, "com_b")
    join("res_m", "搬家的人")
    ride("res_m", *(f"m{trip}" for trip in range(6)))
    night()
    assert shown()[0] == "搬家的人"
    later = NOW + timedelta(days=1)
    from dataclasses import replace

    from chalicelib.profiles import current_profile

    change_profile(monkeypatch, boards=replace(current_profile().boards, community_change_days=1))
    choose_community("res_m", "com_b", later)
    assert "搬家的人" not in shown()
    ride("res_m", "m-new", now=later, days_ago=0)
    night(later + timedelta(days=1))
    board = read_board("community", "com_b", MONTH, later)
    moved = next(line for line in board["items"] if line["nickname"] == "搬家的人")
    assert moved["grams_co2e"] == 515
    assert shown("city", CITY_ID)[0] == "搬家的人"
    mine = my_boards("res_m", later + timedelta(days=1))
    by_level = {b["level"]: b["grams_co2e"] for b in mine["boards"] if b["kind"] == "month"}
    assert by_level["community"] == 515
    assert by_level["city"] > 3000


def test_a_nickname_that_was_changed_is_the_new_one_and_the_old_is_gone_at_once() -> None:
    accounts = community_of(12)
    night()
    join(accounts[0], "新名字")
    assert "邻居a0" not in shown()
    build()
    assert "新名字" in shown()


def test_a_place_in_a_large_community_is_close(monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.services import boards

    accounts = community_of(12)
    night()
    exact = _place_of(accounts[4])
    monkeypatch.setattr(boards, "PLACE_ROWS_MAX", 5)
    close = _place_of(accounts[4])
    assert close["first"] <= exact["first"] == exact["last"] <= close["last"]


def _place_of(account_id: str) -> dict[str, int]:
    boards = my_boards(account_id, NOW)["boards"]
    (place,) = [b["place"] for b in boards if (b["level"], b["kind"]) == ("community", "month")]
    return dict(place)


def test_the_making_killed_at_every_write_ends_with_the_same_boards() -> None:
    community_of(11, "com_a", trips=2)
    community_of(11, "com_c", trips=1)
    night()
    right = [stored("community", "com_a").page, stored("city", CITY_ID).page]

    def begin() -> None:
        from chalicelib.store.client import dynamodb

        for level, id in (("community", "com_a"), ("city", CITY_ID), ("district", "xingqing")):
            key = {"board": {"S": f"page#{level}#{id}"}, "item": {"S": MONTH}}
            dynamodb().delete_item(TableName=standings.table(), Key=key)
        standings.note_changed(["com_a", "com_c"], f"{to_text(NOW)}-chg_test")

    def check() -> None:
        assert [stored("community", "com_a").page, stored("city", CITY_ID).page] == right
        assert standings.list_changes() == []

    writes = killed_at_every_write(begin, lambda: build_changed(LATER, lambda: False), check)
    assert writes >= 5


def test_a_making_that_is_stopped_keeps_what_is_left() -> None:
    community_of(10, "com_a")
    community_of(10, "com_c")
    asked = iter([False, True])
    stopped = build_changed(LATER, lambda: next(asked))
    assert (stopped.communities, stopped.is_complete) == (1, False)
    assert standings.list_changes() != []
    assert build_changed(LATER, lambda: False).is_complete
    assert standings.list_changes() == []
    assert timedelta(minutes=30) == board_building.BY_DAY
