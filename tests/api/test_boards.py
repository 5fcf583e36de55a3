"""Boards over HTTP: communities, a resident's part, what anybody can read."""

from collections.abc import Callable

import pytest

from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.standings import project
from chalicelib.store.accounts import parse_account
from tests.conftest import Clock
from tests.gateway import Gateway, assert_problem
from tests.services.boarding import VERSION, add_communities, build, news, ride

JOIN = {"nickname": "贺兰山下的风", "birth_year": 1990, "text_version": VERSION}


@pytest.fixture
def token(gateway: Gateway, token_of: Callable[..., str], clock: Clock) -> str:
    add_communities()
    return token_of("resident", "res_a")


def _join_many(gateway: Gateway, token_of: Callable[..., str], clock: Clock, count: int) -> None:
    for number in range(count):
        token = token_of("resident", f"res_{number:02d}")
        gateway.send("PUT", "/v1/me/community", {"community_id": "com_a"}, token)
        body = {**JOIN, "nickname": f"邻居{number}"}
        assert gateway.send("PUT", "/v1/me/boards", body, token).status == 200
        ride(f"res_{number:02d}", *(f"e{number}-{trip}" for trip in range(number + 1)), now=clock.now)
    settle_open_sheets(clock.now, lambda: False)
    project([parse_account(item) for item in news()], clock.now)
    build(clock.now)


def test_operators_publish_communities_and_anybody_finds_them(
    gateway: Gateway, token: str, token_of: Callable[..., str]
) -> None:
    operator = token_of("operator")
    body = {"name": "北塔社区", "district_id": "jinfeng", "district": "金凤区"}
    first = gateway.send("PUT", "/v1/operator/communities/com_d", body, operator)
    again = gateway.send("PUT", "/v1/operator/communities/com_d", body, operator)
    assert (first.status, again.headers["Idempotency-Hit"]) == (200, "true")
    assert first.json["city"] == "银川"
    found = gateway.send("GET", "/v1/communities?district_id=jinfeng").json["items"]
    assert [one["id"] for one in found] == ["com_c", "com_d"]
    page = gateway.send("GET", "/v1/communities?limit=3").json
    rest = gateway.send("GET", f"/v1/communities?limit=3&cursor={page['next_cursor']}").json
    assert [one["id"] for one in page["items"] + rest["items"]] == ["com_a", "com_b", "com_c", "com_d"]


def test_a_resident_chooses_a_community_at_most_once_a_month(
    gateway: Gateway, token: str, clock: Clock, token_of: Callable[..., str]
) -> None:
    choose = "/v1/me/community"
    first = gateway.send("PUT", choose, {"community_id": "com_a"}, token)
    assert first.json["community"]["name"] == "解放西街社区"
    assert first.json["changeable_on"] == "2026-12-20"
    again = gateway.send("PUT", choose, {"community_id": "com_a"}, token)
    assert again.headers["Idempotency-Hit"] == "true"
    reply = gateway.send("PUT", choose, {"community_id": "com_b"}, token)
    assert_problem(reply, 422, "community-chosen-lately")
    assert reply.json["changeable_on"] == "2026-12-20"
    assert_problem(gateway.send("PUT", choose, {"community_id": "com_z"}, token), 404, "community-unknown")
    clock.pass_(days=30)
    token = token_of("resident", "res_a")
    assert gateway.send("PUT", choose, {"community_id": "com_b"}, token).json["community"]["id"] == "com_b"


def test_a_nickname_is_checked_and_the_field_is_named(gateway: Gateway, token: str) -> None:
    for nickname in ("13800138000", "官-方", "a😀b"):
        reply = gateway.send("PUT", "/v1/me/boards", {**JOIN, "nickname": nickname}, token)
        assert_problem(reply, 400, pointer="/nickname")
    stale = gateway.send("PUT", "/v1/me/boards", {**JOIN, "text_version": "2020"}, token)
    assert_problem(stale, 409, "consent-text-changed")


