"""Owns the seal on a statement: its digest and our Ed25519 signature, which anyone can check with the published key.

Must not know what a statement says. Its key is not that of vouchers: nothing signed here passes for a voucher.
"""

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalicelib.domain.canonical import canonical_json, digest_of
from chalicelib.domain.statements import Statement, decided_of
from chalicelib.keys import derived_key, key_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def sealed(statement: Statement) -> Statement:
    """Return the statement with `digest`, `kid` and `signature` (base64url, over its canonical JSON without these)."""
    signature = _private_key().sign(canonical_json(statement).encode())
    return {**statement, "digest": digest_of(statement), "kid": _kid(), "signature": _base64url(signature)}


def is_genuine(statement: Statement) -> bool:
    """Tell whether this deployment signed the statement as it stands."""
    from cryptography.exceptions import InvalidSignature

    try:
        signature = base64.urlsafe_b64decode(statement["signature"] + "==")
        _private_key().public_key().verify(signature, canonical_json(decided_of(statement)).encode())
    except (InvalidSignature, KeyError, ValueError, TypeError):
        return False
    return True


def public_keys() -> dict[str, Any]:
    """Return the JWK set with which anyone can check a statement without us (RFC 8037)."""
    key = {"kty": "OKP", "crv": "Ed25519", "x": _base64url(_raw_public_key()), "kid": _kid(), "use": "sig"}
    return {"keys": [{**key, "alg": "EdDSA"}]}


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@lru_cache(maxsize=1)
def _private_key() -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(derived_key("statement-signing/1"))


def _raw_public_key() -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return _private_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


@lru_cache(maxsize=1)
def _kid() -> str:
    return key_id(_raw_public_key())
