"""Operators over HTTP: register partners, keep their keys and adapters, watch imports, open days by two."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Clock
from tests.gateway import Gateway, Reply, assert_problem
from tests.services import delivering

PARTNERS = "/v1/operator/partners"
BACKFILLS = "/v1/operator/backfills"
ASKED = {"partner_id": "szt", "from_on": "2026-10-01", "to_on": "2026-10-02", "reason": "运营商补报"}


def document(**changes: Any) -> dict[str, Any]:
    fields = {"id": "szt", "name": "深圳通", "accreditation": "演示"}
    more = {"methodologies": ["szt-bus-ride", "szt-metro-trip"], "adapter": delivering.adapter()}
    return {**fields, **more, **changes}


Send = Callable[..., Reply]


@pytest.fixture
def send(gateway: Gateway, clock: Clock, token_of: Callable[..., str]) -> Send:
    delivering.add_bucket()
    clock.now = delivering.NOW

    def as_operator(method: str, path: str, body: Any = None, staff: str = "stf_a") -> Reply:
        return gateway.send(method, path, body, token_of("operator", staff))

    return as_operator


def test_a_partner_is_registered_once_and_its_secret_shown_once(send: Send) -> None:
    made = send("POST", PARTNERS, document())
    assert made.status == 201
    assert made.json["key"]["key_id"] == "szt.1"
    listed = send("GET", PARTNERS)
    assert [one["id"] for one in listed.json["items"]] == ["szt"]
    assert made.json["key"]["secret"] not in listed.text
    assert_problem(send("POST", PARTNERS, document()), 409, "partner-exists")


def test_every_wrong_field_of_an_adapter_is_named_under_its_pointer(send: Send) -> None:
    adapter = delivering.adapter(encoding="latin-1", colour="red")
    reply = send("POST", PARTNERS, document(adapter=adapter))
    assert_problem(reply, 400, "invalid-input", "/adapter/encoding")
    assert_problem(reply, 400, "invalid-input", "/adapter/colour")
    assert_problem(send("POST", PARTNERS, document(id="self")), 400, "invalid-input", "/id")
    assert_problem(send("POST", PARTNERS, document(id="a#b")), 400, "invalid-input", "/id")


def test_keys_are_added_and_revoked_and_adapters_replaced(send: Send) -> None:
    send("POST", PARTNERS, document())
    added = send("POST", f"{PARTNERS}/szt/keys")
    assert (added.status, added.json["key"]["key_id"]) == (201, "szt.2")
    revoked = send("DELETE", f"{PARTNERS}/szt/keys/szt.1")
    assert [bool(key["revoked_at"]) for key in revoked.json["keys"]] == [True, False]
    assert_problem(send("DELETE", f"{PARTNERS}/szt/keys/other.1"), 404, "partner-key-unknown")
    changed = send("PUT", f"{PARTNERS}/szt/adapter", delivering.adapter(encoding="gb18030"))
    assert changed.json["adapter"]["encoding"] == "gb18030"
    wrong = send("PUT", f"{PARTNERS}/szt/adapter", delivering.adapter(event_id=["card"]))
    assert_problem(wrong, 400, "invalid-input", "/adapter/event_id")
    assert_problem(send("POST", f"{PARTNERS}/nobody/keys"), 404, "partner-unknown")


def test_imports_of_every_partner_can_be_watched(send: Send) -> None:
    send("POST", PARTNERS, document())
    import_id = delivering.deliver(delivering.file_of([delivering.tap("AAAA1111", "08:00:00")]))
    delivering.run(import_id)
    for query in ("", "?partner_id=szt"):
        assert [one["import_id"] for one in send("GET", f"/v1/operator/imports{query}").json["items"]] == [
            import_id
        ]
    assert send("GET", "/v1/operator/imports?partner_id=other").json["items"] == []
    assert send("GET", f"/v1/operator/imports/{import_id}").json["state"] == "done"
    assert import_id in send("GET", f"/v1/operator/imports/{import_id}/report").json["report_url"]
    assert_problem(send("GET", "/v1/operator/imports/imp_x"), 404, "import-unknown")


def test_a_backfill_takes_two_operators(send: Send) -> None:
    send("POST", PARTNERS, document())
    asked = send("POST", BACKFILLS, ASKED).json
    approval = f"{BACKFILLS}/{asked['backfill_id']}/approval"
    assert_problem(send("POST", approval), 403, "needs-second-person")
    assert send("POST", approval, staff="stf_b").json["approved_by"] == "stf_b"
    assert send("POST", approval, staff="stf_b").headers["Idempotency-Hit"] == "true"
    assert_problem(send("POST", approval, staff="stf_c"), 409, "backfill-approved")
    assert [one["state"] for one in send("GET", BACKFILLS).json["items"]] == ["approved"]
    assert_problem(send("POST", BACKFILLS, {**ASKED, "to_on": "2026-09-01"}), 400, "invalid-input", "/to_on")
    assert_problem(
        send("POST", BACKFILLS, {**ASKED, "from_on": "2026-13-01"}), 400, "invalid-input", "/from_on"
    )
    assert_problem(send("POST", BACKFILLS, {**ASKED, "partner_id": "other"}), 404, "partner-unknown")
    assert_problem(send("POST", f"{BACKFILLS}/bkf_x/approval"), 404, "backfill-unknown")
