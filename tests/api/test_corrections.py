"""Corrections of past activities over HTTP: proposed by one, previewed, approved by another, watched to the end."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from chalicelib.jobs import work
from chalicelib.store import queues
from tests.gateway import Gateway, Reply, assert_problem
from tests.services.correcting import ASKED, BATCH, ride
from tests.services.proposing import NOW, publish

CORRECTIONS = "/v1/operator/corrections"
SEEN = {"preview_digest": 64 * "a"}
Send = Callable[..., Reply]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was put into the queue."""
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(queues, "send_message", lambda queue, body: messages.append(body))
    return messages


@pytest.fixture
def send(gateway: Gateway, token_of: Callable[..., str], sent: list[dict[str, Any]]) -> Send:
    """Send as a member of the staff, with the newest version of the bicycle published."""
    publish()

    def as_staff(
        method: str, path: str, body: Any = None, staff: str = "stf_author", role: str = "operator"
    ) -> Reply:
        return gateway.send(method, path, body, token_of(role, staff))

    return as_staff


def work_through(messages: list[dict[str, Any]]) -> None:
    while messages:
        work.handle(json.dumps(messages.pop(0)), NOW, lambda: False)


def test_a_batch_goes_from_its_proposal_to_its_result(
    send: Send, sent: list[dict[str, Any]], gateway: Gateway, token_of: Callable[..., str]
) -> None:
    ride("res_a", "e1", date(2026, 11, 10))
    proposed = send("POST", CORRECTIONS, ASKED)
    assert (proposed.status, proposed.json["state"]) == (201, "proposed")
    assert send("POST", CORRECTIONS, ASKED).headers["Idempotency-Hit"] == "true"
    approval = f"{CORRECTIONS}/{BATCH}/approval"
    assert_problem(send("POST", approval, SEEN, staff="stf_other"), 422, "preview-missing")
    assert send("POST", f"{CORRECTIONS}/{BATCH}/preview").status == 202
    work_through(sent)
    shown = send("GET", f"{CORRECTIONS}/{BATCH}").json["preview"]
    preview, seen = shown["table"], {"preview_digest": shown["digest"]}
    assert (preview["residents"], preview["grams_co2e_change"]) == (1, 100)
    assert_problem(send("POST", approval, seen), 403, "needs-second-person")
    assert_problem(send("POST", approval, {}, staff="stf_reg"), 400, "invalid-input", "/preview_digest")
    assert_problem(send("POST", approval, SEEN, staff="stf_reg"), 409, "preview-changed")
    approved = send("POST", approval, seen, staff="stf_reg", role="regulator")
    assert (approved.status, approved.json["state"]) == (202, "running")
    work_through(sent)
    done = send("GET", f"{CORRECTIONS}/{BATCH}").json
    assert (done["state"], done["result"]["table"]) == ("done", preview)
    assert done["progress"]["parts_done"] == done["progress"]["parts"]
    me = gateway.send("GET", "/v1/me", token=token_of("resident", "res_a")).json
    assert me["balance"]["grams_co2e"] == 300
    assert send("POST", f"{CORRECTIONS}/{BATCH}/run", staff="stf_other").json["runs"] == 2
    work_through(sent)
    assert send("GET", f"{CORRECTIONS}/{BATCH}").json["result"]["table"] == preview


def test_what_cannot_be_corrected_is_refused_by_field(send: Send) -> None:
    for changes, pointer in [
        ({"correction_id": "x"}, "/correction_id"),
        ({"old_versions": []}, "/old_versions"),
        ({"new_version": True}, "/new_version"),
        ({"new_version": 9}, "/new_version"),
        ({"from_on": "2026-13-01"}, "/from_on"),
        ({"to_on": "2026-12-24"}, "/to_on"),
        ({"reason": "x"}, "/reason"),
        ({"methodology_id": "flying"}, "/methodology_id"),
    ]:
        assert_problem(send("POST", CORRECTIONS, {**ASKED, **changes}), 400, "invalid-input", pointer)


def test_batches_are_listed_and_closed_with_a_reason(send: Send) -> None:
    send("POST", CORRECTIONS, ASKED)
    for query in ("", "?state=proposed", "?methodology_id=shared-bicycle"):
        (item,) = send("GET", CORRECTIONS + query, role="regulator").json["items"]
        assert item["correction_id"] == BATCH
    rejection = f"{CORRECTIONS}/{BATCH}/rejection"
    assert_problem(send("POST", rejection, {"reason": ""}), 400, "invalid-input", "/reason")
    assert send("POST", rejection, {"reason": "数据有误"}).json["state"] == "rejected"
    for action, body in (("preview", None), ("run", None), ("approval", SEEN)):
        reply = send("POST", f"{CORRECTIONS}/{BATCH}/{action}", body, staff="stf_other")
        assert_problem(reply, 409, "correction-decided")
        assert_problem(send("POST", f"{CORRECTIONS}/none/{action}", body), 404, "correction-unknown")
    assert_problem(send("GET", f"{CORRECTIONS}/none"), 404, "correction-unknown")
