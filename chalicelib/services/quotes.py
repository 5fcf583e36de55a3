"""Owns the quote: what a preview hands to the till so that the charge after it need not look the code up again.

Must not be trusted for anything but whose code it is: terms, limits and states are decided anew by the charge.
"""

import base64
import hmac

from chalicelib.errors import InvalidInput
from chalicelib.keys import derived_key

_TAG_BYTES = 12
_ACCOUNT_BYTES_MAX = 64


def seal_quote(code: str, account_id: str) -> str:
    """Return opaque text that says, to us only, whose `code` is."""
    named = account_id.encode()
    assert len(named) <= _ACCOUNT_BYTES_MAX, "account ids are short"
    hidden = bytes(a ^ b for a, b in zip(named, _stream(code), strict=False))
    return base64.urlsafe_b64encode(_tag(code, named) + hidden).decode().rstrip("=")


def open_quote(quote: str, code: str) -> str:
    """Return the account behind `code`; InvalidInput `/quote` when the quote is not of this code."""
    try:
        raw = base64.b64decode(quote + "=" * (-len(quote) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raw = b""
    tag, hidden = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
    named = bytes(a ^ b for a, b in zip(hidden, _stream(code), strict=False))
    if not hidden or not hmac.compare_digest(_tag(code, named), tag):
        raise InvalidInput.at("/quote", "is not the quote of this code")
    return named.decode()


def _stream(code: str) -> bytes:
    return hmac.digest(derived_key("charge-quote/hide"), code.encode(), "sha512")


def _tag(code: str, named: bytes) -> bytes:
    return hmac.digest(derived_key("charge-quote/tag"), code.encode() + b"\x1f" + named, "sha256")[
        :_TAG_BYTES
    ]
