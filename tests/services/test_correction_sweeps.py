"""Correction batches at work: as previewed, in entries the resident sees, the same whatever is killed or repeated."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import botocore.client
import pytest

from chalicelib.errors import Conflict
from chalicelib.proof import verify
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.correction_batches import approve_batch, read_correction
from chalicelib.services.correction_sweeps import (
    CORRECTION,
    get_correction,
    run_again,
    start_correction,
    start_preview,
)
from chalicelib.services.entries import list_entries
from chalicelib.services.explaining import explain_activity, get_activity
from chalicelib.services.exports import export_account
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.sweeps import run_sweep_now, work_on
from chalicelib.services.vouchers import take_voucher
from chalicelib.store import queues
from chalicelib.store.accounts import scan_accounts
from tests.services.correcting import BATCH, preview, propose, ride, seen_digest
from tests.services.ledger import add_shop
from tests.services.proposing import NOW, faster_bicycle, next_version, publish, with_factor

pytestmark = pytest.mark.usefixtures("tables")
APPROVER = "stf_second"
SMALL = replace(CORRECTION, segments=2, slice_groups=1)
DAYS = [date(2026, 11, 2), date(2026, 11, 10), date(2026, 11, 19)]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was put into the queue."""
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(queues, "send_message", lambda queue, body: messages.append(body))
    return messages


def work_through(messages: list[dict[str, Any]]) -> None:
    while messages:
        message = messages.pop(0)
        work_on(CORRECTION, message["sweep"], message["part"], NOW, lambda: False)


def params(case):
    names = ("from_on", "to_on", "old_refs", "new_ref")
    return {"correction_id": BATCH, **{name: case.body[name] for name in names}}


def run_here():
    """Run an approved batch here and now and return its table."""
    case, _ = approve_batch(BATCH, seen_digest(), APPROVER, NOW)
    run_sweep_now(SMALL, case.body["run"], params(case), NOW)
    return read_correction(BATCH).body["result"]["table"]


def rides():
    """Three residents, settled and not, one of whom has other things on the sheet too."""
    for number, on in enumerate(DAYS):
        ride("res_a", f"e{number}", on)
    ride("res_b", "e1", DAYS[2], metres=1_000)
    ride("res_b", "e2", DAYS[2], metres=2_000, hour=5)
    ride("res_c", "e1", date(2026, 10, 31))
    settle_open_sheets(NOW, lambda: False)
    ride("res_d", "e1", DAYS[2])


def picture() -> tuple[Any, ...]:
    """Everything stored of the residents, without instants and hashes."""
    balances = [(who, read_balance(who, NOW)) for who in ("res_a", "res_b", "res_c", "res_d")]
    entries = [
        [
            (e["kind"], e["points_change"], e["grams_co2e"], e["debit"])
            for e in list_entries(who, 50, None).items
        ]
        for who, _ in balances
    ]
    return balances, entries


def test_a_batch_corrects_the_days_asked_for_and_its_result_is_the_preview(sent):
    rides()
    publish()
    propose()
    previewed = preview()
    before = list(scan_accounts())
    assert preview() == previewed and list(scan_accounts()) == before
    started = start_correction(BATCH, seen_digest(), APPROVER, NOW)
    assert (started["state"], started["progress"]["parts_done"]) == ("running", 0)
    work_through(sent)
    done = get_correction(BATCH)
    assert done["state"] == "done" and done["result"]["table"] == previewed
    assert (previewed["residents"], previewed["activities"]) == (3, 6)
    assert (previewed["grams_co2e_old"], previewed["grams_co2e_new"]) == (3 * 200 + 40 + 80 + 200, 1380)
    assert read_balance("res_a", NOW)["grams_co2e"] == 900
    assert read_balance("res_c", NOW)["grams_co2e"] == 200
    assert run_audit().findings == []


