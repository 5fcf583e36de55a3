"""Owns a merchant's webhooks: where its system wants to be told of what, the secret of each, switching off and on.

Must not send; `services.webhook_deliveries` does. Secrets are derived, never stored, and shown when a webhook is made.
"""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.domain.days import from_text, to_text
from chalicelib.domain.pages import Page
from chalicelib.domain.webhooks import OFF_AFTER
from chalicelib.errors import Conflict, InvalidInput, NotFound
from chalicelib.keys import derived_key
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.services.webhook_sending import NotReachable, checked_url, reachable_address
from chalicelib.store import cases
from chalicelib.store.catalogue import cached_documents, find_document, list_documents
from chalicelib.store.transactions import Transaction
from chalicelib.store.versions import Change, add_version

ON, OFF = "on", "off"
WEBHOOKS_MAX = 5
SECRET_REPEATED_FOR = timedelta(minutes=10)
NOTICE = "merchant-notice"
_WORDS = {
    "host-unknown": "the host cannot be found",
    "address-not-public": "the host's address is not a public one",
}


def add_webhook(merchant_id: str, asked: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    """Register a webhook and show its secret; the same again: the same answer (`_hit`), the secret for ten minutes.

    InvalidInput `/url`; Conflict `webhooks-too-many`, `idempotency-key-reused`.
    """
    wanted = {"url": asked["url"], "events": sorted(set(asked["events"]))}
    known = find_document(_kind(merchant_id), asked["webhook_id"])
    if known is not None:
        if {name: known[name] for name in wanted} != wanted:
            raise Conflict("idempotency-key-reused", "this id stands for another webhook")
        is_fresh = now < from_text(known["created_at"]) + SECRET_REPEATED_FOR
        return {**_with_secret(known, is_fresh), "_hit": True}
    _check_url(wanted["url"])
    if len(list_documents(_kind(merchant_id))) >= WEBHOOKS_MAX:
        raise Conflict("webhooks-too-many", "remove one first", webhooks_max=WEBHOOKS_MAX)
    webhook = {
        "id": asked["webhook_id"],
        "merchant_id": merchant_id,
        **wanted,
        "state": ON,
        "off_reason": None,
        "created_at": to_text(now),
        "failing_since": None,
        "version": 1,
    }
    repeat_on_conflict(partial(_store, webhook, by, "register", now))
    return _with_secret(webhook, True)


def _check_url(url: str) -> None:
    try:
        parts = checked_url(url)
        assert parts.hostname is not None, "a checked address has a host"
        reachable_address(parts.hostname, parts.port or 443)
    except ValueError as error:
        raise InvalidInput.at("/url", str(error)) from None
    except NotReachable as error:
        raise InvalidInput.at("/url", _WORDS[str(error)]) from None


def list_webhooks(merchant_id: str) -> Page:
    """Return all webhooks of a merchant, without secrets."""
    return Page([_with_secret(one, False) for one in list_documents(_kind(merchant_id))], None)


def switch_webhook(merchant_id: str, webhook_id: str, state: str, by: str, now: datetime) -> dict[str, Any]:
    """Switch a webhook `on` or `off`; so already: `_hit`. NotFound `webhook-unknown`."""

    def attempt() -> dict[str, Any]:
        known = get_webhook(merchant_id, webhook_id)
        if known["state"] == state:
            return {**_with_secret(known, False), "_hit": True}
        reason = "by-merchant" if state == OFF else None
        changed = _next(known, state=state, off_reason=reason, failing_since=None)
        _store(changed, by, state, now)
        return _with_secret(changed, False)

    return repeat_on_conflict(attempt)


def get_webhook(merchant_id: str, webhook_id: str) -> dict[str, Any]:
    """Return a webhook as stored; NotFound `webhook-unknown`."""
    found = find_document(_kind(merchant_id), webhook_id)
    if found is None:
        raise NotFound("webhook-unknown", "there is no such webhook", webhook_id=webhook_id)
    return found


def webhooks_for(merchant_id: str, event_kind: str) -> list[dict[str, Any]]:
    """Return the webhooks that want such events, as of 30 s ago."""
    found = cached_documents(_kind(merchant_id))
    return [one for one in found if one["state"] == ON and event_kind in one["events"]]


def note_success(merchant_id: str, webhook_id: str, now: datetime) -> None:
    """Forget that a webhook was failing."""

    def attempt() -> None:
        known = get_webhook(merchant_id, webhook_id)
        if known["failing_since"] is not None:
            _store(_next(known, failing_since=None), "system", "works again", now)

    repeat_on_conflict(attempt)


def note_failure(merchant_id: str, webhook_id: str, now: datetime) -> None:
    """Note since when a webhook fails; after three days without a success it is switched off and the merchant told."""

    def attempt() -> None:
        known = get_webhook(merchant_id, webhook_id)
        if known["state"] == OFF:
            return
        if known["failing_since"] is None:
            _store(_next(known, failing_since=to_text(now)), "system", "failing", now)
        elif now >= from_text(known["failing_since"]) + OFF_AFTER:
            _store(_next(known, state=OFF, off_reason="failing"), "system", "off: failing", now)
            _tell_off(known, now)

    repeat_on_conflict(attempt)


def _tell_off(webhook: Mapping[str, Any], now: datetime) -> None:
    merchant_id, since = webhook["merchant_id"], webhook["failing_since"]
    text = f"接口通知 {webhook['url']} 自 {since} 起一直失败，已自动停用。修好后请重新启用，再补发未送达的。"
    case_id = f"notice-{merchant_id}-{webhook['id']}-{since}"
    body = {"text": text, "webhook_id": webhook["id"]}
    cases.add_case(cases.Case(case_id, NOTICE, "told", merchant_id, to_text(now), cases.NO_DEADLINE, body))


def list_notices(merchant_id: str, limit: int, cursor: str | None) -> Page:
    """Return a page of what the platform had to tell a merchant, newest first."""
    page = cases.list_cases_of(merchant_id, NOTICE, limit, cursor)
    names = ("text", "webhook_id")
    return Page([{"at": one["opened_at"], **{n: one[n] for n in names}} for one in page.items], page.cursor)


def secret_of(merchant_id: str, webhook_id: str) -> str:
    """Return the secret with which deliveries to a webhook are signed. For those who hold the master secret only."""
    raw = derived_key(f"webhook/{merchant_id}/{webhook_id}")
    return "whsec_" + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _with_secret(webhook: Mapping[str, Any], is_shown: bool) -> dict[str, Any]:
    names = ("url", "events", "state", "off_reason", "created_at", "failing_since")
    secret = secret_of(webhook["merchant_id"], webhook["id"]) if is_shown else None
    return {"webhook_id": webhook["id"], **{name: webhook[name] for name in names}, "secret": secret}


def _next(webhook: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return {**webhook, **changes, "version": webhook["version"] + 1}


def _store(webhook: dict[str, Any], by: str, what: str, now: datetime) -> None:
    tx = Transaction()
    add_version(tx, _kind(webhook["merchant_id"]), webhook, Change(by, to_text(now), what))
    tx.commit()


def _kind(merchant_id: str) -> str:
    return f"webhook#{merchant_id}"
