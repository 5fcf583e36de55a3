"""Reminders: on the right days, once, also when a night was missed or a run was cut off."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.services import reminders
from chalicelib.services.messages import list_messages
from chalicelib.services.reminders import send_reminders
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.vouchers import take_voucher, void_voucher
from chalicelib.store import runs
from chalicelib.store.client import dynamodb
from chalicelib.store.sheets import shard_of
from tests.killing import killed_at_every_write
from tests.services.ledger import NOW, add_shop, record
from tests.services.telling import clear, stored

# Points of 2026 end with 2027-12-31; reminders run at nine in the morning.
LAST_DAY = datetime(2027, 12, 31, 1, 0, tzinfo=UTC)


def never():
    return False


def ahead(days):
    return LAST_DAY - timedelta(days=days)


def look_only_at(monkeypatch, *ids):
    """Leave out the shards in which a test has nothing: moto takes its time for each."""
    shards = sorted({int(shard_of(one)) for one in ids})
    units = tuple((stage, shard) for stage in reminders.STAGES for shard in shards)
    monkeypatch.setattr(reminders, "_UNITS", units)


@pytest.fixture(autouse=True)
def few_shards(monkeypatch):
    look_only_at(monkeypatch, "res_0", "res_1", "res_2", "red_1")


@pytest.fixture
def points(tables):
    for number in range(3):
        record(f"res_{number}", "e1")
    settle_open_sheets(NOW, never)


def told(account_id="res_0"):
    return list_messages(account_id, False, "zh-CN", 50, None).items


def test_points_are_named_thirty_seven_and_one_day_ahead_and_on_no_other_day(points):
    mornings = (31, 30, 29, 8, 7, 6, 2, 1, 0)
    reminded = {days: send_reminders(ahead(days), never).points for days in mornings}
    assert {days: count for days, count in reminded.items() if count} == {30: 3, 7: 3, 1: 3}
    assert [m["body"] for m in told()[::-1]] == [
        "您有51 积分将在12月31日到期，还有 30 天。到期后不能再用，去看看可以兑换什么。",
        "您有51 积分将在12月31日到期，还有 7 天。到期后不能再用，去看看可以兑换什么。",
        "您有51 积分将在12月31日到期，还有 1 天。到期后不能再用，去看看可以兑换什么。",
    ]


def test_a_second_run_of_the_same_day_reminds_nobody_again(points):
    assert send_reminders(ahead(30), never).points == 3
    again = send_reminders(ahead(30) + timedelta(hours=3), never)
    assert (again.points, again.is_complete) == (0, True)


@pytest.mark.parametrize("missed", [1, 3, 6])
def test_nights_that_were_missed_are_caught_up_with_the_days_that_are_left(points, missed):
    send_reminders(ahead(31), never)
    late = send_reminders(ahead(30 - missed), never)
    assert late.points == 3
    assert f"还有 {30 - missed} 天" in told()[0]["body"]
    assert send_reminders(ahead(29 - missed), never).points == 0
    assert [send_reminders(ahead(days), never).points for days in (7, 1)] == [3, 3]


def test_after_a_long_silence_everybody_hears_once_and_of_the_nearest_reminder(points):
    send_reminders(ahead(40), never)
    assert send_reminders(ahead(0), never).points == 3
    (message,) = told()
    assert "今天是最后一天" in message["body"]


def test_who_has_spent_the_points_meanwhile_is_not_reminded(points):
    add_shop(points=51)
    take_voucher("res_0", "red_1", "off_coat", ahead(31))
    assert send_reminders(ahead(30), never).points == 2


def test_every_reminder_looks_at_every_shard(monkeypatch):
    monkeypatch.undo()
    assert set(reminders._UNITS) == {(stage, shard) for stage in reminders.STAGES for shard in range(16)}


def test_a_run_that_is_stopped_goes_on_where_it_was(points, monkeypatch):
    look_only_at(monkeypatch, *(f"res_{number}" for number in range(9)))
    for number in range(3, 9):
        record(f"res_{number}", "e1")
    settle_open_sheets(NOW, never)
    steps = iter([False] * 4 + [True])
    first = send_reminders(ahead(30), lambda: next(steps))
    assert (first.points, first.is_complete) == (4, False)
    visited = []
    second = send_reminders(ahead(30), lambda: bool(visited.append(1)))
    assert (second.points, second.is_complete) == (5, True)
    assert len(visited) == 5, "those before are not looked at again"


def test_a_run_killed_at_any_write_and_run_again_reminds_everybody_once(points, monkeypatch):
    units = reminders._UNITS[:4]
    monkeypatch.setattr(reminders, "_UNITS", units)

    def begin():
        clear()
        for run in runs.list_runs("remind", 10).items:
            dynamodb().delete_item(TableName="tanhui-test-runs", Key={"run_id": {"S": run["run_id"]}})

    def check():
        for number in range(3):
            assert [m["kind"] for m in told(f"res_{number}")] == ["points-expiring"]

    writes = killed_at_every_write(begin, lambda: send_reminders(ahead(30), never), check)
    assert writes == 3 + len(units) + 1, "three messages, each step, and the beginning"


def test_one_that_fails_does_not_hold_up_the_others_and_is_caught_up_the_next_night(points, monkeypatch):
    real = reminders.find_account

    def find(account_id):
        if account_id == "res_1":
            raise ValueError("cannot be read")
        return real(account_id)

    send_reminders(ahead(31), never)
    monkeypatch.setattr(reminders, "find_account", find)
    first = send_reminders(ahead(30), never)
    assert (first.points, first.failed, first.is_complete) == (2, 1, True)
    monkeypatch.undo()
    assert send_reminders(ahead(29), never).points == 1
    assert [len(told(f"res_{number}")) for number in range(3)] == [1, 1, 1]


def test_two_runs_at_once_remind_everybody_once(points, monkeypatch):
    real, raced = runs.replace_run, []

    def race(read, changed):
        if not raced:
            raced.append(True)
            send_reminders(ahead(30), never)
        real(read, changed)

    monkeypatch.setattr(runs, "replace_run", race)
    assert send_reminders(ahead(30), never).is_complete
    assert [len(told(f"res_{number}")) for number in range(3)] == [1, 1, 1]


@pytest.fixture
def voucher(tables):
    add_shop(points=10)
    record("res_0", "e1", "e2")
    return take_voucher("res_0", "red_1", "off_coat", NOW)


def morning(days_before):
    """Nine in the morning, so many days before the day on which the voucher is due."""
    return datetime(2026, 12, 5, 1, 0, tzinfo=UTC) - timedelta(days=days_before)


def test_an_unused_voucher_is_named_three_days_and_one_day_before_its_deadline(voucher):
    assert voucher["due_at"] == "2026-12-05T04:00:00.000Z"
    counts = {days: send_reminders(morning(days), never).vouchers for days in range(5, -1, -1)}
    assert {days: count for days, count in counts.items() if count} == {3: 1, 1: 1}
    newest = told()[0]
    assert newest["body"] == "「干洗大衣一件」请在12月5日前使用，到期未用会自动退回10 积分。"
    assert newest["link"] == {"kind": "voucher", "id": "red_1"}


def test_a_voucher_that_was_given_back_is_not_named(voucher):
    void_voucher("res_0", "red_1", NOW)
    assert send_reminders(morning(3), never).vouchers == 0


def test_a_missed_night_is_caught_up_for_vouchers_too(voucher):
    send_reminders(morning(4), never)
    assert send_reminders(morning(2), never).vouchers == 1
    assert send_reminders(morning(1), never).vouchers == 1


def test_a_morning_on_which_nothing_ends_writes_no_message(tables):
    assert send_reminders(NOW, never).is_complete
    assert stored() == []
