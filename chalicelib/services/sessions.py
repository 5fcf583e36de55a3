"""Owns access tokens and signing in: who somebody is, proven for a quarter of an hour.

Must not decide what a role may do (`api.access`). Tokens are JWT with HS256 and nothing else: no algorithm is ever
taken from a token. Signing keys change by themselves with the calendar.
"""

import base64
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from chalicelib.config import config
from chalicelib.domain.days import to_text
from chalicelib.errors import NotFound, Unauthenticated
from chalicelib.keys import derived_key, key_id

TOKEN_LIFE_S = 900
_KEY_LIFE_S = 30 * 86_400
_SKEW_S = 60
_TOKEN_MAX_CHARS = 4_000
_ALGORITHM = "HS256"
_SPELLING = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_NOT_OURS = "the access token is not one of ours"
_CLAIMS = frozenset({"exp", "sub", "aud", "iat", "role"})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `subject` is a resident's account id, a staff id or a terminal's; those of a merchant carry where.

    A resident carries the merchants whose staff they belong to (`works_at`), staff their own `account_id` as resident.
    """

    subject: str
    role: str
    merchant_id: str = ""
    store_ids: tuple[str, ...] = ()
    works_at: tuple[str, ...] = ()
    account_id: str = ""


def sign_in(provider: str, shown: str, role: str, account_id: str, now: datetime) -> dict[str, Any]:
    """Return a fresh access token for somebody whom `provider` knows by what is `shown`: a name or a one-time code.

    A resident's first sign-in takes `account_id`; later ones, and losers of a race, get the account that exists. What
    a provider knows a resident by becomes the address of its messages. Raises as `services.logins.prove_login`, and
    NotFound `login-unknown` for staff nobody entered.
    """
    from chalicelib.services.logins import prove_login

    proven = prove_login(provider, shown, now)
    is_resident = role == "resident"
    actor = _resident(proven.digest, account_id, now) if is_resident else _staff(proven.digest, role)
    if is_resident and proven.channel:
        from chalicelib.services.message_preferences import set_address

        set_address(actor.subject, proven.channel, proven.subject)
    token, expires_at = issue_token(actor, now)
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_at": to_text(expires_at),
        "subject": actor.subject,
        "role": actor.role,
        "merchant_id": actor.merchant_id or None,
        "store_ids": list(actor.store_ids),
    }


def issue_token(actor: Actor, now: datetime) -> tuple[str, datetime]:
    """Return a signed token for `actor` and the instant at which it ends."""
    import jwt

    issued_s = int(now.timestamp())
    claims: dict[str, Any] = {
        "sub": actor.subject,
        "role": actor.role,
        "aud": _audience(),
        "iat": issued_s,
        "exp": issued_s + TOKEN_LIFE_S,
    }
    if actor.merchant_id:
        claims |= {"merchant_id": actor.merchant_id, "store_ids": list(actor.store_ids)}
    if actor.works_at:
        claims["works_at"] = list(actor.works_at)
    if actor.account_id:
        claims["acc"] = actor.account_id
    kid, key = _signing(_key_no(now))
    token = jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": kid})
    return token, datetime.fromtimestamp(claims["exp"], UTC)


def verify_token(token: str, now: datetime) -> Actor:
    """Return who `token` speaks for; Unauthenticated `token-invalid` or `token-expired` otherwise.

    Checked here and not by PyJWT, whose import would be a tenth of a fresh process's first answer: the header is
    compared as a whole, so neither algorithm nor key is ever taken from a token, the signature in constant time.
    """
    signed, _, signature = token.rpartition(".")
    header, _, payload = signed.partition(".")
    key = _keys_by_header(_key_no(now)).get(header)
    is_spelled_right = len(token) <= _TOKEN_MAX_CHARS and _SPELLING.fullmatch(token)
    if not is_spelled_right or key is None:
        raise Unauthenticated("token-invalid", _NOT_OURS)
    if not hmac.compare_digest(_encoded(hmac.digest(key, signed.encode(), "sha256")), signature):
        raise Unauthenticated("token-invalid", _NOT_OURS)
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if not claims.keys() >= _CLAIMS or claims["aud"] != _audience():
        raise Unauthenticated("token-invalid", _NOT_OURS)
    return _actor_of(claims, now)


def _actor_of(claims: dict[str, Any], now: datetime) -> Actor:
    now_s = now.timestamp()
    if claims["iat"] > now_s + _SKEW_S:
        raise Unauthenticated("token-invalid", "the access token is for another time")
    if claims["exp"] <= now_s:
        raise Unauthenticated("token-expired", "the access token has ended; sign in again")
    merchant_id, store_ids = claims.get("merchant_id", ""), tuple(claims.get("store_ids", ()))
    works_at = tuple(claims.get("works_at", ()))
    return Actor(claims["sub"], claims["role"], merchant_id, store_ids, works_at, claims.get("acc", ""))


def _resident(login_digest: str, account_id: str, now: datetime) -> Actor:
    from chalicelib.store import people

    found_id = people.find_or_add_resident(login_digest, account_id, to_text(now))
    works_at = people.merchants_of(login_digest)
    if works_at:
        from chalicelib.services.wallet import note_works_at

        note_works_at(found_id, works_at)
    return Actor(found_id, "resident", works_at=works_at)


def _staff(login_digest: str, role: str) -> Actor:
    from chalicelib.store import people

    found = people.find_staff(login_digest, role)
    if found is None:
        raise NotFound("login-unknown", "nobody was entered with this name and role")
    account_id = people.find_resident(login_digest) or ""
    where = (found["merchant_id"], tuple(found["store_ids"]))
    return Actor(found["staff_id"], role, *where, account_id=account_id)


def _audience() -> str:
    return f"tanhui-{config().stage}"


def _key_no(now: datetime) -> int:
    return int(now.timestamp()) // _KEY_LIFE_S


@lru_cache(maxsize=8)
def _signing(number: int) -> tuple[str, bytes]:
    key = derived_key(f"access-token/{number}")
    return key_id(key), key


@lru_cache(maxsize=8)
def _keys_by_header(number: int) -> dict[str, bytes]:
    """Return the keys that hold while key `number` signs, by the encoded header that names each by its id."""
    keys: dict[str, bytes] = {}
    for kid, key in (_signing(number), _signing(number - 1)):
        header = {"alg": _ALGORITHM, "kid": kid, "typ": "JWT"}
        keys[_encoded(json.dumps(header, separators=(",", ":")).encode())] = key
    return keys


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
