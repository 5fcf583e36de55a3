"""Accreditation over HTTP: verifiers grant and revoke, others look, a wrong field is named."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Clock
from tests.gateway import Gateway, Reply, assert_problem
from tests.services import delivering

PATH = "/v1/verifier/accreditations"
ASKED = {
    "source": "szt",
    "methodologies": ["szt-bus-ride"],
    "evidence": "operator-signed",
    "valid_from": "2026-11-01",
    "valid_to": "2027-10-31",
    "document_ref": "核证报告 2026-117",
    "statement": "抽查 200 条，无差异。",
}
Send = Callable[..., Reply]


@pytest.fixture
def send(gateway: Gateway, clock: Clock, token_of: Callable[..., str]) -> Send:
    delivering.add_bucket()
    delivering.register("szt")
    clock.now = delivering.NOW

    def as_role(
        method: str, path: str, body: Any = None, role: str = "verifier", organisation: str = "hezheng"
    ) -> Reply:
        return gateway.send(method, path, body, token_of(role, "stf_a", organisation))

    return as_role


def test_a_source_is_accredited_seen_by_all_and_revoked(send: Send, gateway: Gateway) -> None:
    made = send("POST", PATH, ASKED)
    assert (made.status, made.json["id"], made.json["state"]) == (201, "szt.0001", "valid")
    again = send("POST", PATH, ASKED)
    assert again.json == made.json
    assert again.headers["Idempotency-Hit"] == "true"
    revoke = {"from_on": "2026-11-25", "reason": "抽查不合格"}
    revoked = send("POST", f"{PATH}/szt.0001/revoke", revoke)
    assert (revoked.json["revoked_from"], revoked.json["state"]) == ("2026-11-25", "valid")
    for role in ("verifier", "operator", "regulator"):
        assert send("GET", f"{PATH}?source=szt", role=role).json["items"] == [revoked.json]
    assert send("GET", f"{PATH}?source=other").json["items"] == []
    public = gateway.send("GET", "/v1/public/sources")
    assert public.json["items"][0]["revoked_from"] == "2026-11-25"
    assert "stf_a" not in public.text
    assert public.headers["Cache-Control"] == "public, max-age=60"


def test_whoever_belongs_to_the_source_may_not_accredit_it(send: Send) -> None:
    assert_problem(send("POST", PATH, ASKED, organisation="szt"), 403, "verifier-is-source")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"evidence": "hearsay"}, "/evidence"),
        ({"source": "A#B"}, "/source"),
        ({"methodologies": []}, "/methodologies"),
        ({"valid_from": "2026-02-30"}, "/valid_from"),
        ({"valid_to": "2026-10-01"}, "/valid_to"),
        ({"statement": ""}, "/statement"),
    ],
)
def test_a_wrong_field_is_named(send: Send, change: dict[str, Any], pointer: str) -> None:
    assert_problem(send("POST", PATH, {**ASKED, **change}), 400, "invalid-input", pointer)


def test_what_is_not_there_is_unknown(send: Send) -> None:
    revoke = {"from_on": "2026-11-25", "reason": "抽查不合格"}
    assert_problem(send("POST", f"{PATH}/szt.0007/revoke", revoke), 404, "accreditation-unknown")
    assert_problem(send("POST", PATH, {**ASKED, "source": "nobody"}), 404, "partner-unknown")