def test_every_resident_sees_the_correction_on_the_activity_with_its_reason_and_among_the_entries(sent):
    publish()
    seen = ride("res_a", "e1", DAYS[0])
    propose()
    preview()
    run_here()
    view = get_activity("res_a", seen.activity_id)
    assert view["grams_co2e"] == 300
    (correction,) = view["corrections"]
    assert (correction["kind"], correction["cause"]) == ("replace", BATCH)
    explained = explain_activity("res_a", seen.activity_id)
    assert explained["corrections"][0]["why"] == "第 1 版低估了每公里减排量"
    assert any("第 1 版低估了每公里减排量" in step for step in explained["steps"])
    adjusts = [e for e in list_entries("res_a", 10, None).items if e["kind"] == "adjust"]
    assert [(e["points_change"], e["grams_co2e"], e["facts"]["cause"]) for e in adjusts] == [(10, 100, BATCH)]


def test_the_export_of_a_corrected_history_verifies_without_the_platform(sent):
    publish()
    ride("res_a", "e1", DAYS[0])
    ride("res_a", "e2", DAYS[0], metres=1_234, hour=5)
    settle_open_sheets(NOW, lambda: False)
    propose()
    preview()
    run_here()
    late = ride("res_a", "e3", DAYS[0], hour=9)
    assert late.grams_co2e == 200
    facts = dict(verify(export_account("res_a", NOW).encode(), None))
    assert facts["activities"] == {"activities": 3, "corrections": 2}
    assert facts["documents"] == {"documents": 2}


def test_what_a_resident_has_spent_already_is_not_asked_back(sent):
    add_shop(points=20)
    ride("res_a", "e1", DAYS[2])
    take_voucher("res_a", "red_1", "off_coat", NOW)
    publish(with_factor(next_version(), "grams_per_unit", value="20"))
    propose()
    preview()
    table = run_here()
    assert table["grams_co2e_change"] == -100 and table["losers"]
    assert read_balance("res_a", NOW)["points_available"] == 0
    assert run_audit().findings == []


def test_what_the_new_version_would_not_take_is_left_as_it_is_and_counted(sent):
    publish(faster_bicycle(inputs={"distance_m": {"minimum": 100, "maximum": 2_000}}))
    ride("res_a", "e1", DAYS[0], metres=5_000)
    ride("res_a", "e2", DAYS[0], metres=1_000, hour=5)
    propose()
    previewed = preview()
    assert run_here() == previewed
    assert (previewed["refused"], previewed["grams_co2e_change"]) == (1, 20)


def test_a_second_run_corrects_what_came_late_and_nothing_twice(sent):
    publish()
    ride("res_a", "e1", DAYS[2])
    propose()
    preview()
    run_here()
    late = ride("res_a", "e2", DAYS[2], hour=9)
    assert get_activity("res_a", late.activity_id)["methodology_version"] == 1
    sent.clear()
    assert run_again(BATCH, NOW)["runs"] == 2
    work_through(sent)
    done = get_correction(BATCH)
    assert (done["state"], done["result"]["table"]["activities"]) == ("done", 2)
    assert read_balance("res_a", NOW)["grams_co2e"] == 600
    assert run_audit().findings == []


def test_previews_and_runs_are_sent_again_when_they_are_asked_for_again(sent):
    publish()
    ride("res_a", "e1", DAYS[2])
    propose()
    parts = start_preview(BATCH, NOW)["progress"]["parts"]
    assert len(sent) == parts and start_preview(BATCH, NOW) and len(sent) == 2 * parts
    preview()
    sent.clear()
    start_correction(BATCH, seen_digest(), APPROVER, NOW)
    again = start_correction(BATCH, seen_digest(), APPROVER, NOW)
    assert again["_hit"] and len(sent) == 2 * parts
    work_through(sent)
    assert start_correction(BATCH, seen_digest(), APPROVER, NOW)["state"] == "done" and sent == []


