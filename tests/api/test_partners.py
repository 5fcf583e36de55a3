"""Partners over HTTP: signed in, strictly read, answered row by row; the same request again is the same answer."""

import json
from typing import Any

import pytest

from chalicelib.services import partners
from tests.conftest import Clock
from tests.gateway import Gateway, Reply, assert_problem
from tests.services import delivering

ACTIVITIES = "/v1/partner/activities"
FILES = "/v1/partner/files"
FILE = {"file_name": "taps.csv", "size_bytes": 10, "sha256": "0" * 64}
ROW = {
    "event_id": "20261120-e1",
    "card_no": "AAAA1111",
    "methodology_id": "szt-bus-ride",
    "occurred_at": "2026-11-20T08:30:00+08:00",
    "inputs": {},
}


class PartnerCaller:
    """Signs as partner `szt` and sends."""

    def __init__(self, gateway: Gateway, clock: Clock) -> None:
        self._gateway = gateway
        self._clock = clock

    def send(
        self, method: str, path: str, body: Any = None, key: str = "batch-00000001", **headers: str
    ) -> Reply:
        self._clock.pass_(seconds=1)
        raw = None if body is None else json.dumps(body)
        timestamp_s = int(self._clock.now.timestamp())
        secret = partners.secret_of("szt.1")
        signature = partners.sign(secret, timestamp_s, method, path, key, (raw or "").encode())
        signed = {
            "X-Tanhui-Key": "szt.1",
            "X-Tanhui-Timestamp": str(timestamp_s),
            "X-Tanhui-Signature": signature,
            "Idempotency-Key": key,
        }
        sent = {**signed, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self._gateway.send(method, path, headers=sent, raw=raw)


@pytest.fixture
def partner(gateway: Gateway, clock: Clock) -> PartnerCaller:
    delivering.add_bucket()
    delivering.add_partner()
    clock.now = delivering.NOW
    return PartnerCaller(gateway, clock)


def test_a_signed_batch_is_answered_row_by_row_and_its_repeat_alike(partner: PartnerCaller) -> None:
    delivering.bind("AAAA1111")
    body = {"rows": [ROW, {**ROW, "event_id": "20261120-e2", "card_no": "STRANGER1"}]}
    first = partner.send("POST", ACTIVITIES, body)
    assert first.status == 200
    assert [one["outcome"] for one in first.json["results"]] == ["accepted", "unbound"]
    again = partner.send("POST", ACTIVITIES, body)
    assert again.json == first.json
    assert (first.headers.get("Idempotency-Hit"), again.headers["Idempotency-Hit"]) == (None, "true")
    assert_problem(partner.send("POST", ACTIVITIES, {"rows": [ROW]}), 409, "idempotency-key-reused")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"event_id": ""}, "/rows/0/event_id"),
        ({"event_id": "e1"}, "/rows/0/event_id"),
        ({"event_id": "2026-11-20-1"}, "/rows/0/event_id"),
        ({"event_id": "20261120-\u0007"}, "/rows/0/event_id"),
        ({"event_id": "20261120" + 93 * "x"}, "/rows/0/event_id"),
        ({"card_no": 5}, "/rows/0/card_no"),
        ({"card_no": "卡"}, "/rows/0/card_no"),
        ({"occurred_at": "2026-11-20T08:30:00"}, "/rows/0/occurred_at"),
        ({"occurred_at": "2026-02-30T08:30:00Z"}, "/rows/0/occurred_at"),
        ({"inputs": {"distance_m": 1.5}}, "/rows/0/inputs/distance_m"),
        ({"inputs": {"distance_m": True}}, "/rows/0/inputs/distance_m"),
        ({"inputs": None}, "/rows/0/inputs"),
        ({"inputs": {"\ud800": 1}}, "/rows/0/inputs"),
        ({"points": 5}, "/rows/0/points"),
    ],
)
def test_a_wrong_field_of_a_row_is_named_and_nothing_is_recorded(
    partner: PartnerCaller, change: dict[str, Any], pointer: str
) -> None:
    delivering.bind("AAAA1111")
    reply = partner.send(
        "POST", ACTIVITIES, {"rows": [{**ROW, **change}, {**ROW, "event_id": "20261120-e2"}]}
    )
    assert_problem(reply, 400, "invalid-input", pointer)
    assert partner.send("POST", ACTIVITIES, {"rows": [ROW]}, "batch-2nd").json["outcomes"]["accepted"] == 1


