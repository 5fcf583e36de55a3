"""Stars: from the closing of a board to the honour, the bonus, the objection and the revocation."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.accounts import points_available
from chalicelib.errors import Conflict, Refused
from chalicelib.services import star_bonuses, stars
from chalicelib.services.auditing import run_audit
from chalicelib.services.board_closing import close_boards, due_periods
from chalicelib.services.boards import read_board
from chalicelib.services.civic_awards import awards_csv
from chalicelib.services.consents import withdraw_consent
from chalicelib.services.exports import export_account
from chalicelib.services.freezing import freeze, unfreeze
from chalicelib.services.messages import list_messages
from chalicelib.store import cases
from chalicelib.store.accounts import account_item, find_account
from chalicelib.store.audiences import is_member
from chalicelib.store.client import dynamodb
from chalicelib.store.tables import CaseItem
from tests.killing import killed_at_every_write
from tests.services.boarding import MONTH, add_communities, community_of, night, ride
from tests.services.telling import queues

# the morning after the last day on which November takes late data, 2026-12-08
CLOSING = datetime(2026, 12, 8, 20, 20, tzinfo=UTC)


@pytest.fixture
def neighbours(tables: None) -> Iterator[list[str]]:
    """Ten residents of a community; the first three saved the most, the first of all."""
    add_communities()
    accounts = community_of(10)
    for number, account_id in enumerate(accounts[:3]):
        ride(account_id, *(f"{account_id}-more-{trip}" for trip in range(6 - number)))
    night()
    for _ in queues():
        yield accounts


def empty(table: str, key: tuple[str, ...], wanted: Callable[[Any], bool]) -> None:
    """Remove the items that are wanted from a table, as no code of ours would."""
    for item in dynamodb().scan(TableName=f"tanhui-test-{table}")["Items"]:
        if wanted(item):
            dynamodb().delete_item(TableName=f"tanhui-test-{table}", Key={name: item[name] for name in key})


def close(now: datetime = CLOSING) -> Any:
    return close_boards(now, lambda: False)


def proposed() -> list[dict[str, Any]]:
    items = stars.list_stars("proposed", 50, None).items
    return sorted(items, key=lambda item: item["place"])


def published(now: datetime = CLOSING) -> str:
    """Close, and let two operators publish the first star; return its id."""
    close(now)
    star_id = str(next(item["star_id"] for item in proposed() if item["period"] == MONTH))
    stars.confirm(star_id, "stf_one", now)
    assert stars.confirm(star_id, "stf_two", now)["state"] == "published"
    return star_id


def award_all(now: datetime) -> star_bonuses.Awarded:
    return star_bonuses.award_due(now, lambda: False)


def test_a_board_closes_when_late_data_are_over_and_its_best_three_are_proposed(
    neighbours: list[str],
) -> None:
    assert MONTH not in due_periods(date(2026, 12, 8))
    assert MONTH in due_periods(date(2026, 12, 9))
    close(CLOSING - timedelta(days=1))
    assert proposed() == []
    assert close().failed == 0
    found = proposed()
    assert [(item["account_id"], item["place"]) for item in found] == [
        (neighbours[0], 1), (neighbours[1], 2), (neighbours[2], 3)
    ]  # fmt: skip
    assert found[0]["reason"] == "解放西街社区 2026-11 减排量第 1 名"
    assert read_board("community", "com_a", MONTH, CLOSING)["is_closed"] is True
    assert read_board("city", "yinchuan", MONTH, CLOSING)["is_closed"] is True
    again = close()
    assert (again.communities, again.stars) == (0, 0)


def test_a_community_of_fewer_than_ten_has_no_stars(tables: None) -> None:
    add_communities()
    community_of(9)
    night()
    close()
    assert proposed() == []


def test_nothing_that_comes_later_changes_a_closed_board(neighbours: list[str]) -> None:
    close()
    before = read_board("community", "com_a", MONTH, CLOSING)
    ride(neighbours[9], "late", now=CLOSING, days_ago=1)
    night(CLOSING + timedelta(hours=20))
    assert read_board("community", "com_a", MONTH, CLOSING) == before


def test_the_closing_killed_at_every_write_ends_with_the_same_winners(neighbours: list[str]) -> None:
    def check() -> None:
        assert [item["account_id"] for item in proposed()] == neighbours[:3]
        assert read_board("community", "com_a", MONTH, CLOSING)["is_closed"] is True
        assert len(read_board("city", "yinchuan", MONTH, CLOSING)["items"]) == 10

    def work() -> None:
        assert close().failed == 0

    def begin() -> None:
        empty("standings", ("board", "item"), lambda item: not item["board"]["S"].startswith("row#"))
        empty("cases", ("case_id",), lambda item: True)
        empty("runs", ("run_id",), lambda item: item["kind"]["S"] == "boards-closed")

    assert killed_at_every_write(begin, work, check) >= 10


def test_two_people_publish_a_star_and_the_resident_hears_of_it(neighbours: list[str]) -> None:
    close()
    star_id = proposed()[0]["star_id"]
    assert stars.confirm(star_id, "stf_one", CLOSING)["state"] == "confirmed"
    again = stars.confirm(star_id, "stf_one", CLOSING)
    assert (again["state"], again["_hit"]) == ("confirmed", True)
    assert stars.honour_board("com_a", 10, None).items == []
    assert stars.confirm(star_id, "stf_two", CLOSING)["state"] == "published"
    (shown,) = stars.honour_board("com_a", 10, None).items
    assert (shown["nickname"], shown["place"], shown["title"]) == ("邻居a0", 1, "社区低碳之星")
    stars.confirm(star_id, "stf_two", CLOSING)
    won = [m for m in list_messages(neighbours[0], False, "zh-CN", 50, None).items if m["kind"] == "star-won"]
    assert [m["title"] for m in won] == ["恭喜成为社区低碳之星"]
    assert won[0]["link"] == {"kind": "star", "id": star_id}
    with pytest.raises(Conflict, match="star-decided"):
        stars.decline(star_id, "stf_one", "不符合", CLOSING)


def test_whoever_has_left_is_not_published_and_vanishes_from_the_honour_board(neighbours: list[str]) -> None:
    star_id = published()
    second = proposed()[0]["star_id"]
    withdraw_consent(neighbours[1], "boards", CLOSING)
    with pytest.raises(Refused, match="star-withdrawn"):
        stars.confirm(second, "stf_one", CLOSING)
    assert stars.decline(second, "stf_one", "居民已退出", CLOSING)["state"] == "declined"
    assert "邻居a0" in awards_csv(MONTH)
    withdraw_consent(neighbours[0], "boards", CLOSING)
    (shown,) = stars.honour_board("com_a", 10, None).items
    assert (shown["star_id"], shown["nickname"]) == (star_id, None)
    assert "邻居a0" not in awards_csv(MONTH)


def test_the_bonus_is_booked_after_the_objections_with_its_own_expiry(neighbours: list[str]) -> None:
    published()
    assert award_all(CLOSING + timedelta(days=6)).stars == 0
    over = CLOSING + timedelta(days=7)
    done = award_all(over)
    assert (done.stars, done.points) == (1, 300)
    assert award_all(over).stars == 0
    account = find_account(neighbours[0])
    (bonus,) = [lot for lot in account.lots if lot.grams_co2e == 0]
    assert (bonus.points, bonus.expires_on) == (300, (over + timedelta(hours=8, days=180)).date())
    assert is_member("stars-2026-11", neighbours[0])
    assert not is_member("stars-2026-11", neighbours[4])
    report = run_audit()
    assert report.findings == []
    assert report.totals.points_by_party["sys_bonus"] == -300


def test_the_export_of_a_star_verifies_with_bonus_and_revocation(neighbours: list[str]) -> None:
    from chalicelib.proof import verify

    star_id = published()
    over = CLOSING + timedelta(days=7)
    award_all(over)
    star_bonuses.revoke(star_id, "stf_two", "记录有误", over)
    said = dict(verify(export_account(neighbours[0], over).encode()))
    assert said["lots"]["points"] > 0


def test_an_objection_holds_the_bonus_until_it_is_dismissed(neighbours: list[str]) -> None:
    star_id = published()
    objection = star_bonuses.object_to(star_id, neighbours[5], "他没有坐公交", CLOSING)
    again = star_bonuses.object_to(star_id, neighbours[5], "还是没有", CLOSING)
    assert (again["_hit"], again["reason"]) == (True, "他没有坐公交")
    over = CLOSING + timedelta(days=7)
    assert (award_all(over).stars, award_all(over).waiting) == (0, 1)
    with pytest.raises(Refused, match="objection-too-late"):
        star_bonuses.object_to(star_id, neighbours[6], "我也觉得", over)
    decided = star_bonuses.decide_objection(objection["objection_id"], False, "stf_one", "核对无误", over)
    assert (decided["state"], decided["_hit"]) == ("dismissed", False)
    with pytest.raises(Conflict, match="objection-decided"):
        star_bonuses.decide_objection(objection["objection_id"], True, "stf_one", "反悔", over)
    assert award_all(over).stars == 1


def test_an_objection_that_comes_in_while_the_bonus_is_booked_wins_or_comes_too_late(
    neighbours: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both read the star; whoever writes second reads again."""
    star_id = published()
    over = CLOSING + timedelta(days=7)
    real = star_bonuses.find_account

    def find_account(account_id: str) -> Any:
        monkeypatch.setattr(star_bonuses, "find_account", real)
        star_bonuses.object_to(star_id, neighbours[5], "等一下", over - timedelta(seconds=1))
        return real(account_id)

    monkeypatch.setattr(star_bonuses, "find_account", find_account)
    assert star_bonuses.award(star_id, over) == -1
    assert all(lot.grams_co2e for lot in find_account(neighbours[0]).lots)


