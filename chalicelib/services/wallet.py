"""Owns the phones that make wallet codes: their registration, their revocation, and the proof that a code is one's own.

Must not take points (`services.charging` does) nor store a secret: it is derived from the master secret and the handle.
"""

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

from chalicelib.domain.attempts import after_failure, check_attempts
from chalicelib.domain.days import from_text, to_text
from chalicelib.domain.wallet_codes import HANDLE_DIGITS, STEP_S, proven_step, read_code
from chalicelib.errors import Conflict, NotFound, Refused, TooMany
from chalicelib.keys import derived_key
from chalicelib.services.consents import check_not_closed
from chalicelib.services.owner_seals import open_owner_seal, owner_seal
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.store import attempts, wallets
from chalicelib.store.people import get_person
from chalicelib.store.transactions import Transaction, TransactionLost
from chalicelib.store.wallets import Device

DEVICES_MAX = 5
SHOWN_AGAIN = timedelta(minutes=10)
_HANDLES_TRIED_MAX = 8
_COUNT_TRIES_MAX = 5


@dataclass(frozen=True, slots=True)
class Proven:
    """A genuine code: which device made it, in which step; whose that is, if the code says so."""

    handle: str
    step: int
    owner: str | None = None


def register_device(
    account_id: str, device_id: str, name: str, works_at: Sequence[str], now: datetime
) -> dict[str, Any]:
    """Enter a phone and return its handle and secret; the same request repeats the answer for ten minutes.

    Conflict `device-exists` later; Refused `devices-too-many`, `account-closed`.
    """
    check_not_closed(get_person(account_id))
    return repeat_on_conflict(lambda: _register_once(account_id, device_id, name, works_at, now))


def _register_once(
    account_id: str, device_id: str, name: str, works_at: Sequence[str], now: datetime
) -> dict[str, Any]:
    read = wallets.get_devices(account_id)
    known = next((one for one in read.items if one["device_id"] == device_id), None)
    if known is not None:
        return {**_shown_again(known, account_id, name, now), "_hit": True}
    if len(read.items) >= DEVICES_MAX:
        detail = f"at most {DEVICES_MAX} devices; revoke one first"
        raise Refused("devices-too-many", detail, devices_max=DEVICES_MAX)
    for number in range(_HANDLES_TRIED_MAX):
        handle = _handle(account_id, device_id, number)
        device = Device(handle, device_id, account_id, name, to_text(now), tuple(works_at))
        tx = Transaction()
        wallets.add_new_device(tx, device)
        wallets.add_devices(tx, read, [*read.items, _listed(device)])
        try:
            tx.commit()
        except TransactionLost as lost:
            if lost.labels == {wallets.DEVICE} and not lost.conflict:
                continue
            raise
        return _with_secret(_listed(device), account_id, now)
    raise AssertionError("eight handles in a row were taken")


def list_devices(account_id: str, now: datetime) -> dict[str, Any]:
    """Return a resident's devices without secrets, and our time for the phone to follow."""
    items = [_sealed(one, account_id) for one in wallets.get_devices(account_id).items]
    return {"items": items, "devices_max": DEVICES_MAX, "server_at": to_text(now)}


def revoke_device(account_id: str, device_id: str, now: datetime) -> None:
    """Take no code of this device from now on; NotFound `device-unknown`."""
    repeat_on_conflict(lambda: _revoke_once(account_id, device_id, now))


def _revoke_once(account_id: str, device_id: str, now: datetime) -> None:
    read = wallets.get_devices(account_id)
    found = next((one for one in read.items if one["device_id"] == device_id), None)
    if found is None:
        raise NotFound("device-unknown", "you have no such device")
    device = wallets.find_device(found["handle"])
    assert device is not None, "a listed device exists"
    tx = Transaction()
    wallets.add_revocation(tx, device, to_text(now))
    wallets.add_devices(tx, read, [one for one in read.items if one is not found])
    tx.commit()