def test_an_event_sent_again_for_another_day_is_refused_by_its_id_and_paid_once(
    partner: PartnerCaller,
) -> None:
    delivering.bind("AAAA1111")
    paid = partner.send("POST", ACTIVITIES, {"rows": [ROW]})
    assert paid.json["outcomes"]["accepted"] == 1
    moved = {**ROW, "occurred_at": "2026-11-19T08:30:00+08:00"}
    reply = partner.send("POST", ACTIVITIES, {"rows": [moved]}, "batch-2nd")
    assert reply.json["results"] == [
        {
            "event_id": ROW["event_id"],
            "outcome": "rejected",
            "reason": "wrong-event-day",
            "field": "event_id",
        }
    ]
    right = {**moved, "event_id": "20261119-e1"}
    together = partner.send("POST", ACTIVITIES, {"rows": [moved, right]}, "batch-3rd")
    assert [one["outcome"] for one in together.json["results"]] == ["rejected", "accepted"]


def test_the_day_of_an_event_id_is_the_citys(partner: PartnerCaller) -> None:
    delivering.bind("AAAA1111")
    late = {**ROW, "occurred_at": "2026-11-19T16:00:00Z"}
    reply = partner.send("POST", ACTIVITIES, {"rows": [late, {**late, "event_id": "20261119-e1"}]})
    assert [one["outcome"] for one in reply.json["results"]] == ["accepted", "rejected"]


def test_a_batch_has_from_one_to_five_hundred_rows(partner: PartnerCaller) -> None:
    for rows in ([], [{**ROW, "event_id": f"20261120-{number}"} for number in range(501)]):
        assert_problem(partner.send("POST", ACTIVITIES, {"rows": rows}), 400, "invalid-input", "/rows")


def test_a_request_without_or_with_another_proof_is_refused(partner: PartnerCaller, gateway: Gateway) -> None:
    assert_problem(gateway.send("POST", ACTIVITIES, {"rows": [ROW]}), 401, "signature-missing")
    forged = partner.send("POST", ACTIVITIES, {"rows": [ROW]}, X_Tanhui_Signature="v1=00")
    assert_problem(forged, 401, "signature-invalid")
    stale = partner.send("POST", ACTIVITIES, {"rows": [ROW]}, X_Tanhui_Timestamp="1")
    assert_problem(stale, 401, "signature-invalid")
    short = partner.send("POST", ACTIVITIES, {"rows": [ROW]}, key="short")
    assert_problem(short, 400, "invalid-input", "/headers/idempotency-key")


def test_a_file_is_announced_uploaded_followed_and_its_report_fetched(partner: PartnerCaller) -> None:
    announced = partner.send("POST", FILES, FILE)
    assert announced.status == 201
    import_id = announced.json["import_id"]
    assert partner.send("POST", FILES, FILE).headers["Idempotency-Hit"] == "true"
    assert partner.send("GET", f"/v1/partner/imports/{import_id}").json["state"] == "requested"
    assert_problem(partner.send("GET", f"/v1/partner/imports/{import_id}/report"), 422, "import-not-done")
    assert_problem(partner.send("GET", "/v1/partner/imports/imp_of_others"), 404, "import-unknown")

    finished = delivering.deliver(
        delivering.file_of([delivering.tap("AAAA1111", "08:00:00")]), "key-00000009"
    )
    delivering.run(finished)
    assert partner.send("GET", f"/v1/partner/imports/{finished}").json["state"] == "done"
    assert partner.send("GET", f"/v1/partner/imports/{finished}/report").json["valid_s"] == 900
    first = partner.send("GET", "/v1/partner/imports?limit=1").json
    rest = partner.send("GET", f"/v1/partner/imports?cursor={first['next_cursor']}&limit=1").json
    found = {one["import_id"] for one in first["items"] + rest["items"]}
    assert found == {import_id, finished}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"size_bytes": 0}, "/size_bytes"),
        ({"size_bytes": "10"}, "/size_bytes"),
        ({"sha256": "ABC"}, "/sha256"),
        ({"file_name": "../x"}, "/file_name"),
        ({"file_name": ""}, "/file_name"),
        ({"backfill_id": "a/b"}, "/backfill_id"),
    ],
)
def test_a_file_that_cannot_be_is_refused_by_the_field(
    partner: PartnerCaller, change: dict[str, Any], pointer: str
) -> None:
    assert_problem(partner.send("POST", FILES, {**FILE, **change}), 400, "invalid-input", pointer)


def test_a_backfill_that_is_not_ones_own_is_unknown(partner: PartnerCaller) -> None:
    assert_problem(partner.send("POST", FILES, {**FILE, "backfill_id": "bkf_x"}), 404, "backfill-unknown")
