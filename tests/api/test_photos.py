"""Photos over HTTP: a link to upload, a link to see again, to oneself only."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.config import config
from chalicelib.services import photos
from chalicelib.store import files
from tests.gateway import Gateway, assert_problem
from tests.services import delivering
from tests.services.ledger import use_methodology

EVENT = "20261120-cup-00000001"
ASKED = {"event_id": EVENT, "content_type": "image/jpeg", "size_bytes": 104}


@pytest.fixture(autouse=True)
def bucket(tables: None) -> None:
    delivering.add_bucket()


def test_a_photo_is_requested_uploaded_and_seen_by_its_owner_only(
    gateway: Gateway, token_of: Callable[..., str]
) -> None:
    mine, other = token_of("resident", "res_a"), token_of("resident", "res_b")
    asked = gateway.send("POST", "/v1/me/photos", ASKED, mine)
    assert (asked.status, asked.json["valid_s"]) == (201, 900)
    event_key = asked.json["photo_id"].removeprefix("pho_")
    declared = gateway.send(
        "POST",
        "/v1/me/activities",
        {
            "event_id": EVENT,
            "methodology_id": "own-cup",
            "occurred_at": "2026-11-20T08:00:00+08:00",
            "inputs": {},
        },
        mine,
    ).json
    assert declared["activity_id"] == f"20261120-{event_key}"
    path = f"/v1/activities/{declared['activity_id']}/photo"
    assert_problem(gateway.send("GET", path, token=mine), 404, "photo-unknown")
    key = photos.photo_key("res_a", event_key)
    files._s3().put_object(
        Bucket=config().files_bucket, Key=key, Body=b"\xff\xd8\xff" + bytes(101), ContentType="image/jpeg"
    )
    assert gateway.send("GET", path, token=mine).json["valid_s"] == 300
    assert_problem(gateway.send("GET", path, token=other), 404, "activity-unknown")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"content_type": "image/svg+xml"}, "/content_type"),
        ({"size_bytes": 5 * 1024**2 + 1}, "/size_bytes"),
        ({"size_bytes": 0}, "/size_bytes"),
        ({"event_id": "20250101-cup-00000001"}, "/event_id"),
        ({"event_id": "x"}, "/event_id"),
    ],
)
def test_a_wrong_field_is_named(
    gateway: Gateway, token_of: Callable[..., str], change: dict[str, Any], pointer: str
) -> None:
    reply = gateway.send("POST", "/v1/me/photos", {**ASKED, **change}, token_of("resident"))
    assert_problem(reply, 400, "invalid-input", pointer)


def test_a_methodology_may_demand_a_photo_which_does_not_raise_what_it_is_worth(
    gateway: Gateway, token_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_methodology(monkeypatch, "own-cup", verification={"required": False, "photo": True})
    mine = token_of("resident", "res_a")
    body = {
        "event_id": EVENT,
        "methodology_id": "own-cup",
        "occurred_at": "2026-11-20T08:00:00+08:00",
        "inputs": {},
    }
    assert_problem(gateway.send("POST", "/v1/me/activities", body, mine), 422, "evidence-missing")
    photo_id = gateway.send("POST", "/v1/me/photos", ASKED, mine).json["photo_id"]
    with_photo = {**body, "photo_id": photo_id}
    assert_problem(gateway.send("POST", "/v1/me/activities", with_photo, mine), 422, "evidence-missing")
    key = photos.photo_key("res_a", photo_id.removeprefix("pho_"))
    for content, code in ((b"GIF89a" + bytes(50), "evidence-invalid"), (b"\xff\xd8\xff" + bytes(50), None)):
        files._s3().put_object(Bucket=config().files_bucket, Key=key, Body=content, ContentType="image/jpeg")
        reply = gateway.send("POST", "/v1/me/activities", with_photo, mine)
        if code is not None:
            assert_problem(reply, 422, code)
    assert (reply.status, reply.json["grams_co2e"]) == (201, 20)
    again = gateway.send("POST", "/v1/me/activities", with_photo, mine)
    assert again.headers["Idempotency-Hit"] == "true"


def test_own_word_that_a_verifier_has_ended_is_refused_by_name(
    gateway: Gateway, token_of: Callable[..., str]
) -> None:
    delivering.accredit("self", "own-cup", evidence="self-declared", valid_to="2026-11-19")
    body = {"methodology_id": "own-cup", "inputs": {}}
    sent = [
        gateway.send(
            "POST",
            "/v1/me/activities",
            {**body, "event_id": f"202611{day}-cup-0001", "occurred_at": f"2026-11-{day}T08:00:00+08:00"},
            token_of("resident", "res_a"),
        )
        for day in (19, 20)
    ]
    assert sent[0].status == 201
    assert_problem(sent[1], 422, "source-not-accredited")