def test_an_objection_that_is_right_revokes_the_star(neighbours: list[str]) -> None:
    star_id = published()
    objection = star_bonuses.object_to(star_id, neighbours[5], "他没有坐公交", CLOSING)
    star_bonuses.decide_objection(objection["objection_id"], True, "stf_one", "刷卡记录属于他人", CLOSING)
    (shown,) = stars.honour_board("com_a", 10, None).items
    assert (shown["state"], shown["revoked_why"]) == ("revoked", "刷卡记录属于他人")
    assert award_all(CLOSING + timedelta(days=9)).stars == 0


def test_revoking_takes_back_what_is_left_and_says_why(neighbours: list[str]) -> None:
    star_id = published()
    over = CLOSING + timedelta(days=7)
    award_all(over)
    before = points_available(find_account(neighbours[0]), over.date())
    assert star_bonuses.revoke(star_id, "stf_one", "记录有误", over)["_hit"] is False
    assert star_bonuses.revoke(star_id, "stf_two", "再撤一次", over)["_hit"] is True
    assert points_available(find_account(neighbours[0]), over.date()) == before - 300
    kinds = [m["kind"] for m in list_messages(neighbours[0], False, "zh-CN", 50, None).items]
    assert kinds.count("star-revoked") == 1
    report = run_audit()
    assert (report.findings, report.totals.points_by_party["sys_bonus"]) == ([], 0)
    assert awards_csv(MONTH).count("\r\n") == 1


