"""Owns terminals: the tills of a store that sign their requests with a key of their own.

Must not store a secret: it is derived from the master secret and the number of the key, shown to the manager who made
it, and void as soon as the key has a successor or the terminal is revoked.
"""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.days import from_text, to_text
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict, NotFound
from chalicelib.keys import derived_key
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.services.stores import get_own_store
from chalicelib.store.catalogue import cached_document, find_document, list_documents
from chalicelib.store.transactions import Transaction
from chalicelib.store.versions import Change, add_version

KIND = "terminal"
SECRET_REPEATED_FOR = timedelta(minutes=10)
_KEY_CHARS_MAX = 80


def register_terminal(
    merchant_id: str, terminal_id: str, store_id: str, name: str, by: str, now: datetime
) -> dict[str, Any]:
    """Enter a terminal at one of the merchant's stores and return it with its key's secret.

    `terminal_id` is made by the client: the same again within ten minutes is the same answer, secret included
    (`_hit`); later, or with other words, Conflict `terminal-exists`. NotFound `store-unknown`.
    """
    get_own_store(merchant_id, store_id)
    fields = {"id": terminal_id, "merchant_id": merchant_id, "store_id": store_id, "name": name}
    return repeat_on_conflict(lambda: _register_once(fields, by, now))


def _register_once(fields: dict[str, Any], by: str, now: datetime) -> dict[str, Any]:
    known = find_document(KIND, fields["id"])
    if known is not None:
        is_fresh = now < from_text(known["keyed_at"]) + SECRET_REPEATED_FOR
        if not (is_fresh and known["version"] == 1 and fields.items() <= known.items()):
            raise Conflict("terminal-exists", "there is such a terminal already", id=fields["id"])
        return {**_with_secret(known), "_hit": True}
    terminal = {**fields, "version": 1, "key_no": 1, "keyed_at": to_text(now), "revoked_at": None}
    _write(terminal, "register", by, now)
    return _with_secret(terminal)


def renew_key(
    merchant_id: str, terminal_id: str, after_key_no: int, by: str, now: datetime
) -> dict[str, Any]:
    """Give a terminal the key after number `after_key_no`; the old one is void within 30 seconds.

    The same again within ten minutes: the same answer (`_hit`). Conflict `terminal-key-changed` when the terminal has
    another key by now; `terminal-revoked`.
    """
    return repeat_on_conflict(lambda: _renew_once(merchant_id, terminal_id, after_key_no, by, now))


def _renew_once(merchant_id: str, terminal_id: str, after: int, by: str, now: datetime) -> dict[str, Any]:
    read = get_own_terminal(merchant_id, terminal_id)
    if read["revoked_at"]:
        raise Conflict("terminal-revoked", "this terminal is revoked", revoked_at=read["revoked_at"])
    is_fresh = now < from_text(read["keyed_at"]) + SECRET_REPEATED_FOR
    if read["key_no"] == after + 1 and is_fresh:
        return {**_with_secret(read), "_hit": True}
    if read["key_no"] != after:
        raise Conflict("terminal-key-changed", "this terminal has another key", key_no=read["key_no"])
    terminal = {**read, "version": read["version"] + 1, "key_no": after + 1, "keyed_at": to_text(now)}
    _write(terminal, "renew-key", by, now)
    return _with_secret(terminal)


def revoke_terminal(merchant_id: str, terminal_id: str, by: str, now: datetime) -> dict[str, Any]:
    """Revoke a terminal for good; every process refuses it within 30 seconds. Revoked already: `_hit`."""

    def once() -> dict[str, Any]:
        read = get_own_terminal(merchant_id, terminal_id)
        if read["revoked_at"]:
            return {**terminal_view(read), "_hit": True}
        terminal = {**read, "version": read["version"] + 1, "revoked_at": to_text(now)}
        _write(terminal, "revoke", by, now)
        return terminal_view(terminal)

    return repeat_on_conflict(once)


def list_terminals(merchant_id: str) -> Page:
    """Return all terminals of a merchant, revoked ones too, without secrets."""
    own = [terminal for terminal in list_documents(KIND) if terminal["merchant_id"] == merchant_id]
    return Page([terminal_view(terminal) for terminal in own], None)


def get_own_terminal(merchant_id: str, terminal_id: str) -> dict[str, Any]:
    """Return a terminal of this merchant; NotFound `terminal-unknown`, also for somebody else's."""
    found = find_document(KIND, terminal_id)
    if found is None or found["merchant_id"] != merchant_id:
        raise NotFound("terminal-unknown", f"you have no terminal {terminal_id!r}", id=terminal_id)
    return found


def find_terminal(key_id: str) -> dict[str, Any] | None:
    """Return the terminal {id, merchant_id, store_id, …} whose key in force this is, as of 30 s ago at most.

    None for anything else: unknown, superseded, revoked.
    """
    terminal_id, _, number = key_id.rpartition(".")
    if not terminal_id or len(key_id) > _KEY_CHARS_MAX:
        return None
    try:
        terminal = cached_document(KIND, terminal_id)
    except NotFound:
        return None
    return terminal if not terminal["revoked_at"] and number == str(terminal["key_no"]) else None


def secret_of(key_id: str) -> str:
    """Return the secret of a terminal's key, 43 url-safe characters. For those who hold the master secret only."""
    return base64.urlsafe_b64encode(derived_key(f"terminal/{key_id}")).decode().rstrip("=")


def terminal_view(terminal: Mapping[str, Any]) -> dict[str, Any]:
    """Return a terminal with the name of its key, without the secret."""
    shown = ("id", "merchant_id", "store_id", "name", "key_no", "keyed_at", "revoked_at")
    return {**{name: terminal[name] for name in shown}, "key_id": _key_id(terminal)}


def _with_secret(terminal: Mapping[str, Any]) -> dict[str, Any]:
    key_id = _key_id(terminal)
    return {**terminal_view(terminal), "secret": secret_of(key_id)}


def _key_id(terminal: Mapping[str, Any]) -> str:
    return f"{terminal['id']}.{terminal['key_no']}"


def _write(terminal: dict[str, Any], what: str, by: str, now: datetime) -> None:
    tx = Transaction()
    add_version(tx, KIND, terminal, Change(by, to_text(now), what))
    tx.commit()
