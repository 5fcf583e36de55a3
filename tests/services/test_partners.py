"""Partners prove every request with a signature that fits it, is fresh, and is good for once."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import Conflict, InvalidInput, NotFound, Unauthenticated
from chalicelib.services import partners
from tests.services.delivering import NOW, adapter

PATH = "/v1/partner/activities"
BODY = b'{"rows":[]}'


def signed(secret: str, key_id: str = "szt.1", **changes: Any) -> dict[str, Any]:
    """Return headers and arguments of a well-signed POST, with what a forger would change after signing."""
    timestamp_s = int(NOW.timestamp()) + changes.pop("skew_s", 0)
    key = changes.pop("idempotency_key", "batch-00000001")
    method = changes.pop("method", "POST")
    signature = partners.sign(secret, timestamp_s, method, PATH, key, BODY)
    headers = {
        "X-Tanhui-Key": key_id,
        "X-Tanhui-Timestamp": str(timestamp_s),
        "X-Tanhui-Signature": signature,
        "Idempotency-Key": key,
    }
    sent = {"headers": headers, "method": method, "path": PATH, "body": BODY, "now": NOW}
    return sent | {"headers": headers | changes.pop("headers", {})} | changes


@pytest.fixture
def secret(inbox: None) -> str:
    """The secret of a second key of the registered partner, as an operator is shown it."""
    shown = partners.add_key("szt", NOW)["key"]
    assert shown["key_id"] == "szt.2"
    return partners.secret_of("szt.1")


def test_the_answer_to_registering_holds_the_secret_and_nothing_later_does(tables: None) -> None:
    from tests.services.delivering import add_partner

    made = add_partner()
    assert len(made["key"]["secret"]) == 43
    assert made["key"]["secret"] not in repr([partners.get_partner("szt"), partners.list_partners()])
    with pytest.raises(Conflict, match="partner-exists"):
        add_partner()


def test_a_request_signed_with_the_secret_is_the_partners(secret: str) -> None:
    actor = partners.verify_signature(**signed(secret))
    assert (actor.subject, actor.role) == ("szt", "partner")


FORGERIES = {
    "another body": {"body": b'{"rows":[1]}'},
    "another path": {"path": PATH + "?a=1"},
    "another idempotency key": {"headers": {"Idempotency-Key": "batch-00000002"}},
    "another time": {"headers": {"X-Tanhui-Timestamp": str(int(NOW.timestamp()) + 1)}},
    "a time that is none": {"headers": {"X-Tanhui-Timestamp": "now"}},
    "another key": {"headers": {"X-Tanhui-Key": "szt.2"}},
    "an unknown key": {"headers": {"X-Tanhui-Key": "szt.9"}},
    "an unknown partner": {"headers": {"X-Tanhui-Key": "nobody.0"}},
    "a strange key": {"headers": {"X-Tanhui-Key": "深圳" * 40}},
    "half a signature": {"headers": {"X-Tanhui-Signature": "v1=00"}},
    "a strange signature": {"headers": {"X-Tanhui-Signature": "签"}},
}


@pytest.mark.parametrize("change", FORGERIES.values(), ids=FORGERIES)
def test_whatever_is_changed_after_signing_the_signature_no_longer_fits(
    secret: str, change: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated, match="signature-invalid"):
        partners.verify_signature(**signed(secret, **change))


@pytest.mark.parametrize("name", ["X-Tanhui-Key", "X-Tanhui-Timestamp", "X-Tanhui-Signature"])
def test_a_missing_part_of_the_proof_is_named_missing(secret: str, name: str) -> None:
    with pytest.raises(Unauthenticated, match="signature-missing"):
        partners.verify_signature(**signed(secret, headers={name: ""}))


@pytest.mark.parametrize("skew_s", [-301, 301, -86_400])
def test_a_signature_is_good_for_five_minutes(secret: str, skew_s: int) -> None:
    with pytest.raises(Unauthenticated, match="signature-stale"):
        partners.verify_signature(**signed(secret, skew_s=skew_s))
    partners.verify_signature(**signed(secret, skew_s=300 if skew_s > 0 else -300))


def test_the_very_same_signature_is_good_for_one_post_and_any_number_of_gets(secret: str) -> None:
    partners.verify_signature(**signed(secret))
    with pytest.raises(Unauthenticated, match="signature-replayed"):
        partners.verify_signature(**signed(secret))
    partners.verify_signature(**signed(secret, skew_s=1))
    for _ in range(2):
        partners.verify_signature(**signed(secret, method="GET", idempotency_key=""))


@pytest.mark.parametrize("key", ["", "short", "with space", "x" * 65, "重复提交编号一二三"])
def test_a_post_needs_a_usable_idempotency_key(secret: str, key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        partners.verify_signature(**signed(secret, idempotency_key=key))
    assert refused.value.facts["errors"][0]["pointer"] == "/headers/idempotency-key"


def test_a_revoked_key_opens_nothing_and_the_other_key_still_does(secret: str) -> None:
    shown = partners.revoke_key("szt", "szt.1", NOW)
    assert [bool(key["revoked_at"]) for key in shown["keys"]] == [True, False]
    with pytest.raises(Unauthenticated, match="signature-invalid"):
        partners.verify_signature(**signed(secret))
    partners.verify_signature(**signed(partners.secret_of("szt.2"), "szt.2"))
    again = partners.revoke_key("szt", "szt.1", NOW + timedelta(days=1))
    assert again["keys"][0]["revoked_at"] == shown["keys"][0]["revoked_at"]
    with pytest.raises(NotFound, match="partner-key-unknown"):
        partners.revoke_key("szt", "szt.7", NOW)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"id": "self"}, "/id"),
        ({"methodologies": ["szt-bus-ride", "szt-metro-trip", "flying"]}, "/methodologies/2"),
        ({"methodologies": ["szt-bus-ride"]}, "/adapter/kinds"),
        ({"adapter": adapter(encoding="latin-1")}, "/adapter/encoding"),
        ({"adapter": adapter(time={"format": "%Y", "zone": "Mars/Base"})}, "/adapter/time/format"),
    ],
)
def test_every_wrong_field_of_a_registration_is_named(
    tables: None, change: dict[str, Any], pointer: str
) -> None:
    document = {
        "id": "szt",
        "name": "深圳通",
        "accreditation": "演示",
        "methodologies": ["szt-bus-ride", "szt-metro-trip"],
        "adapter": adapter(),
    }
    with pytest.raises(InvalidInput) as refused:
        partners.register_partner(document | change, NOW)
    assert pointer in [error["pointer"] for error in refused.value.facts["errors"]]
    assert partners.list_partners().items == []


def test_only_a_demo_deployment_may_shift_dates(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from chalicelib.config import config
    from tests.services.delivering import add_partner

    serious = replace(config(), demo=False)
    monkeypatch.setattr("chalicelib.services.partners.config", lambda: serious)
    with pytest.raises(InvalidInput, match="date_shift"):
        add_partner(date_shift={"to": "yesterday"})
    add_partner()
