"""Owns the step from a request to who sent it: bearer tokens and partner signatures.

Must not decide what they may do (`api.access`) nor how proofs are made (`services.sessions`, `services.partners`).
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalice.app import Request

from chalicelib.api.access import Endpoint
from chalicelib.errors import Forbidden, Unauthenticated

if TYPE_CHECKING:
    from chalicelib.domain.vouchers import Staff

_BEARER = "Bearer "


def prove(entry: Endpoint, request: Request, raw: bytes, now: datetime) -> Any:
    """Return who sent `request`, None where anybody may; raise Unauthenticated when the proof is missing or bad."""
    if entry.is_public:
        return None
    if entry.is_signed:
        from chalicelib.services import partners

        return partners.verify_signature(request.headers, request.method, signed_path(request), raw, now)
    from chalicelib.services import sessions

    header = request.headers.get("authorization") or ""
    if not header.startswith(_BEARER):
        raise Unauthenticated("token-missing", "an access token is needed: Authorization: Bearer …")
    return sessions.verify_token(header[len(_BEARER) :], now)


def staff_at(actor: Any, store_id: str | None) -> "Staff":
    """Return the member of staff behind `actor`; Forbidden `store-of-others` unless they work at `store_id`."""
    if store_id is not None and store_id not in actor.store_ids:
        raise Forbidden("store-of-others", "you do not work at this store", store_id=store_id)
    from chalicelib.domain.vouchers import Staff

    return Staff(actor.subject, actor.merchant_id, actor.role, actor.account_id)


def concrete_path(request: Request) -> str:
    """Return the path as the caller wrote it, without stage and query."""
    event = request.to_original_event()
    path: str = event.get("path") or request.context.get("path") or ""
    return path


def signed_path(request: Request) -> str:
    """Return what a partner signs for the address: the path and, sorted by name, the query, percent-encoded.

    The gateway hands over the query decoded, so its spelling is fixed here: `name=value` joined by `&`, every
    character outside `A-Za-z0-9-._~` as `%XX`.
    """
    found = request.to_original_event().get("multiValueQueryStringParameters") or {}
    pairs = sorted((name, value) for name, values in found.items() for value in values)
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    return concrete_path(request) + ("?" + query if query else "")
