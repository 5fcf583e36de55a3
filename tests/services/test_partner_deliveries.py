"""Signed batches: every row gets its outcome, a retry gets the same answer, strangers' rows leave no trace."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import Conflict, InvalidInput, NotFound, Refused
from chalicelib.services import activities, backfills, imports
from chalicelib.services.balances import read_balance
from chalicelib.services.partner_deliveries import request_upload, submit_activities
from chalicelib.store import people
from chalicelib.store.client import dynamodb
from chalicelib.store.tables import MODELS
from tests.services.delivering import NOW, bind, deliver, event_id_of, file_of, outcomes_of, run, tap

KEY = "batch-00000001"


def row(event_id: str, card_no: str = "AAAA1111", **changes: Any) -> dict[str, Any]:
    fields = {"methodology_id": "szt-bus-ride", "occurred_at": "2026-11-20T08:30:00+08:00", "inputs": {}}
    made = {"event_id": "", "card_no": card_no, **fields, **changes}
    return made | {"event_id": changes.get("event_id") or event_id_of(event_id, made["occurred_at"])}


def submit(rows: list[dict[str, Any]], key: str = KEY, now: Any = NOW) -> dict[str, Any]:
    return submit_activities("szt", rows, key, now, workers=1)


def named(answer: dict[str, Any]) -> list[str]:
    return [
        f"{one['outcome']}/{one['reason']}" if "reason" in one else one["outcome"]
        for one in answer["results"]
    ]


@pytest.mark.usefixtures("inbox")
def test_every_row_is_told_what_became_of_it() -> None:
    bind("AAAA1111")
    bind("BBBB2222", covers_from_on="2026-11-20")
    answer = submit(
        [
            row("e1"),
            row("e1"),
            row("e2", "STRANGER1"),
            row("e3", "BBBB2222", occurred_at="2026-11-19T08:30:00+08:00"),
            row("e4", occurred_at="2026-11-22T08:30:00+08:00"),
            row("e5", occurred_at="2026-11-13T08:30:00+08:00"),
            row("e6", methodology_id="own-cup"),
            row("e7", inputs={"distance_m": 5}),
            row("e8", "BBBB2222"),
        ]
    )
    assert named(answer) == [
        "accepted",
        "duplicate/repeated-in-batch",
        "unbound",
        "skipped/before-consent",
        "rejected/in-the-future",
        "rejected/outside-window",
        "rejected/methodology-not-allowed",
        "rejected/wrong-inputs",
        "accepted",
    ]
    assert answer["outcomes"] == {"accepted": 2, "duplicate": 1, "skipped": 1, "rejected": 4, "unbound": 1}
    assert [one["event_id"] for one in answer["results"]][:3] == [
        "20261120-e1",
        "20261120-e1",
        "20261120-e2",
    ]


@pytest.mark.usefixtures("inbox")
def test_the_same_batch_again_gets_the_same_answer_and_changes_nothing() -> None:
    bind("AAAA1111")
    first = submit([row("e1"), row("e2")])
    balance = read_balance("res_AAAA1111", NOW)
    again = submit([row("e1"), row("e2")], now=NOW + timedelta(minutes=1))
    assert again.pop("_hit")
    assert again == first
    assert read_balance("res_AAAA1111", NOW) == balance
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        submit([row("e3")])
    assert named(submit([row("e1"), row("e2")], "batch-00000002")) == ["duplicate", "duplicate"]


@pytest.mark.usefixtures("inbox")
def test_a_batch_cut_short_is_finished_by_its_retry_as_if_nothing_had_happened() -> None:
    bind("AAAA1111")
    bind("BBBB2222")
    rows = [row("e1"), row("e2", "BBBB2222")]
    with pytest.MonkeyPatch.context() as patched:
        insert = activities.insert_sheets

        def cut(planned: Any) -> Any:
            insert(planned[:1])
            raise ConnectionError

        patched.setattr(activities, "insert_sheets", cut)
        with pytest.raises(ConnectionError):
            submit(rows)
    assert named(submit(rows)) == ["accepted"] * 2


@pytest.mark.usefixtures("inbox")
def test_nothing_stored_names_a_card_or_a_strangers_event() -> None:
    bind("AAAA1111")
    submit([row("known-event"), row("strange-event", "STRANGER1")])
    stored = repr([dynamodb().scan(TableName=model.Meta.table_name)["Items"] for model in MODELS])
    assert "STRANGER1" not in stored
    assert "strange-event" not in stored
    assert "AAAA1111" not in stored.replace("res_AAAA1111", "")


@pytest.mark.usefixtures("inbox")
def test_announcing_the_same_file_again_gives_the_same_import() -> None:
    first = request_upload("szt", "taps.csv", 10, "0" * 64, None, KEY, NOW)
    again = request_upload("szt", "taps.csv", 10, "0" * 64, None, KEY, NOW + timedelta(minutes=1))
    assert (first["import_id"], first["_hit"], again["_hit"]) == (again["import_id"], False, True)
    assert f"inbox/szt/{first['import_id']}/taps.csv" in first["upload_url"]
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        request_upload("szt", "taps.csv", 11, "0" * 64, None, KEY, NOW)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"size_bytes": 0}, "/size_bytes"),
        ({"size_bytes": imports.FILE_BYTES_MAX + 1}, "/size_bytes"),
        ({"file_name": "../../x"}, "/file_name"),
        ({"file_name": "a\\b"}, "/file_name"),
        ({"file_name": ".."}, "/file_name"),
    ],
)
@pytest.mark.usefixtures("inbox")
def test_a_file_that_cannot_be_taken_is_refused_when_announced(change: dict[str, Any], pointer: str) -> None:
    asked = {"file_name": "taps.csv", "size_bytes": 5, "sha256": "0" * 64, "backfill_id": None} | change
    with pytest.raises(InvalidInput) as refused:
        request_upload("szt", idempotency_key=KEY, now=NOW, **asked)
    assert refused.value.facts["errors"][0]["pointer"] == pointer


@pytest.mark.usefixtures("inbox")
def test_a_partner_sees_its_own_imports_only() -> None:
    import_id = deliver(file_of([tap("AAAA1111", "08:00:00")]))
    assert [one["import_id"] for one in imports.list_imports("szt", 20, None).items] == [import_id]
    assert imports.list_imports("other", 20, None).items == []
    for look in (imports.get_import, imports.report_link):
        with pytest.raises(NotFound, match="import-unknown"):
            look(import_id, "other")
    with pytest.raises(Refused, match="import-not-done"):
        imports.report_link(import_id, "szt")
    run(import_id)
    assert f"reports/szt/{import_id}.csv" in imports.report_link(import_id, "szt")["report_url"]


@pytest.mark.usefixtures("inbox")
def test_an_approved_backfill_opens_its_days_for_the_import_that_names_it() -> None:
    bind("AAAA1111", covers_from_on="2026-01-01")
    asked = backfills.request_backfill("szt", "2026-10-01", "2026-10-02", "运营商补报", "stf_a", NOW)
    lines = [tap("AAAA1111", f"2026-{day} 08:00:00") for day in ("09-30", "10-01", "10-02", "10-03", "11-20")]
    with pytest.raises(Refused, match="backfill-not-approved"):
        deliver(file_of(lines), backfill_id=asked["backfill_id"])
    backfills.approve_backfill(asked["backfill_id"], "stf_b", NOW)
    import_id = deliver(file_of(lines), backfill_id=asked["backfill_id"])
    assert run(import_id) == "done"
    outside = "rejected/outside-window"
    wanted = {2: outside, 3: "accepted", 4: "accepted", 5: outside, 6: "accepted"}
    assert outcomes_of(import_id) == wanted
    plain = deliver(file_of(lines), "key-00000002")
    run(plain)
    assert outcomes_of(plain) == {2: outside, 3: outside, 4: outside, 5: outside, 6: "duplicate"}
    assert people.bindings_by_card([]) == {}