def note_works_at(account_id: str, works_at: Sequence[str]) -> None:
    """Note on a resident's devices which merchants' staff they belong to; for charges to know, at no read more."""
    for one in wallets.get_devices(account_id).items:
        device = wallets.find_device(one["handle"])
        if device is not None and device.works_at != tuple(works_at):
            wallets.set_works_at(device, works_at)


def find_proven(code_text: str, now: datetime) -> Proven | None:
    """Return which device made a code, and when, without asking the store; None for a forged one.

    InvalidInput `/code`, Refused `wallet-code-foreign`. Freshness and use are not judged here.
    """
    code = read_code(code_text)
    step = proven_step(code, secret_of(code.handle), now)
    if step is None:
        return None
    if not code.owner_seal:
        return Proven(code.handle, step)
    owner = open_owner_seal(code.owner_seal, code.handle)
    return None if owner is None else Proven(code.handle, step, owner)


def refuse_forged(till_id: str, now: datetime) -> NoReturn:
    """Refuse a forged code, which costs the till an attempt: `wallet-code-unknown`, TooMany `too-many-codes`."""
    count_failure(till_id, now)
    raise Refused("wallet-code-unknown", "this is no code of ours; the phone shows a new one in a moment")


def count_failure(till_id: str, now: datetime) -> None:
    """Count a failed attempt at a till; TooMany `too-many-codes` when there were too many, or too many at once."""
    now_s = int(now.timestamp())
    name = attempts_name(till_id)
    for _ in range(_COUNT_TRIES_MAX):
        full_at_s = attempts.find_count(name)
        check_attempts(full_at_s, now_s)
        changed = after_failure(full_at_s, now_s)
        if attempts.replace_count(name, full_at_s, changed, changed):
            return
    raise TooMany("too-many-codes", "too many codes at once at this till", retry_after_s=1)


def attempts_name(till_id: str) -> str:
    """Return the name of the counter of a till's failed attempts."""
    return f"till-codes#{till_id}"


def owner_of(handle: str) -> str:
    """Return whose device this is; Refused `wallet-device-revoked` for one that nobody has."""
    device = wallets.find_device(handle)
    if device is None:
        raise Refused("wallet-device-revoked", "this phone is not registered")
    return device.account_id


def check_device(device: Device | None, account_id: str) -> Device:
    """Return the device behind a code; Refused `wallet-device-revoked` when its codes count no longer."""
    if device is None or device.revoked_at is not None or device.account_id != account_id:
        raise Refused("wallet-device-revoked", "this phone is not registered any more")
    return device


def secret_of(handle: str) -> str:
    """Return a device's secret, 43 url-safe characters. For those who hold the master secret only."""
    key = hmac.digest(derived_key("wallet-device"), handle.encode(), "sha256")
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


def _handle(account_id: str, device_id: str, number: int) -> str:
    message = f"{account_id}\x1f{device_id}\x1f{number}".encode()
    digest = hmac.digest(derived_key("wallet-handle"), message, "sha256")
    return f"{int.from_bytes(digest[:8], 'big') % 10**HANDLE_DIGITS:0{HANDLE_DIGITS}d}"


def _listed(device: Device) -> dict[str, str]:
    return {
        "device_id": device.device_id,
        "name": device.name,
        "handle": device.handle,
        "registered_at": device.registered_at,
    }


def _sealed(listed: dict[str, str], account_id: str) -> dict[str, str]:
    return {**listed, "owner_seal": owner_seal(listed["handle"], account_id)}


def _shown_again(known: dict[str, str], account_id: str, name: str, now: datetime) -> dict[str, Any]:
    if known["name"] != name or now - from_text(known["registered_at"]) > SHOWN_AGAIN:
        raise Conflict("device-exists", "this device id is registered already; use a new one")
    return _with_secret(known, account_id, now)


def _with_secret(listed: dict[str, str], account_id: str, now: datetime) -> dict[str, Any]:
    secret = secret_of(listed["handle"])
    return {**_sealed(listed, account_id), "secret": secret, "step_s": STEP_S, "server_at": to_text(now)}
