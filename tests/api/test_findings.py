"""What audits have found, as operators see and acknowledge it."""

from collections.abc import Callable

from chalicelib.domain.auditing import Finding
from chalicelib.services.findings import finding_id, note_findings
from tests.gateway import Gateway, assert_problem

CARRY = Finding(2, "res_a", "carry is 1, the grants leave 0")
INDEX = Finding(1, "", "the table has 4 entries, the accounts' journals 3")
PATH = f"/v1/operator/findings/{finding_id(CARRY)}/acknowledgement"


def test_operators_page_through_findings_and_acknowledge_one(
    gateway: Gateway, token_of: Callable[..., str], clock
) -> None:
    operator = token_of("operator")
    note_findings([INDEX], "audit-1", clock.now)
    clock.pass_(minutes=1)
    note_findings([CARRY], "audit-1", clock.now)
    first = gateway.send("GET", "/v1/operator/findings?limit=1", token=operator).json
    assert [item["account_id"] for item in first["items"]] == ["res_a"]
    path = f"/v1/operator/findings?limit=1&cursor={first['next_cursor']}"
    second = gateway.send("GET", path, token=operator).json
    assert [item["account_id"] for item in second["items"]] == [None]

    body = {"why": "已查明：演练时改动"}
    done = gateway.send("POST", PATH, body, token=operator)
    assert (done.status, done.json["state"], done.json["acknowledged_by"]) == (
        200,
        "acknowledged",
        "operator_1",
    )
    again = gateway.send("POST", PATH, body, token=operator)
    assert (again.json, again.headers["Idempotency-Hit"]) == (done.json, "true")
    reply = gateway.send("GET", "/v1/operator/findings?state=acknowledged", token=operator)
    assert [item["why"] for item in reply.json["items"]] == ["已查明：演练时改动"]
    left = gateway.send("GET", "/v1/operator/findings", token=operator).json["items"]
    assert [item["account_id"] for item in left] == [None]


def test_a_finding_is_acknowledged_once_with_a_reason(
    gateway: Gateway, token_of: Callable[..., str], clock
) -> None:
    operator, other = token_of("operator"), token_of("operator", "opr_2")
    assert_problem(gateway.send("POST", PATH, {"why": "已查明原因"}, token=operator), 404, "finding-unknown")
    note_findings([CARRY], "audit-1", clock.now)
    assert_problem(gateway.send("POST", PATH, {"why": "好"}, token=operator), 400, "invalid-input")
    gateway.send("POST", PATH, {"why": "已查明原因"}, token=operator)
    reply = gateway.send("POST", PATH, {"why": "已查明原因"}, token=other)
    assert_problem(reply, 409, "finding-acknowledged")
    assert_problem(gateway.send("GET", "/v1/operator/findings?state=x", token=operator), 400, "invalid-input")
