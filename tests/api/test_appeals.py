"""Appeals over HTTP: opened once by the resident, decided once by an operator, the activity restored."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.services import appeal_decisions
from chalicelib.services.auditing import run_audit
from chalicelib.services.corrections import reverse_activity
from chalicelib.services.sessions import Actor, issue_token
from chalicelib.services.settling import settle_open_sheets
from chalicelib.store.sheets import find_sheet
from tests.conftest import Clock
from tests.gateway import Gateway, assert_problem
from tests.services.ledger import record

ON = date(2026, 11, 19)
TEXT = "这两次乘车不是同一次，中间我下车办事。"
UPHOLD = {"decision": "uphold", "reason": "核对行程后成立"}
REJECT = {"decision": "reject", "reason": "核对行程后不成立"}


@pytest.fixture
def reversed_id(gateway: Gateway, clock: Clock) -> str:
    """The id of a ride of `res_a` that was settled and then reversed."""
    record("res_a", "e1", at=clock.now - timedelta(days=1), now=clock.now)
    settle_open_sheets(clock.now, lambda: False)
    sheet = find_sheet("res_a", ON)
    assert sheet is not None
    (key,) = sheet.activities
    reverse_activity("res_a", ON, key, "job_1", clock.now)
    return f"20261119-{key}"


def asked(activity_id: str, appeal_id: str = "appeal-000000001", **changes: Any) -> dict[str, Any]:
    return {"appeal_id": appeal_id, "activity_id": activity_id, "text": TEXT, **changes}


@pytest.fixture
def resident(token_of: Callable[..., str]) -> str:
    return token_of("resident", "res_a")


@pytest.fixture
def operator(token_of: Callable[..., str]) -> str:
    return token_of("operator")


def decision_path(case: dict[str, Any]) -> str:
    return f"/v1/operator/appeals/{case['case_id']}/decision"


def test_an_upheld_appeal_restores_the_activity_and_its_resident_sees_why(
    gateway: Gateway, resident: str, operator: str, reversed_id: str
) -> None:
    opened = gateway.send("POST", "/v1/me/appeals", asked(reversed_id), token=resident)
    assert opened.status == 201
    # Fifteen working days after the day it was opened, a Friday, by the city's calendar.
    assert (opened.json["state"], opened.json["due_at"]) == ("open", "2026-12-11T16:00:00.000Z")
    (case,) = gateway.send("GET", "/v1/operator/appeals", token=operator).json["items"]
    assert (case["account_id"], case["outcome"], case["is_overdue"]) == ("res_a", "reversed", False)
    done = gateway.send("POST", decision_path(case), UPHOLD, token=operator)
    whole = {"grams_co2e": 515, "millipoints": 51500, "reason": ""}
    assert (done.json["state"], done.json["result"]) == ("upheld", whole)
    again = gateway.send("POST", decision_path(case), UPHOLD, token=operator)
    assert (again.json, again.headers["Idempotency-Hit"]) == (done.json, "true")
    activity = gateway.send("GET", f"/v1/activities/{reversed_id}", token=resident).json
    assert (activity["outcome"], activity["grams_co2e"]) == ("accepted", 515)
    assert activity["corrections"][-1]["cause"] == case["case_id"]
    (own,) = gateway.send("GET", "/v1/me/appeals", token=resident).json["items"]
    assert (own["state_text"], own["reason"]) == ("申诉成立，已恢复计入", "核对行程后成立")
    assert "decided_by" not in own
    assert gateway.send("GET", "/v1/operator/appeals", token=operator).json["items"] == []
    assert run_audit().findings == []


def test_a_rejected_appeal_changes_nothing_and_is_decided_once(
    gateway: Gateway, resident: str, operator: str, reversed_id: str, token_of: Callable[..., str]
) -> None:
    case = gateway.send("POST", "/v1/me/appeals", asked(reversed_id), token=resident).json
    done = gateway.send("POST", decision_path(case), REJECT, token=operator)
    assert (done.json["state"], done.json["state_text"]) == ("rejected", "申诉未获支持")
    for body, token in ((UPHOLD, operator), (REJECT, token_of("operator", "opr_2"))):
        assert_problem(gateway.send("POST", decision_path(case), body, token=token), 409, "appeal-decided")
    assert gateway.send("GET", f"/v1/activities/{reversed_id}", token=resident).json["grams_co2e"] == 0
    second = gateway.send("POST", "/v1/me/appeals", asked(reversed_id, "appeal-000000002"), token=resident)
    assert second.status == 201, "a resident may object again"


def test_the_same_appeal_again_is_the_same_and_another_about_the_same_waits(
    gateway: Gateway, resident: str, reversed_id: str
) -> None:
    first = gateway.send("POST", "/v1/me/appeals", asked(reversed_id), token=resident)
    again = gateway.send("POST", "/v1/me/appeals", asked(reversed_id), token=resident)
    assert (again.json, again.headers["Idempotency-Hit"]) == (first.json, "true")
    other = gateway.send("POST", "/v1/me/appeals", asked(reversed_id, text="换一段说法"), token=resident)
    assert_problem(other, 409, "idempotency-key-reused")
    second = gateway.send("POST", "/v1/me/appeals", asked(reversed_id, "appeal-000000002"), token=resident)
    assert_problem(second, 409, "appeal-open")


def test_an_appeal_may_be_about_an_entry_and_names_exactly_one_thing_of_ones_own(
    gateway: Gateway, resident: str, operator: str, reversed_id: str, token_of: Callable[..., str]
) -> None:
    body = {"appeal_id": "appeal-000000001", "entry_seq": 1, "text": TEXT}
    case = gateway.send("POST", "/v1/me/appeals", body, token=resident).json
    assert (case["entry_seq"], case["activity_id"]) == (1, None), "a grant stands for a whole day"
    done = gateway.send("POST", decision_path(case), UPHOLD, token=operator).json
    assert (done["state"], done["state_text"], done["result"]) == ("upheld", "申诉成立", None)

    stranger = token_of("resident", "res_b")
    assert_problem(
        gateway.send("POST", "/v1/me/appeals", asked(reversed_id), token=stranger), 404, "activity-unknown"
    )
    for seq in (3, 99):
        missing = {**body, "appeal_id": "appeal-000000003", "entry_seq": seq}
        reply = gateway.send("POST", "/v1/me/appeals", missing, token=resident)
        assert_problem(reply, 404, "entry-unknown")
    both = asked(reversed_id, "appeal-000000004", entry_seq=1)
    none = {"appeal_id": "appeal-000000004", "text": TEXT}
    long = asked(reversed_id, "appeal-000000004", text="长" * 501)
    for wrong in (both, none, long):
        reply = gateway.send("POST", "/v1/me/appeals", wrong, token=resident)
        assert_problem(reply, 400, "invalid-input")
    unknown = gateway.send("POST", "/v1/operator/appeals/apl_none/decision", UPHOLD, token=operator)
    assert_problem(unknown, 404, "appeal-unknown")


def test_an_upheld_objection_to_the_entry_of_a_reversal_brings_the_points_back(
    gateway: Gateway, resident: str, operator: str, reversed_id: str
) -> None:
    before = gateway.send("GET", "/v1/me", token=resident).json["balance"]["points_available"]
    body = {"appeal_id": "appeal-000000001", "entry_seq": 2, "text": TEXT}
    case = gateway.send("POST", "/v1/me/appeals", body, token=resident).json
    assert (case["entry_seq"], case["activity_id"]) == (2, reversed_id)
    again = gateway.send("POST", "/v1/me/appeals", body, token=resident)
    assert (again.json, again.headers["Idempotency-Hit"]) == (case, "true")
    other = gateway.send("POST", "/v1/me/appeals", asked(reversed_id, "appeal-000000002"), token=resident)
    assert_problem(other, 409, "appeal-open")
    done = gateway.send("POST", decision_path(case), UPHOLD, token=operator).json
    assert (done["state_text"], done["result"]["grams_co2e"]) == ("申诉成立，已恢复计入", 515)
    after = gateway.send("GET", "/v1/me", token=resident).json["balance"]["points_available"]
    assert after == before + 51
    assert run_audit().findings == []


def test_operators_see_the_most_urgent_first_and_what_is_overdue(
    gateway: Gateway, clock: Clock, operator: str, token_of: Callable[..., str]
) -> None:
    for who in ("res_a", "res_b"):
        record(who, "e1", at=clock.now - timedelta(hours=1), now=clock.now)
        settle_open_sheets(clock.now + timedelta(days=1), lambda: False)
        body = {"appeal_id": "appeal-000000001", "entry_seq": 1, "text": TEXT}
        assert gateway.send("POST", "/v1/me/appeals", body, token=token_of("resident", who)).status == 201
        clock.pass_(days=3)
    clock.pass_(days=17)
    items = gateway.send("GET", "/v1/operator/appeals?limit=1", token=token_of("operator")).json
    assert [(item["account_id"], item["is_overdue"]) for item in items["items"]] == [("res_a", True)]
    path = f"/v1/operator/appeals?cursor={items['next_cursor']}"
    rest = gateway.send("GET", path, token=token_of("operator")).json["items"]
    assert [(item["account_id"], item["is_overdue"]) for item in rest] == [("res_b", False)]


@pytest.mark.parametrize("writes", [1, 2, 3])
def test_an_upholding_that_was_cut_off_anybody_may_go_on_with_and_nobody_may_reject(
    gateway: Gateway,
    resident: str,
    operator: str,
    reversed_id: str,
    token_of: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    writes: int,
) -> None:
    case = gateway.send("POST", "/v1/me/appeals", asked(reversed_id), token=resident).json
    left = [writes]

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            return real(*arguments)

        return call

    with monkeypatch.context() as killing:
        killing.setattr(appeal_decisions.cases, "replace_case", dying(appeal_decisions.cases.replace_case))
        killing.setattr(appeal_decisions, "restore_activity", dying(appeal_decisions.restore_activity))
        with pytest.raises(KeyboardInterrupt):
            gateway.send("POST", decision_path(case), UPHOLD, token=operator)
    other = token_of("operator", "opr_2")
    (waiting,) = gateway.send("GET", "/v1/operator/appeals", token=operator).json["items"]
    assert waiting["is_cut_off"] is (writes > 1)
    if waiting["is_cut_off"]:
        reply = gateway.send("POST", decision_path(case), REJECT, token=other)
        assert_problem(reply, 409, "appeal-decided")
    done = gateway.send("POST", decision_path(case), UPHOLD, token=other).json
    assert (done["state"], done["result"]["grams_co2e"]) == ("upheld", 515)
    sheet = find_sheet("res_a", ON)
    assert sheet is not None
    assert sheet.corrections_count == 2, "reversed once, restored once"


@pytest.mark.parametrize(("decision", "title"), [(UPHOLD, "您的异议成立"), (REJECT, "您的异议已答复")])
def test_the_resident_is_told_once_what_was_decided_and_why(
    gateway: Gateway, resident: str, operator: str, reversed_id: str, decision: dict[str, Any], title: str
) -> None:
    gateway.send("POST", "/v1/me/appeals", asked(reversed_id), token=resident)
    (case,) = gateway.send("GET", "/v1/operator/appeals", token=operator).json["items"]
    for _ in range(2):
        gateway.send("POST", decision_path(case), decision, token=operator)
    (message,) = gateway.send("GET", "/v1/me/messages", token=resident).json["items"]
    assert (message["title"], message["link"]) == (title, {"kind": "appeal", "id": "appeal-000000001"})
    assert decision["reason"] in message["body"]


def test_a_decision_cut_off_before_it_was_told_is_told_when_it_is_repeated(
    gateway: Gateway, resident: str, operator: str, reversed_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.send("POST", "/v1/me/appeals", asked(reversed_id), token=resident)
    (case,) = gateway.send("GET", "/v1/operator/appeals", token=operator).json["items"]
    with monkeypatch.context() as patch:
        patch.setattr(appeal_decisions, "add_message", lambda *_: 1 / 0)
        assert gateway.send("POST", decision_path(case), REJECT, token=operator).status == 500
    assert gateway.send("POST", decision_path(case), REJECT, token=operator).status == 200
    assert len(gateway.send("GET", "/v1/me/messages", token=resident).json["items"]) == 1


def test_an_upheld_appeal_that_finds_the_day_full_says_so(
    gateway: Gateway, resident: str, operator: str, reversed_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = gateway.send("POST", "/v1/me/appeals", asked(reversed_id), token=resident).json
    monkeypatch.setattr("chalicelib.domain.correcting.EVENTS_MAX", 2)
    done = gateway.send("POST", decision_path(case), UPHOLD, token=operator)
    nothing = {"grams_co2e": 0, "millipoints": 0, "reason": "sheet-full"}
    assert (done.json["state"], done.json["result"]) == ("upheld", nothing)
    (mine,) = gateway.send("GET", "/v1/me/appeals", token=resident).json["items"]
    assert "当日记录已满" in mine["state_text"]
    assert gateway.send("POST", decision_path(case), UPHOLD, token=operator).status == 200


def test_nobody_decides_over_an_objection_of_their_own(
    gateway: Gateway, resident: str, clock: Clock, reversed_id: str
) -> None:
    case = gateway.send("POST", "/v1/me/appeals", asked(reversed_id), token=resident).json
    myself, _ = issue_token(Actor("stf_a", "operator", account_id="res_a"), clock.now)
    reply = gateway.send("POST", decision_path(case), UPHOLD, token=myself)
    assert_problem(reply, 403, "appeal-not-independent")
    somebody, _ = issue_token(Actor("stf_a", "operator", account_id="res_b"), clock.now)
    assert gateway.send("POST", decision_path(case), UPHOLD, token=somebody).json["state"] == "upheld"
