"""Owns the names under which verifiers see somebody's activity: nobody is named, and only we can tell whose it is.

Must not be used where a plain id would do. The same activity has the same name every time.
"""

import base64
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.errors import InvalidInput
from chalicelib.keys import derived_key, keyed_digest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_SEPARATOR = "|"


class Reference(NamedTuple):
    """Whose activity, of which day, under which key."""

    account_id: str
    on: date
    event_key: str


def seal(reference: Reference) -> str:
    """Return the reference encrypted and authenticated (AES-SIV, RFC 5297), url-safe."""
    plain = _SEPARATOR.join((reference.account_id, reference.on.isoformat(), reference.event_key))
    return base64.urlsafe_b64encode(_cipher().encrypt(plain.encode(), None)).decode().rstrip("=")


def unseal(name: str) -> Reference:
    """Return what `seal` sealed; InvalidInput at `/pending_id` for anything else."""
    from cryptography.exceptions import InvalidTag

    try:
        sealed = base64.b64decode(name + "=" * (-len(name) % 4), altchars=b"-_", validate=True)
        plain = _cipher().decrypt(sealed, None).decode()
    except (ValueError, InvalidTag):
        raise InvalidInput.at("/pending_id", "not an activity that waits for verification") from None
    account_id, on, event_key = plain.split(_SEPARATOR)
    return Reference(account_id, date.fromisoformat(on), event_key)


def pseudonym_of(account_id: str) -> str:
    """Return what stands for a resident wherever a verifier looks; the same for all their activities."""
    return keyed_digest("verifier-pseudonym", account_id)


def _cipher() -> "AESSIV":
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    return AESSIV(derived_key("pending-name"))
