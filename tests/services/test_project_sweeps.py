"""What a project claims in closed days is found by a sweep, once a list of assets."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.sheets import Sheet, standing_of
from chalicelib.keys import asset_digest
from chalicelib.services import projects
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.project_sweeps import PROJECT_ASSETS, start_due_sweeps
from chalicelib.services.rechecking import Rechecked
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.sweeps import run_sweep_now, work_on
from chalicelib.store import queues, runs
from chalicelib.store.sheets import find_sheet
from tests.services.ledger import NOW, record

PROJECT = {
    "id": "ccer-1",
    "name": "充电站减排",
    "registry": "全国温室气体自愿减排",
    "from_on": "2026-11-01",
    "to_on": "2026-12-31",
}
CHARGING = {"methodology_id": "yc-ev-charging", "inputs": {"charged_wh": 20_000}, "source": "zhuang"}
NOON = NOW - timedelta(days=3)


@pytest.fixture
def sent(tables: None, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Four residents with a charge each, three on assets of the list, all days closed; the messages that are sent."""
    for number in range(4):
        digest = asset_digest(f"640104-000{number}")
        record(f"res_{number}", f"c{number}", at=NOON, asset=digest, **CHARGING)
        record(f"res_{number}", f"ride{number}", at=NOON)
    settle_open_sheets(NOW, lambda: False)
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(queues, "send_message", lambda _, body: messages.append(body))
    return messages


def claim(*numbers: int, batch_no: int = 1) -> None:
    projects.register_project(PROJECT, "stf_a", NOW)
    listed = [{"kind": "charger", "number": f"640104-000{number}"} for number in numbers]
    projects.claim_assets("ccer-1", batch_no, listed, NOW)


def standings(number: int) -> list[str]:
    sheet = find_sheet(f"res_{number}", NOON.date())
    assert sheet is not None
    return sorted(standing_of(sheet, key).outcome for key in sheet.activities)


def test_closed_days_are_swept_once_for_a_list_and_again_when_it_has_grown(
    sent: list[dict[str, Any]],
) -> None:
    assert start_due_sweeps(NOW) == []
    claim(0, 1)
    assert start_due_sweeps(NOW) == ["sweep-ccer-1-1"]
    while sent:
        message = sent.pop(0)
        work_on(PROJECT_ASSETS, message["sweep"], message["part"], NOW, lambda: False)
    assert runs.get_run("sweep-ccer-1-1").body["result"] == {"sheets": 4, "reversed": 2, "failed": 0}
    assert [standings(number) for number in range(3)] == [["accepted", "reversed"]] * 2 + [["accepted"] * 2]
    assert start_due_sweeps(NOW) == [], "a list that went through whole is not swept again"
    claim(2, batch_no=2)
    assert start_due_sweeps(NOW) == ["sweep-ccer-1-2"]


def test_a_sweep_of_which_nothing_was_sent_is_sent_again_the_next_night(
    sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(0)
    with monkeypatch.context() as patch:

        def die(*_: Any) -> None:
            raise ConnectionError

        patch.setattr(queues, "send_message", die)
        with pytest.raises(ConnectionError):
            start_due_sweeps(NOW)
    assert start_due_sweeps(NOW) == ["sweep-ccer-1-1"]
    assert sent, "the work is in the queue"


def test_after_a_sweep_in_which_sheets_failed_another_follows(
    sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(0)

    def fail(waiting: list[Sheet], _: Any, result: Rechecked) -> None:
        result.failed += len(waiting)

    with monkeypatch.context() as patch:
        patch.setattr("chalicelib.services.project_sweeps.recheck_sheets", fail)
        params = {"project_id": "ccer-1", "from_on": "2026-11-01", "to_on": "2026-12-31"}
        assert run_sweep_now(PROJECT_ASSETS, "sweep-ccer-1-1", params, NOW)["failed"] > 0
    assert start_due_sweeps(NOW) == ["sweep-ccer-1-1-r1"]


def test_what_was_paid_and_settled_is_taken_back_by_an_entry_and_the_books_agree(
    sent: list[dict[str, Any]],
) -> None:
    before = read_balance("res_0", NOW)["grams_co2e"]
    claim(0)
    params = {"project_id": "ccer-1", "from_on": "2026-11-01", "to_on": "2026-12-31"}
    assert run_sweep_now(PROJECT_ASSETS, "sweep-1", params, NOW)["reversed"] == 1
    assert read_balance("res_0", NOW)["grams_co2e"] < before
    assert run_audit().findings == []
    assert run_sweep_now(PROJECT_ASSETS, "sweep-2", params, NOW)["reversed"] == 0


def test_a_project_of_the_future_needs_no_sweep(sent: list[dict[str, Any]]) -> None:
    projects.register_project({**PROJECT, "from_on": "2026-11-21"}, "stf_a", NOW)
    projects.claim_assets("ccer-1", 1, [{"kind": "charger", "number": "640104-0000"}], NOW)
    assert start_due_sweeps(NOW) == []


def test_days_outside_the_period_are_not_touched(sent: list[dict[str, Any]]) -> None:
    claim(0)
    params = {"project_id": "ccer-1", "from_on": "2026-11-20", "to_on": "2026-12-31"}
    assert run_sweep_now(PROJECT_ASSETS, "sweep-1", params, NOW)["sheets"] == 0