def test_a_frozen_star_waits_for_its_bonus(neighbours: list[str]) -> None:
    published()
    freeze(neighbours[0], "stf_op", "核实", CLOSING)
    over = CLOSING + timedelta(days=7)
    assert award_all(over).waiting == 1
    unfreeze(neighbours[0], "stf_op", "无误", over)
    assert award_all(over).stars == 1


def test_awarding_and_revoking_killed_at_every_write_book_once(
    neighbours: list[str],
) -> None:
    star_id = published()
    over = CLOSING + timedelta(days=7)
    start = cases.get_case(star_id, "star")
    account = find_account(neighbours[0])

    def begin() -> None:
        CaseItem(star_id).delete()
        first = {name: getattr(start, name) for name in start.__slots__} | {"version": 1}
        cases.add_case(cases.Case(**first))
        dynamodb().put_item(TableName="tanhui-test-accounts", Item=account_item(account))
        empty("catalogue", ("kind", "id"), lambda item: item["kind"]["S"].startswith("audience"))
        empty("messages", ("account_id", "message_id"), lambda item: True)
        later = (neighbours[0], account.seq)
        empty(
            "entries",
            ("account_id", "seq"),
            lambda item: item["account_id"]["S"] == later[0] and int(item["seq"]["N"]) > later[1],
        )

    def check() -> None:
        assert cases.get_case(star_id, "star").state == "revoked"
        assert find_account(neighbours[0]).seq == account.seq + 2

    def work() -> None:
        if cases.get_case(star_id, "star").state != "revoked":
            star_bonuses.award(star_id, over)
        star_bonuses.revoke(star_id, "stf_one", "记录有误", over)

    assert killed_at_every_write(begin, work, check) >= 3
