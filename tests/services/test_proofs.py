"""Publication: once a day, in a chain, whatever is repeated, raced or killed; every account has a path to the root."""

from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import pytest

from chalicelib.domain.merkle import leaf_hash, root_by_path, streamed_root
from chalicelib.domain.public_days import leaf_data
from chalicelib.errors import Conflict, NotFound
from chalicelib.jobs import publishing
from chalicelib.services import proofs, public_days
from chalicelib.services.proofs import PUBLISH, newest_proof, params_of, publish_day, sweep_id_of
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.sweep_slices import sweep_through
from chalicelib.services.sweeps import run_sweep_now, start_sweep, work_on
from chalicelib.store import queues, runs
from chalicelib.store.accounts import find_account
from chalicelib.store.catalogue import find_document, list_newest
from chalicelib.store.client import dynamodb
from chalicelib.store.spooling import Spool
from tests.services.ledger import NOW, record
from tests.services.proving import never, publish_yesterday

YESTERDAY = date(2026, 11, 20)


@pytest.fixture
def residents(inbox, monkeypatch):
    """Thirteen residents with a settled ride each, and blocks of four leaves."""
    monkeypatch.setattr("chalicelib.domain.merkle.BLOCK_LEAVES", 4)
    monkeypatch.setattr(proofs, "BLOCK_LEAVES", 4)
    for number in range(13):
        record(f"res_{number}", "e1")
    settle_open_sheets(NOW, never)
    return [f"res_{number}" for number in range(13)]


def test_every_account_has_a_path_to_the_published_root(residents):
    assert publish_yesterday(NOW).leaves == 13
    indexes = set()
    for account_id in residents:
        proof = newest_proof(account_id)
        account = find_account(account_id)
        leaf = leaf_hash(leaf_data(account_id, account.seq, account.head_hash))
        path = [bytes.fromhex(node) for node in proof["inclusion"]["path"]]
        root = root_by_path(leaf, proof["inclusion"]["index"], 13, path)
        assert root.hex() == proof["day"]["root"]
        indexes.add(proof["inclusion"]["index"])
    assert indexes == set(range(13))
    assert newest_proof("res_nobody")["inclusion"] is None


def test_the_totals_are_those_of_the_local_day(residents):
    publish_yesterday(NOW)
    (group,) = find_document("day", "2026-11-20")["groups"]
    assert group == {
        "methodology_id": "szt-metro-trip",
        "version": 1,
        "scenario": "行",
        "residents": 13,
        "activities": 13,
        "grams_co2e": 13 * 515,
        "millipoints": 13 * 51500,
    }


def test_a_published_day_never_changes(residents):
    publish_yesterday(NOW)
    before = public_days.day_text("2026-11-20")
    record("res_new", "e1")
    settle_open_sheets(NOW, never)
    assert publish_yesterday(NOW + timedelta(hours=1)).days == 0
    assert publish_day(date(2026, 11, 18), NOW).days == 0, "the chain of days only grows at its end"
    assert public_days.day_text("2026-11-20") == before


def test_of_two_runs_that_publish_different_roots_the_second_is_refused(residents, monkeypatch):
    monkeypatch.setattr(proofs, "list_newest", lambda *_: [])
    publish_yesterday(NOW)
    before = public_days.day_text("2026-11-20")
    assert publish_yesterday(NOW).days == 1, "the same document again is no conflict"
    record("res_new", "e1")
    settle_open_sheets(NOW, never)
    with pytest.raises(Conflict, match="day-exists"):
        publish_yesterday(NOW)
    monkeypatch.undo()
    assert public_days.day_text("2026-11-20") == before


@pytest.fixture
def queue(monkeypatch):
    """The segments that are waiting."""
    waiting = []
    monkeypatch.setattr(queues, "send_message", lambda _, body: waiting.append(body["part"]))
    return waiting


IN_SLICES = replace(PUBLISH, segments=3, slice_groups=2)


def published_through_the_queue(queue, kills=(), stop_after=1000):
    """Publish yesterday by a sweep in small slices, killed at the writes that `kills` names; return the document."""
    start_sweep(IN_SLICES, sweep_id_of(YESTERDAY), params_of(YESTERDAY), NOW)
    kills = list(kills)
    while queue:
        part, left = queue.pop(0), [stop_after]
        with pytest.MonkeyPatch.context() as killing:
            if kills:
                kill_at_write(killing, kills.pop())
                queue.append(part)
            try:
                work_on(IN_SLICES, sweep_id_of(YESTERDAY), part, NOW, lambda left=left: count_down(left))
            except KeyboardInterrupt:
                continue
    return find_document("day", "2026-11-20")


def count_down(left):
    left[0] -= 1
    return left[0] < 0


def kill_at_write(patch, writes):
    """Kill the process at its write of that number, whatever it writes to."""
    left = [writes]

    def dying(real):
        def write(*arguments):
            if count_down(left):
                raise KeyboardInterrupt
            return real(*arguments)

        return write

    patch.setattr(proofs, "write_bytes", dying(proofs.write_bytes))
    patch.setattr(proofs, "put_document", dying(proofs.put_document))
    patch.setattr(runs, "replace_run", dying(runs.replace_run))


