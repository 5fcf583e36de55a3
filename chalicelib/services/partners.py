"""Owns data partners: their registration, their keys, the proof that a request is theirs.

Must not store a secret: a partner's secret is derived from the master secret and its key number, shown once to the
operator who made the key, and revoked by its number.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.config import config
from chalicelib.domain.adapters import parse_adapter
from chalicelib.domain.days import to_text
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict, InvalidInput, NotFound, Unauthenticated
from chalicelib.keys import derived_key
from chalicelib.services.methodologies import counting_ids
from chalicelib.store.catalogue import cached_document, get_document, list_documents, put_document
from chalicelib.store.idempotency import add_answer

KIND, KEY = "partner", "partner-key"
_RESERVED = ("self", "platform")
KEY_ID_CHARS_MAX = 40
CLOCK_SKEW_S = 300
KEYS_MAX = 20
_VERSION = "v1"
_KEY_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
_KEY_LENGTHS = range(8, 65)


class Headers(Protocol):
    """Anything that finds a header whatever its case."""

    def get(self, name: str) -> str | None:
        """Return the header, or None."""


@dataclass(frozen=True, slots=True)
class PartnerActor:
    """A partner whose signature held."""

    subject: str
    key_id: str
    role: str = "partner"


def register_partner(document: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Enter a partner {id, name, accreditation, methodologies, adapter} and return it with its first key's secret.

    InvalidInput names every wrong field, those of the adapter under `/adapter`; Conflict `partner-exists`.
    """
    _check_document(document)
    partner = {**document, "registered_at": to_text(now)}
    put_document(KIND, partner["id"], partner)
    made = add_key(partner["id"], now)
    return _shown(partner, [_get_key(partner["id"], made["key"]["key_id"])]) | {"key": made["key"]}


def replace_adapter(partner_id: str, adapter: Mapping[str, Any]) -> dict[str, Any]:
    """Give a partner another adapter document; imports under way keep the one they began with."""
    partner = get_document(KIND, partner_id)
    changed = {**partner, "adapter": dict(adapter)}
    _check_document(changed)
    put_document(KIND, partner_id, changed, replace=True)
    return get_partner(partner_id)


def get_partner(partner_id: str) -> dict[str, Any]:
    """Return a partner with its keys, without secrets; NotFound `partner-unknown`."""
    return _shown(get_document(KIND, partner_id), _keys_of(partner_id))


def list_partners() -> Page:
    """Return all partners with their keys, without secrets."""
    keys = list_documents(KEY)
    partners = list_documents(KIND)
    return Page([_shown(p, [k for k in keys if k["partner_id"] == p["id"]]) for p in partners], None)


def add_key(partner_id: str, now: datetime) -> dict[str, Any]:
    """Make another key for a partner and return it; this answer is the only one that holds the secret."""
    get_document(KIND, partner_id)
    key_no = len(_keys_of(partner_id)) + 1
    if key_no > KEYS_MAX:
        raise Conflict("keys-too-many", "no more keys can be made for this partner", keys_max=KEYS_MAX)
    key_id = f"{partner_id}.{key_no}"
    key = {"key_id": key_id, "partner_id": partner_id, "created_at": to_text(now), "revoked_at": None}
    put_document(KEY, key_id, key)
    return {"partner_id": partner_id, "key": {"key_id": key_id, "secret": secret_of(key_id)}}


def revoke_key(partner_id: str, key_id: str, now: datetime) -> dict[str, Any]:
    """Revoke a key; every process refuses it within 30 seconds. NotFound `partner-key-unknown`."""
    key = _get_key(partner_id, key_id)
    put_document(KEY, key_id, {**key, "revoked_at": key["revoked_at"] or to_text(now)}, replace=True)
    return get_partner(partner_id)


def _get_key(partner_id: str, key_id: str) -> dict[str, Any]:
    key = get_document(KEY, key_id)
    if key["partner_id"] != partner_id:
        raise NotFound(f"{KEY}-unknown", "this partner has no such key", id=key_id)
    return key


def _keys_of(partner_id: str) -> list[dict[str, Any]]:
    return [key for key in list_documents(KEY) if key["partner_id"] == partner_id]


