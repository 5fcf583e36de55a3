"""Owns the sealing of addresses outside the app (an openid, a telephone number): stored as something only we can open.

Must not log or show an address. The key is derived from the master secret; a sealed address opens for its resident and
channel only.
"""

import base64
import hashlib

from chalicelib.keys import derived_key

_NONCE_BYTES = 12


def seal_address(account_id: str, channel: str, address: str) -> str:
    """Return the sealed form of an address.

    The nonce is a keyed digest of everything that is sealed: it repeats only for the very same address.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    bound_to = f"{account_id}\x1f{channel}".encode()
    message = bound_to + b"\x1f" + address.encode()
    nonce = hashlib.blake2b(message, digest_size=_NONCE_BYTES, key=derived_key("address-nonce")).digest()
    sealed = AESGCM(derived_key("address")).encrypt(nonce, address.encode(), bound_to)
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def open_address(account_id: str, channel: str, sealed: str) -> str:
    """Return the address that `seal_address` sealed for this resident and channel; ValueError for anything else."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    raw = base64.urlsafe_b64decode(sealed)
    bound_to = f"{account_id}\x1f{channel}".encode()
    try:
        opened = AESGCM(derived_key("address")).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], bound_to)
    except InvalidTag:
        raise ValueError("not an address of this resident and channel") from None
    return opened.decode()
