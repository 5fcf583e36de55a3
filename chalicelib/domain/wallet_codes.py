"""Owns the wallet code (付款码): how a phone makes one from its secret, and what a till's server makes of one.

Must not know accounts or limits; `docs/wallet-code.md` is the specification, its test vectors hold both sides to it.
A code is 22 digits: prefix 77, the device's handle (8), the step modulo 100 (2), an authenticator (10). In a QR code
the owner seal (41) may follow, of which only the server makes anything.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

from chalicelib.errors import InvalidInput, Refused

PREFIX = "77"
STEP_S = 30
HANDLE_DIGITS = 8
MAC_DIGITS = 10
CODE_DIGITS = 22
SEAL_DIGITS = 41
STEPS_OFF_MAX = 1
_STEP_CYCLE = 100
_DOMAIN = "tanhui-wallet/1"


@dataclass(frozen=True, slots=True)
class WalletCode:
    """One scanned code, read but not yet proven."""

    handle: str
    step_modulo: int
    mac: str
    owner_seal: str = ""


def step_at(now: datetime) -> int:
    """Return the number of the 30-second step in which `now` lies, counted from 1970."""
    return int(now.timestamp()) // STEP_S


def authenticator(secret: str, handle: str, step: int) -> str:
    """Return the ten digits that only the device and we can make: two 32-bit words of an HMAC-SHA256, modulo 100 000.

    >>> authenticator("s" * 43, "00000001", 58_809_600)
    '6621870795'
    """
    message = f"{_DOMAIN}|{handle}|{step}"
    digest = hmac.digest(secret.encode(), message.encode(), "sha256")
    words = (int.from_bytes(digest[at : at + 4], "big") for at in (0, 4))
    return "".join(f"{word % 100_000:05d}" for word in words)


def wallet_code(secret: str, handle: str, step: int) -> str:
    """Return the code that a device shows during `step`."""
    return f"{PREFIX}{handle}{step % _STEP_CYCLE:02d}{authenticator(secret, handle, step)}"


def read_code(text: str) -> WalletCode:
    """Return the parts of a scanned or typed code; InvalidInput `/code`, Refused `wallet-code-foreign`.

    >>> read_code("7700000001001234567890").handle
    '00000001'
    >>> read_code("134567890123456789")
    Traceback (most recent call last):
    chalicelib.errors.Refused: wallet-code-foreign: this code belongs to another payment service
    """
    if not (text.isascii() and text.isdigit()):
        raise InvalidInput.at("/code", "must be digits only")
    if not text.startswith(PREFIX):
        raise Refused("wallet-code-foreign", "this code belongs to another payment service")
    if len(text) not in (CODE_DIGITS, CODE_DIGITS + SEAL_DIGITS):
        raise InvalidInput.at(
            "/code", f"must have {CODE_DIGITS} digits, or {CODE_DIGITS + SEAL_DIGITS} from a QR code"
        )
    return WalletCode(text[2:10], int(text[10:12]), text[12:CODE_DIGITS], text[CODE_DIGITS:])


def proven_step(code: WalletCode, secret: str, now: datetime) -> int | None:
    """Return the step in which the device made `code`, looked for within 25 minutes of now; None when it is forged."""
    here = step_at(now)
    step = here + (code.step_modulo - here + _STEP_CYCLE // 2) % _STEP_CYCLE - _STEP_CYCLE // 2
    is_genuine = hmac.compare_digest(authenticator(secret, code.handle, step), code.mac)
    return step if is_genuine else None


def check_fresh(step: int, now: datetime) -> None:
    """Refuse a genuine code of another time: `wallet-code-expired`, or `wallet-code-ahead` of a phone's fast clock."""
    here = step_at(now)
    if step < here - STEPS_OFF_MAX:
        raise Refused("wallet-code-expired", "this code has expired; the phone shows a new one")
    if step > here + STEPS_OFF_MAX:
        raise Refused("wallet-code-ahead", "the phone's clock is ahead; it has to go online once")
