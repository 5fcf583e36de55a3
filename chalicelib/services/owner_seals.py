"""Owns the owner seal: the digits after a wallet code in a QR code that tell us, and nobody else, whose device it is.

Must not be trusted for more: the charge reads the device beside the account and compares. A seal is derived, not
stored; it changes with the device's handle, so that it links no more than the handle does.
"""

import hmac

from chalicelib.domain.wallet_codes import SEAL_DIGITS
from chalicelib.keys import derived_key

_PREFIX = "res_"
_SYMBOLS = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_CHARS = 20
_TAG_DIGITS = 10
_NUMBER_DIGITS = SEAL_DIGITS - _TAG_DIGITS
_NUMBERS: int = 10**_NUMBER_DIGITS
assert len(_SYMBOLS) ** _ID_CHARS < _NUMBERS, "every account id fits"


def owner_seal(handle: str, account_id: str) -> str:
    """Return the 41 digits for a device of `account_id`; empty for an account whose id is not one of `ids.new_id`."""
    number = _number_of(account_id)
    if number is None:
        return ""
    hidden = (number + _mask(handle)) % _NUMBERS
    return f"{hidden:0{_NUMBER_DIGITS}d}{_tag(handle, account_id)}"


def open_owner_seal(seal: str, handle: str) -> str | None:
    """Return whose device `handle` is; None for digits that are not its seal."""
    number = (int(seal[:_NUMBER_DIGITS]) - _mask(handle)) % _NUMBERS
    account_id = _account_of(number)
    is_genuine = hmac.compare_digest(_tag(handle, account_id), seal[_NUMBER_DIGITS:])
    return account_id if is_genuine else None


def _number_of(account_id: str) -> int | None:
    symbols = account_id.removeprefix(_PREFIX)
    if len(symbols) != _ID_CHARS or account_id == symbols or not set(symbols) <= set(_SYMBOLS):
        return None
    number = 0
    for symbol in symbols:
        number = number * len(_SYMBOLS) + _SYMBOLS.index(symbol)
    return number


def _account_of(number: int) -> str:
    symbols = ""
    for _ in range(_ID_CHARS):
        number, digit = divmod(number, len(_SYMBOLS))
        symbols = _SYMBOLS[digit] + symbols
    return _PREFIX + symbols


def _mask(handle: str) -> int:
    digest = hmac.digest(derived_key("owner-seal/hide"), handle.encode(), "sha256")
    return int.from_bytes(digest, "big") % _NUMBERS


def _tag(handle: str, account_id: str) -> str:
    message = f"{handle}\x1f{account_id}".encode()
    digest = hmac.digest(derived_key("owner-seal/tag"), message, "sha256")
    return f"{int.from_bytes(digest[:8], 'big') % 10**_TAG_DIGITS:0{_TAG_DIGITS}d}"
