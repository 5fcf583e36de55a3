"""Owns the signed text inside a voucher's QR: made for residents, checked at tills, verifiable offline by anyone.

Must not look anything up: a token says which voucher it is, not whether that voucher is still good.
"""

from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.config import config
from chalicelib.domain.days import from_text
from chalicelib.domain.vouchers import Voucher
from chalicelib.errors import InvalidInput, Refused
from chalicelib.keys import derived_key, key_id

ALGORITHM = "EdDSA"
TOKEN_MAX_CHARS = 2000


def issue_token(voucher: Voucher) -> str:
    """Return the JWT of a voucher: rid, acc, mer, pts, exp; valid until the voucher's deadline."""
    claims = {
        "aud": _audience(),
        "rid": voucher.redemption_id,
        "acc": voucher.account_id,
        "mer": voucher.offer["merchant_id"],
        "pts": voucher.points,
        "exp": int(from_text(voucher.due_at).timestamp()),
    }
    return jwt.encode(claims, _private_key(), algorithm=ALGORITHM, headers={"kid": _kid()})


def read_token(token: str) -> dict[str, Any]:
    """Return the claims of a genuine token; InvalidInput `/token`, Refused `voucher-forged`.

    Whether the deadline has passed is for the voucher itself to say: it also knows who came first.
    """
    if len(token) > TOKEN_MAX_CHARS:
        raise InvalidInput.at("/token", f"is longer than {TOKEN_MAX_CHARS} characters")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise InvalidInput.at("/token", "is not a voucher code") from None
    if header.get("kid") != _kid() or header.get("alg") != ALGORITHM:
        raise Refused("voucher-forged", "this code was not signed by this programme")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _private_key().public_key(),
            algorithms=[ALGORITHM],
            audience=_audience(),
            options={"require": ["exp", "rid", "acc", "mer"], "verify_exp": False},
        )
    except jwt.PyJWTError:
        raise Refused("voucher-forged", "this code was not signed by this programme") from None
    return claims


def public_keys() -> dict[str, Any]:
    """Return the JWK set with which anyone can check a voucher without us (RFC 8037)."""
    raw = _private_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = jwt.utils.base64url_encode(raw).decode()
    key = {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": _kid(), "use": "sig", "alg": ALGORITHM}
    return {"keys": [key]}


@lru_cache(maxsize=1)
def _private_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derived_key("voucher-signing/1"))


@lru_cache(maxsize=1)
def _kid() -> str:
    return key_id(_private_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def _audience() -> str:
    return f"tanhui-{config().stage}-voucher"
