"""Owns how requests to Alipay's gateway are signed: RSA2 over all fields, and the time as it reads it.

Must not load the signing library before something is signed.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

# The gateway reads time stamps in Beijing's time.
_BEIJING = timezone(timedelta(hours=8))


def timestamp(now: datetime) -> str:
    """Return an instant as the gateway wants it.

    >>> timestamp(datetime(2026, 11, 24, 4, tzinfo=UTC))
    '2026-11-24 12:00:00'
    """
    return now.astimezone(UTC).astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def with_signature(fields: Mapping[str, str], private_key: str) -> dict[str, str]:
    """Return the fields with `sign` among them: over all others, sorted, as `name=value` joined by &."""
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    return {**fields, "sign": _signature(private_key, text)}


def _signature(private_key: str, signed: str) -> str:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    # Alipay's tools write the key as one line of base64 (PKCS#8), without the lines around a PEM.
    key = load_der_private_key(base64.b64decode(private_key), password=None)
    assert isinstance(key, rsa.RSAPrivateKey), "Alipay signs with RSA"
    return base64.b64encode(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
