"""Methodology versions over HTTP: proposed, reviewed and approved by three roles, shown to everybody."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Clock
from tests.gateway import Gateway, Reply, assert_problem
from tests.services import proposing

OPERATOR = "/v1/operator/methodologies"
PROPOSAL = proposing.PROPOSAL
Send = Callable[..., Reply]
ROLE_OF = {"stf_author": "operator", "stf_expert": "verifier", "stf_regulator": "regulator"}


@pytest.fixture
def send(gateway: Gateway, token_of: Callable[..., str]) -> Send:
    """Send as one of the three: `send("stf_author", "POST", path, body)`."""

    def as_staff(staff: str, method: str, path: str, body: Any = None) -> Reply:
        return gateway.send(method, path, body, token_of(ROLE_OF[staff], staff))

    return as_staff


def submit(send: Send, **changes: Any) -> Reply:
    body = {"proposal_id": PROPOSAL, "document": proposing.faster_bicycle(), **changes}
    return send("stf_author", "POST", OPERATOR, body)


def review(send: Send, **changes: Any) -> Reply:
    body = {**proposing.REVIEW, "answers": [], **changes}
    return send("stf_expert", "POST", f"/v1/verifier/methodologies/{PROPOSAL}/review", body)


def approve(send: Send) -> Reply:
    return send("stf_regulator", "POST", f"/v1/regulator/methodologies/{PROPOSAL}/approval")


def test_three_roles_bring_a_version_into_force_and_everybody_sees_it(
    send: Send, gateway: Gateway, clock: Clock
) -> None:
    submitted = submit(send)
    assert (submitted.status, submitted.json["state"]) == (201, "submitted")
    assert submit(send).headers["Idempotency-Hit"] == "true"
    assert_problem(approve(send), 422, "review-missing")
    assert review(send).json["state"] == "recommended"
    assert_problem(approve(send), 422, "effect-missing")
    proposing.pretend_effect(table=_EMPTY_TABLE, from_on="2026-10-21", to_on="2026-11-19", computed_at=_AT)
    assert approve(send).json["version_state"] == "announced"
    assert approve(send).headers["Idempotency-Hit"] == "true"
    newest, oldest = gateway.send("GET", "/v1/methodologies/shared-bicycle/versions").json["items"]
    assert (newest["version"], newest["state"], oldest["superseded_by"]) == (2, "announced", 2)
    clock.pass_(days=2)
    shown = gateway.send("GET", "/v1/methodologies/shared-bicycle").json
    assert (shown["version"], shown["state"], shown["digest"]) == (2, "effective", submitted.json["digest"])


_AT = "2026-11-20T04:00:00.000Z"
_SUMS = ("residents", "activities", "refused", "failed")
_PAIRS = ("grams_co2e", "millipoints")
_EMPTY_TABLE = {
    **dict.fromkeys(_SUMS, 0),
    **{f"{name}_{which}": 0 for name in _PAIRS for which in ("old", "new", "change")},
    "by_day": [],
    "winners": [],
    "losers": [],
}


def test_the_effect_is_computed_through_the_queue_and_shown_to_all_three(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.jobs import work
    from chalicelib.store import queues

    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(queues, "send_message", lambda queue, body: sent.append(body))
    submit(send)
    path = f"{OPERATOR}/{PROPOSAL}/effect"
    assert_problem(send("stf_author", "POST", f"{OPERATOR}/none/effect"), 404, "proposal-unknown")
    started = send("stf_author", "POST", path)
    assert (started.status, started.json["progress"]["parts_done"]) == (202, 0)
    for message in sent:
        work.handle(json.dumps(message), proposing.NOW, lambda: False)
    for staff in ROLE_OF:
        shown = send(staff, "GET", f"{OPERATOR}/{PROPOSAL}").json
        assert shown["effect"]["table"] == _EMPTY_TABLE
        assert shown["progress"]["parts_done"] == shown["progress"]["parts"]
    review(send)
    assert approve(send).json["state"] == "published"
    assert_problem(send("stf_author", "POST", path), 409, "proposal-decided")


def test_a_document_that_cannot_be_published_is_refused_with_every_pointer(send: Send) -> None:
    wrong = proposing.with_factor(proposing.next_version(), "grams_per_unit", value="400", unit="gCO2e/litre")
    reply = submit(send, document=wrong)
    assert_problem(reply, 400, "methodology-implausible", "/document/factors/grams_per_unit/unit")
    assert_problem(submit(send, proposal_id="short"), 400, "invalid-input", "/proposal_id")
    assert_problem(submit(send, document=[]), 400, "invalid-input", "/document")
    assert_problem(submit(send, document={}), 400, "methodology-implausible", "/document/id")


def test_a_review_must_be_whole_and_a_rejection_say_why(send: Send) -> None:
    submit(send)
    assert_problem(review(send, verdict="perhaps"), 400, "invalid-input", "/verdict")
    assert_problem(review(send, statement="好"), 400, "invalid-input", "/statement")
    answers = [{"pointer": "/class", "statement": "没有问题"}]
    assert_problem(review(send, answers=answers), 400, "invalid-input", "/answers/0/pointer")
    path = f"/v1/regulator/methodologies/{PROPOSAL}/rejection"
    assert_problem(send("stf_regulator", "POST", path, {"reason": "不"}), 400, "invalid-input", "/reason")
    assert send("stf_regulator", "POST", path, {"reason": "缺少监测数据"}).json["state"] == "rejected"
    assert_problem(review(send), 409, "proposal-decided")


def test_somebody_with_two_roles_is_still_one_person(gateway: Gateway, token_of: Callable[..., str]) -> None:
    from chalicelib.services.sessions import sign_in
    from chalicelib.store.people import put_staff

    ids = {put_staff("sun", role, "", [], "孙工") for role in ("operator", "verifier", "regulator")}
    (sun,) = ids
    assert sign_in("dev", "sun", "verifier", "res_x", proposing.NOW)["subject"] == sun
    body = {"proposal_id": PROPOSAL, "document": proposing.faster_bicycle()}
    gateway.send("POST", OPERATOR, body, token_of("operator", sun))
    reviewed = gateway.send(
        "POST",
        f"/v1/verifier/methodologies/{PROPOSAL}/review",
        {**proposing.REVIEW, "answers": []},
        token_of("verifier", sun),
    )
    assert_problem(reviewed, 403, "needs-second-person")


def test_proposals_are_listed_for_all_three_and_withdrawn_by_their_author(send: Send) -> None:
    submit(send)
    for staff in ROLE_OF:
        for query in ("", "?state=submitted", "?methodology_id=shared-bicycle"):
            (item,) = send(staff, "GET", OPERATOR + query).json["items"]
            assert item["proposal_id"] == PROPOSAL
        assert send(staff, "GET", f"{OPERATOR}/{PROPOSAL}").json["document"]["version"] == 2
    assert send("stf_author", "GET", f"{OPERATOR}?state=published").json["items"] == []
    assert_problem(send("stf_author", "GET", f"{OPERATOR}?state=gone"), 400, "invalid-input", "/query/state")
    assert_problem(send("stf_author", "GET", f"{OPERATOR}/none"), 404, "proposal-unknown")
    assert send("stf_author", "POST", f"{OPERATOR}/{PROPOSAL}/withdrawal").json["state"] == "withdrawn"
    assert_problem(approve(send), 409, "proposal-decided")