def _shown(partner: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    digest = parse_adapter(partner["adapter"]).digest
    return {**partner, "adapter_digest": digest, "keys": [dict(key) for key in keys]}


def secret_of(key_id: str) -> str:
    """Return the secret of a key, 43 url-safe characters. For those who hold the master secret only."""
    return base64.urlsafe_b64encode(derived_key(f"partner/{key_id}")).decode().rstrip("=")


def sign(secret: str, timestamp_s: int, method: str, path: str, idempotency_key: str, body: bytes) -> str:
    """Return the value of `X-Tanhui-Signature` for a request; `path` as the API's documentation spells it.

    >>> sign("s", 1, "GET", "/v1/partner/imports", "", b"")[:11]
    'v1=48e3cba4'
    """
    digest = hashlib.sha256(body).hexdigest()
    message = "\n".join((_VERSION, str(timestamp_s), method, path, idempotency_key, digest))
    return f"{_VERSION}={hmac.digest(secret.encode(), message.encode(), 'sha256').hex()}"


def verify_signature(headers: Headers, method: str, path: str, body: bytes, now: datetime) -> PartnerActor:
    """Return the partner that signed this request.

    Raises Unauthenticated `signature-missing`, `signature-invalid`, `signature-stale`, and, for the very same
    signature on anything but a GET, `signature-replayed`; InvalidInput for a bad idempotency key.
    """
    key_id, stamp, given = (
        headers.get(f"X-Tanhui-{name}") or "" for name in ("Key", "Timestamp", "Signature")
    )
    if not (key_id and stamp and given):
        raise Unauthenticated("signature-missing", "X-Tanhui-Key, -Timestamp and -Signature are needed")
    idempotency_key = headers.get("Idempotency-Key") or ""
    timestamp_s = int(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) <= 11 else -1
    partner_id = _partner_of(key_id)
    wanted = sign(secret_of(key_id), timestamp_s, method, path, idempotency_key, body)
    is_genuine = hmac.compare_digest(wanted.encode(), given.encode())
    if partner_id is None or not is_genuine:
        raise Unauthenticated("signature-invalid", "the signature does not fit the request")
    if abs(now.timestamp() - timestamp_s) > CLOCK_SKEW_S:
        raise Unauthenticated("signature-stale", "the timestamp is too far from now", skew_max_s=CLOCK_SKEW_S)
    if method != "GET":
        _check_idempotency_key(idempotency_key)
        purge_at_epoch_s = timestamp_s + 2 * CLOCK_SKEW_S
        if not add_answer(f"signature#{partner_id}#{given}", "-", "-", purge_at_epoch_s):
            raise Unauthenticated("signature-replayed", "sign a repeated request again, with the time of now")
    return PartnerActor(partner_id, key_id)


def _partner_of(key_id: str) -> str | None:
    """Return whose key this is; None when it is nobody's or revoked."""
    if len(key_id) > KEY_ID_CHARS_MAX or not set(key_id) <= _KEY_CHARS:
        return None
    try:
        key = cached_document(KEY, key_id)
    except NotFound:
        return None
    return None if key["revoked_at"] else str(key["partner_id"])


def _check_idempotency_key(key: str) -> None:
    if len(key) not in _KEY_LENGTHS or not set(key) <= _KEY_CHARS:
        raise InvalidInput.at("/headers/idempotency-key", "需要 8 到 64 个字符：字母、数字、- _ .")


def _check_document(document: Mapping[str, Any]) -> None:
    faults: list[dict[str, str]] = []
    if document["id"] in _RESERVED:
        faults.append({"pointer": "/id", "detail": "保留字"})
    known = counting_ids()
    for position, methodology_id in enumerate(document["methodologies"]):
        if methodology_id not in known:
            detail = f"本市没有方法学 {methodology_id}"
            faults.append({"pointer": f"/methodologies/{position}", "detail": detail})
    from chalicelib.services.adapter_documents import check_adapter

    try:
        adapter = check_adapter(document["adapter"])
    except InvalidInput as error:
        faults += [{**e, "pointer": f"/adapter{e['pointer']}"} for e in error.facts["errors"]]
    else:
        for methodology_id in sorted(adapter.methodology_ids - set(document["methodologies"])):
            faults.append({"pointer": "/adapter/kinds", "detail": f"未获准使用方法学 {methodology_id}"})
        if adapter.shifts_to_yesterday and not config().demo:
            faults.append({"pointer": "/adapter/date_shift", "detail": "只有演示环境可以移动日期"})
    if faults:
        raise InvalidInput(faults)