def test_in_one_go_and_in_slices_the_same_document_is_published(residents, queue):
    with pytest.MonkeyPatch.context() as patch:
        kept = []
        patch.setattr(proofs, "put_document", lambda kind, day, document: kept.append(document))
        sweep_through(PUBLISH, "publish-x", params_of(YESTERDAY), NOW)
    assert published_through_the_queue(queue, stop_after=1) == kept[0]
    assert runs.get_run(sweep_id_of(YESTERDAY)).body["result"]["root"] == kept[0]["root"]


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_any_write_and_delivered_twice_a_night_has_one_root(residents, queue, seed):
    kills = [(seed + number) % 9 for number in range(8)]
    document = published_through_the_queue(queue, kills)
    accounts = sorted(map(find_account, residents), key=lambda a: sha256(a.account_id.encode()).digest())
    leaves = [leaf_hash(leaf_data(a.account_id, a.seq, a.head_hash)) for a in accounts]
    assert (document["leaves"], document["root"]) == (13, streamed_root(leaves).hex())
    assert document["groups"][0]["residents"] == 13


def test_groups_are_small_or_not_over_all_segments_together(inbox, monkeypatch):
    for number in range(12):
        record(f"res_{number:02d}", "e1")
    for number in range(9):
        record(f"res_{number:02d}", "b1", methodology_id="szt-bus-ride")
    settle_open_sheets(NOW, never)
    run_sweep_now(IN_SLICES, sweep_id_of(YESTERDAY), params_of(YESTERDAY), NOW)
    document = find_document("day", "2026-11-20")
    assert document["groups"] == []
    assert document["other"]["activities"] == 21, (
        "nine residents of one group are merged with the next larger"
    )
    assert "res_" not in str(runs.get_run(sweep_id_of(YESTERDAY)).body["result"])


def test_a_sheet_that_cannot_be_read_does_not_hold_up_the_root(residents):
    key = {"account_id": {"S": "res_3"}, "item": {"S": "sheet#2026-11-20"}}
    update = {"UpdateExpression": "SET g = :g", "ExpressionAttributeValues": {":g": {"S": "many"}}}
    dynamodb().update_item(TableName="tanhui-test-accounts", Key=key, **update)
    assert publish_yesterday(NOW).leaves == 13
    assert find_document("day", "2026-11-20")["groups"][0]["residents"] == 12


@pytest.mark.parametrize("writes", range(5))
def test_a_run_killed_anywhere_is_simply_repeated(residents, monkeypatch, writes):
    left = [writes]

    def write(key, content):
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        real(key, content)

    real = proofs.write_bytes
    monkeypatch.setattr(proofs, "write_bytes", write)
    with pytest.raises(KeyboardInterrupt):
        publish_yesterday(NOW)
    assert find_document("day", "2026-11-20") is None
    left[0] = 100
    record("res_new", "e1")
    settle_open_sheets(NOW, never)
    assert publish_yesterday(NOW).leaves == 14
    assert newest_proof("res_new")["inclusion"] is not None


def test_days_form_a_chain_also_over_a_night_that_failed(residents):
    publish_yesterday(NOW)
    publish_yesterday(NOW + timedelta(days=2))
    newest, first = list_newest("day", None, 5)
    assert newest["date"] == "2026-11-22"
    assert newest["previous"] == {name: first[name] for name in ("date", "root", "digest")}
    assert first["previous"] is None


def test_the_job_publishes_yesterday_once_also_on_an_empty_deployment(inbox, queue):
    assert publishing.run(NOW, never) == "running"
    for part in queue:
        work_on(PUBLISH, "publish-2026-11-20", part, NOW, never)
    assert newest_proof("res_a") == {"day": find_document("day", "2026-11-20"), "inclusion": None}
    queue.clear()
    assert publishing.run(NOW + timedelta(minutes=1), never) == "done"
    assert queue == []


def test_days_are_listed_newest_first_and_paged(inbox):
    for days in range(3):
        publish_yesterday(NOW + timedelta(days=days))
    first = public_days.list_days(2, None)
    assert [item["date"] for item in first.items] == ["2026-11-22", "2026-11-21"]
    assert [item["date"] for item in public_days.list_days(2, first.cursor).items] == ["2026-11-20"]
    with pytest.raises(NotFound, match="day-unknown"):
        public_days.day_text("2020-01-01")


def test_records_leave_the_spool_in_order_however_they_came():
    records = [bytes([n * 37 % 256, n]) for n in range(256)]
    with Spool(2) as spool:
        for one in records:
            spool.add(one)
        assert list(spool.sorted_records()) == sorted(records) == list(spool.sorted_records())
        assert spool.count == 256


def test_the_root_is_that_over_the_leaves_in_order_of_the_hashed_account_id(residents):
    publish_yesterday(NOW)
    accounts = sorted(map(find_account, residents), key=lambda a: sha256(a.account_id.encode()).digest())
    leaves = [leaf_hash(leaf_data(a.account_id, a.seq, a.head_hash)) for a in accounts]
    assert streamed_root(leaves).hex() == find_document("day", "2026-11-20")["root"]