def test_asked_for_again_once_it_is_through_a_preview_is_computed_anew_and_only_the_new_one_is_approved(sent):
    publish()
    ride("res_a", "e1", DAYS[2])
    propose()
    old, old_digest = preview(), seen_digest()
    ride("res_a", "e2", DAYS[1])
    new = preview(NOW + timedelta(hours=1))
    assert (old["activities"], new["activities"]) == (1, 2)
    assert read_correction(BATCH).body["previews"] == 2
    with pytest.raises(Conflict, match="preview-changed"):
        start_correction(BATCH, old_digest, APPROVER, NOW)
    assert start_correction(BATCH, seen_digest(), APPROVER, NOW)["state"] == "running"


def test_the_preview_of_before_stands_until_the_new_one_is_through(sent):
    publish()
    ride("res_a", "e1", DAYS[2])
    propose()
    preview()
    known = read_correction(BATCH).body["preview"]
    again = start_preview(BATCH, NOW)
    assert (again["preview"], again["preview_run"]) == (known, f"preview-{BATCH}-2")
    preview()
    assert get_correction(BATCH)["preview"]["run"] == f"preview-{BATCH}-2"


WRITES = {"PutItem", "UpdateItem", "TransactWriteItems"}


class Killer:
    """Stops the process at its nth write, before or after it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch, self._real = monkeypatch, botocore.client.BaseClient._make_api_call

    def arm(self, kill_at: int, after_write: bool) -> None:
        """Kill at write number `kill_at` from now."""
        count, real = [0], self._real

        def call(client, operation, arguments):
            is_write = operation in WRITES
            if is_write and not after_write and count[0] + 1 == kill_at:
                raise KeyboardInterrupt
            answer = real(client, operation, arguments)
            count[0] += is_write
            if is_write and count[0] == kill_at:
                raise KeyboardInterrupt
            return answer

        self._patch.setattr(botocore.client.BaseClient, "_make_api_call", call)

    def disarm(self) -> None:
        """Let everything through again."""
        self._patch.setattr(botocore.client.BaseClient, "_make_api_call", self._real)


def _prepared() -> None:
    rides()
    publish()
    propose()
    preview()


@pytest.fixture
def undisturbed(tables) -> tuple[Any, ...]:
    """How everything ends when nothing is killed; the tables are emptied again."""
    from chalicelib.services.methodologies import forget_registry
    from chalicelib.store.tables import MODELS

    _prepared()
    table = run_here()
    wanted = (table, picture())
    for model in MODELS:
        model.delete_table()
        model.create_table(wait=True)
    forget_registry()
    return wanted


@pytest.mark.parametrize("after_write", [False, True])
def test_a_correction_killed_at_every_write_and_begun_again_ends_the_same(
    undisturbed, monkeypatch, sent, after_write
):
    _prepared()
    killer, killed = Killer(monkeypatch), 0
    while True:
        killer.arm(1 if after_write else 2, after_write)
        try:
            run_here()
            break
        except KeyboardInterrupt:
            killed += 1
        finally:
            killer.disarm()
    assert killed > 10
    done = get_correction(BATCH)
    assert done["state"] == "done"
    assert (done["result"]["table"], picture()) == undisturbed
    assert run_audit().findings == []
    assert read_correction(BATCH).body["runs"] == 1


def test_a_resident_who_fails_is_counted_and_caught_up_by_the_next_run(sent, monkeypatch):
    from chalicelib.services import correction_sweeps

    publish()
    for name in ("res_a", "res_b"):
        ride(name, "e1", DAYS[0])
    propose()
    preview()
    real = correction_sweeps.replace_worth

    def failing(account_id, *more):
        if account_id == "res_a":
            raise ValueError("torn")
        return real(account_id, *more)

    monkeypatch.setattr(correction_sweeps, "replace_worth", failing)
    assert run_here()["failed"] == 1
    monkeypatch.setattr(correction_sweeps, "replace_worth", real)
    run_again(BATCH, NOW + timedelta(hours=1))
    work_through(sent)
    table = get_correction(BATCH)["result"]["table"]
    assert (table["failed"], table["residents"]) == (0, 2)
    assert run_audit().findings == []
