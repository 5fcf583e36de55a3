"""Verification over HTTP: what waits is seen without a name, decided singly or by a sample; wrong fields are named."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.config import config
from chalicelib.domain.activities import Recorded
from chalicelib.services import photos
from chalicelib.store import files
from tests.conftest import Clock
from tests.gateway import Gateway, Reply, assert_problem
from tests.services import delivering
from tests.services.ledger import NOW
from tests.services.verifying import ASKED, Queue, demand_verification, return_clothes

PENDING, BATCHES = "/v1/verifier/pending", "/v1/verifier/batches"
BATCH = f"{BATCHES}/ver_batch-0001"
Send = Callable[..., Reply]


@pytest.fixture
def queue(gateway: Gateway, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Queue:
    """Four residents whose clothes wait, and the queue."""
    delivering.add_bucket()
    clock.now = NOW
    demand_verification(monkeypatch)
    for number in range(4):
        return_clothes(f"res_{number}", f"bag-{number}")
    return Queue(monkeypatch)


@pytest.fixture
def send(queue: Queue, gateway: Gateway, token_of: Callable[..., str]) -> Send:
    def as_verifier(
        method: str, path: str, body: Any = None, role: str = "verifier", organisation: str = "hezheng"
    ) -> Reply:
        return gateway.send(method, path, body, token_of(role, "stf_a", organisation))

    return as_verifier


def test_one_activity_is_found_and_confirmed_and_its_owner_sees_it(
    send: Send, gateway: Gateway, token_of: Callable[..., str]
) -> None:
    listed = send("GET", f"{PENDING}?methodology_id=clothes-return&source=huishou&limit=3")
    assert len(listed.json["items"]) == 3
    assert "res_" not in listed.text
    rest = send(
        "GET",
        f"{PENDING}?methodology_id=clothes-return&source=huishou&limit=3&cursor={listed.json['next_cursor']}",
    )
    assert len(rest.json["items"]) == 1
    one = listed.json["items"][0]
    decision = {"pending_id": one["pending_id"], "decision": "confirm", "note": "核对回收单"}
    decided = send("POST", f"{PENDING}/decide", decision)
    assert decided.json == {
        "activity_id": one["activity_id"],
        "state": "confirmed",
        "grams_co2e": 2560,
        "reason": "",
    }
    assert send("POST", f"{PENDING}/decide", decision).headers["Idempotency-Hit"] == "true"
    assert_problem(
        send("POST", f"{PENDING}/decide", {**decision, "decision": "reject"}), 409, "verification-decided"
    )
    seen = [
        gateway.send("GET", f"/v1/activities/{one['activity_id']}", token=token_of("resident", f"res_{n}"))
        for n in range(4)
    ]
    assert sorted(reply.status for reply in seen) == [200, 404, 404, 404]


def test_a_batch_is_opened_judged_and_confirmed(send: Send, queue: Queue) -> None:
    opened = send("POST", BATCHES, ASKED)
    assert (opened.status, opened.json["state"], opened.json["batch_id"]) == (
        201,
        "drawing",
        "ver_batch-0001",
    )
    assert send("POST", BATCHES, ASKED).headers["Idempotency-Hit"] == "true"
    queue.work_off()
    batch = send("GET", BATCH)
    assert (batch.json["state"], batch.json["population"], len(batch.json["sample"])) == ("open", 4, 3)
    assert "res_" not in batch.text
    assert_problem(send("POST", f"{BATCH}/confirm"), 409, "sample-not-judged")
    for number in (1, 2, 3):
        judged = send("PUT", f"{BATCH}/samples/{number}", {"result": "ok" if number > 1 else "not-ok"})
        assert judged.json["judged"] == number
    assert send("POST", f"{BATCH}/confirm").json["state"] == "confirming"
    assert send("POST", f"{BATCH}/confirm").headers["Idempotency-Hit"] == "true"
    queue.work_off()
    for role in ("verifier", "operator", "regulator"):
        (listed,) = send("GET", f"{BATCHES}?state=confirmed", role=role).json["items"]
        assert listed["result"] == {
            "credited": 3,
            "withheld": 0,
            "rejected": 1,
            "decided_before": 0,
            "no_room": 0,
        }
    assert "verifications/ver_batch-0001" in send("GET", f"{BATCH}/population").json["population_url"]
    assert_problem(send("POST", f"{BATCH}/reject", {"reason": "又改主意了"}), 409, "verification-decided")


def test_a_batch_is_rejected_with_a_reason(send: Send, queue: Queue) -> None:
    send("POST", BATCHES, ASKED)
    queue.work_off()
    assert_problem(send("POST", f"{BATCH}/reject", {"reason": ""}), 400, "invalid-input", "/reason")
    assert send("POST", f"{BATCH}/reject", {"reason": "回收单对不上"}).json["state"] == "rejecting"
    queue.work_off()
    assert send("GET", BATCH).json["result"]["rejected"] == 4


def test_a_photo_is_shown_to_the_verifier_and_the_link_names_nobody(
    send: Send, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: Recorded = return_clothes("res_9", "bag-9")[0]
    key = photos.photo_key("res_9", recorded.activity_id.partition("-")[2])
    files._s3().put_object(
        Bucket=config().files_bucket, Key=key, Body=b"\xff\xd8\xff" + bytes(99), ContentType="image/jpeg"
    )
    items = send("GET", f"{PENDING}?limit=100").json["items"]
    links = {
        one["activity_id"]: send("GET", f"{PENDING}/photo?pending_id={one['pending_id']}") for one in items
    }
    found = links.pop(recorded.activity_id)
    assert found.json["valid_s"] == 300
    assert "res_9" not in found.text
    for reply in links.values():
        assert_problem(reply, 404, "photo-unknown")
    send("POST", BATCHES, {**ASKED, "sample_size": 9})
    queue.work_off()
    replies = [send("GET", f"{BATCH}/samples/{number}/photo") for number in range(1, 6)]
    assert sorted(reply.status for reply in replies) == [200, 404, 404, 404, 404]


def test_whoever_belongs_to_the_source_decides_nothing(send: Send, queue: Queue) -> None:
    one = send("GET", PENDING).json["items"][0]
    send("POST", BATCHES, ASKED)
    queue.work_off()
    attempts = [
        ("POST", f"{PENDING}/decide", {"pending_id": one["pending_id"], "decision": "confirm"}),
        ("GET", f"{PENDING}/photo?pending_id={one['pending_id']}", None),
        ("POST", BATCHES, {**ASKED, "batch_id": "batch-0002"}),
        ("PUT", f"{BATCH}/samples/1", {"result": "ok"}),
        ("GET", f"{BATCH}/samples/1/photo", None),
        ("POST", f"{BATCH}/confirm", None),
        ("POST", f"{BATCH}/reject", {"reason": "没有任何理由"}),
    ]
    for method, path, body in attempts:
        assert_problem(send(method, path, body, organisation="huishou"), 403, "verifier-is-source")


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer"),
    [
        ("GET", f"{PENDING}?methodology_id=flying", None, "/methodology_id"),
        ("GET", f"{PENDING}?from_on=2026-11-20&to_on=2026-11-19", None, "/to_on"),
        ("GET", f"{PENDING}?source=A!", None, "/query/source"),
        ("GET", f"{PENDING}/photo?pending_id={'x' * 40}", None, "/pending_id"),
        ("GET", f"{PENDING}/photo", None, "/pending_id"),
        ("POST", f"{PENDING}/decide", {"pending_id": "x" * 40, "decision": "confirm"}, "/pending_id"),
        ("POST", f"{PENDING}/decide", {"pending_id": "x" * 40, "decision": "perhaps"}, "/decision"),
        ("POST", BATCHES, {**ASKED, "sample_size": 0}, "/sample_size"),
        ("POST", BATCHES, {**ASKED, "sample_size": 201}, "/sample_size"),
        ("POST", BATCHES, {**ASKED, "batch_id": "a b c d e f g"}, "/batch_id"),
        ("POST", BATCHES, {**ASKED, "to_on": "2026-11-01"}, "/to_on"),
        ("POST", BATCHES, {**ASKED, "methodology_id": "flying"}, "/methodology_id"),
        ("PUT", f"{BATCH}/samples/1", {"result": "perhaps"}, "/result"),
    ],
)
def test_a_wrong_field_is_named(send: Send, method: str, path: str, body: Any, pointer: str) -> None:
    assert_problem(send(method, path, body), 400, "invalid-input", pointer)


def test_what_is_not_there_is_unknown(send: Send, queue: Queue) -> None:
    assert_problem(send("GET", BATCH), 404, "verification-unknown")
    send("POST", BATCHES, ASKED)
    assert_problem(send("GET", f"{BATCH}/population"), 404, "file-missing")
    queue.work_off()
    for number in ("0", "9", "x"):
        assert_problem(send("PUT", f"{BATCH}/samples/{number}", {"result": "ok"}), 404, "sample-unknown")
