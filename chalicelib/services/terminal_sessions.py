"""Owns the signing in of terminals: a till with a key of its own gets a token like a cashier's.

Must not register terminals nor keep keys (`services.terminals`).
"""

import hmac
from datetime import datetime
from typing import Any

from chalicelib.domain.days import to_text
from chalicelib.errors import NotFound
from chalicelib.services.sessions import Actor, issue_token
from chalicelib.services.terminals import find_terminal, secret_of

ROLE = "terminal"


def sign_in_terminal(key_id: str, secret: str, now: datetime) -> dict[str, Any]:
    """Return a fresh access token for the terminal whose key this is; NotFound `terminal-key-unknown`."""
    is_genuine = hmac.compare_digest(secret_of(key_id).encode(), secret.encode())
    terminal = find_terminal(key_id)
    if terminal is None or not is_genuine:
        raise NotFound("terminal-key-unknown", "there is no terminal with this key in force")
    actor = Actor(f"trm_{terminal['id']}", ROLE, terminal["merchant_id"], (terminal["store_id"],))
    token, expires_at = issue_token(actor, now)
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_at": to_text(expires_at),
        "subject": actor.subject,
        "role": ROLE,
        "merchant_id": actor.merchant_id,
        "store_ids": list(actor.store_ids),
    }