def test_children_are_not_shown_whatever_year_they_say_next(gateway: Gateway, token: str) -> None:
    for year in (2015, 1990):
        reply = gateway.send("PUT", "/v1/me/boards", {**JOIN, "birth_year": year}, token)
        assert_problem(reply, 422, "boards-under-age")
    mine = gateway.send("GET", "/v1/me/boards", token=token).json
    assert (mine["is_on"], mine["is_under_age"], mine["nickname"]) == (False, True, None)
    assert gateway.send("GET", "/v1/me/consents/boards", token=token).json["state"] == "none"
    from chalicelib.store.client import dynamodb, text

    key = {"person_id": text("res_a"), "item": text("board")}
    stored = dynamodb().get_item(TableName="tanhui-test-people", Key=key)["Item"]
    assert "2015" not in stored["body"]["S"]


def test_nine_residents_are_not_shown_and_ten_are_best_first(
    gateway: Gateway, token: str, token_of: Callable[..., str], clock: Clock
) -> None:
    _join_many(gateway, token_of, clock, 9)
    few = gateway.send("GET", "/v1/boards/community/com_a").json
    assert (few["is_withheld"], few["residents"], few["items"]) == (True, None, [])
    _join_many(gateway, token_of, clock, 10)
    board = gateway.send("GET", "/v1/boards/community/com_a?period=2026-11").json
    assert (board["is_withheld"], board["residents"], board["name"]) == (False, 10, "解放西街社区")
    assert board["items"][0] == {"place": 1, "nickname": "邻居9", "grams_co2e": 10 * 515}
    assert board["closes_on"] == "2026-12-08"
    for level, id in (("district", "xingqing"), ("city", "yinchuan")):
        assert gateway.send("GET", f"/v1/boards/{level}/{id}").json["items"] == board["items"]


def test_boards_that_do_not_exist_or_are_long_past_are_unknown(gateway: Gateway, token: str) -> None:
    for path in (
        "community/com_z",
        "district/x",
        "city/nanjing",
        "street/com_a",
        "city/yinchuan?period=2024",
    ):
        assert_problem(gateway.send("GET", f"/v1/boards/{path}"), 404, "board-unknown")
    for period in ("2026-13", "2026-W54", "26"):
        reply = gateway.send("GET", f"/v1/boards/city/yinchuan?period={period}")
        assert_problem(reply, 400, pointer="/query/period")


def test_a_resident_sees_the_own_number_live_and_the_place_by_what_is_settled(
    gateway: Gateway, token: str, token_of: Callable[..., str], clock: Clock
) -> None:
    _join_many(gateway, token_of, clock, 10)
    ride("res_03", "today", days_ago=0, now=clock.now)
    mine = gateway.send("GET", "/v1/me/boards", token=token_of("resident", "res_03")).json
    month = next(one for one in mine["scores"] if one["kind"] == "month")
    assert (month["grams_co2e"], month["grams_co2e_settled"]) == (5 * 515, 4 * 515)
    assert len(mine["boards"]) == 9
    assert {(one["level"], one["place"]["first"], one["place"]["last"]) for one in mine["boards"]} == {
        ("community", 7, 7), ("district", 7, 7), ("city", 7, 7)
    }  # fmt: skip


def test_whoever_leaves_is_off_every_board_in_the_same_request(
    gateway: Gateway, token: str, token_of: Callable[..., str], clock: Clock
) -> None:
    _join_many(gateway, token_of, clock, 11)
    leaver = token_of("resident", "res_10")
    assert gateway.send("DELETE", "/v1/me/boards", token=leaver).json["is_on"] is False
    for path in ("community/com_a", "district/xingqing", "city/yinchuan"):
        board = gateway.send("GET", f"/v1/boards/{path}").json
        assert (board["residents"], board["items"][0]["nickname"]) == (10, "邻居9")
    assert gateway.send("DELETE", "/v1/me/boards", token=leaver).status == 200
    mine = gateway.send("GET", "/v1/me/boards", token=leaver).json
    assert {one["place"] is None for one in mine["boards"]} == {True}
    other = token_of("resident", "res_09")
    assert gateway.send("DELETE", "/v1/me/consents/boards", token=other).json["state"] == "withdrawn"
    assert gateway.send("GET", "/v1/boards/city/yinchuan").json["is_withheld"] is True
