"""Owns charges at the till as a POS asks for them: preview, charge, query; `services.charge_changes` takes them back.

Must not decide terms (`services.charging`) nor trust a scanned code before it is proven.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.canonical import digest_of
from chalicelib.domain.charge_terms import check_amount
from chalicelib.domain.charges import WALLET_CODE, Charge, charge_again, check_owner, masked
from chalicelib.domain.vouchers import Staff
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.services import charging
from chalicelib.services.charge_views import charge_view, terms_view
from chalicelib.services.charging import Sale
from chalicelib.services.quotes import open_quote, seal_quote
from chalicelib.services.wallet import Proven, find_proven, owner_of, refuse_forged
from chalicelib.store import charges as store

_PREVIEW = "preview"


def preview_charge(staff: Staff, request: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what charging `{code, store_id, bill_fen, points?}` would take, and a quote; nothing moves.

    Refusals as in `charge`.
    """
    proven = find_proven(request["code"], now)
    if proven is None:
        refuse_forged(staff.staff_id, now)
    sale = _sale(staff, {**request, "charge_id": _PREVIEW}, proven)
    decided = charging.preview(sale, now)
    terms = decided.terms
    return {
        "resident": masked(sale.account_id),
        **terms_view(decided.place.scenario, sale.bill_fen, terms.points, terms.fen),
        "quote": seal_quote(request["code"], sale.account_id),
    }


def charge(staff: Staff, request: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Take points for a part of a bill: `{charge_id, code, store_id, bill_fen, points?, quote?}`.

    The same request again: the same answer (`_hit`) while the charge stands. InvalidInput `amount-…`; Refused
    `wallet-code-…`, `wallet-device-revoked`, `account-frozen`, `points-insufficient`, `charge-above-share`,
    `bill-too-small`, those of `open_place`; Conflict `wallet-code-used`, `idempotency-key-reused`, `charge-blocked`,
    `charge-voided`; TooMany `too-many-codes`. A suspicious charge is made `in-review`, its points held.
    """
    if store.is_charge_id(request["charge_id"]):
        raise InvalidInput.at("/charge_id", f"must not begin with {store.ID_PREFIX}")
    proven = find_proven(request["code"], now)
    if proven is None:
        return _repeated_late(staff, request, now)
    made, is_hit = charging.charge(_sale(staff, request, proven), now)
    return {**charge_view(made), "_hit": is_hit}


def _repeated_late(staff: Staff, request: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Answer a request whose code cannot be proven (any more): as before if its charge was made, else refuse it."""
    known = store.find_charge(redemption_id_at(staff, request["charge_id"]))
    if known is None:
        refuse_forged(staff.staff_id, now)
    return {**charge_view(charge_again(known, _digest(request))), "_hit": True}


def get_charge(staff: Staff, charge_id: str) -> dict[str, Any]:
    """Return how a charge stands, by the till's id or ours; NotFound `charge-unknown`."""
    return charge_view(own_charge(staff, charge_id))


def own_charge(staff: Staff, charge_id: str) -> Charge:
    """Return a charge of the staff's merchant; NotFound `charge-unknown`."""
    found = store.find_charge(redemption_id_at(staff, charge_id))
    if found is None:
        raise NotFound("charge-unknown", "there is no such charge")
    check_owner(found, staff)
    return found


def redemption_id_at(staff: Staff, charge_id: str) -> str:
    """Return our id for what the till calls `charge_id`; ours may be used as it is."""
    return (
        charge_id if store.is_charge_id(charge_id) else store.redemption_id_of(staff.merchant_id, charge_id)
    )


def _sale(staff: Staff, request: Mapping[str, Any], proven: Proven) -> Sale:
    bill_fen = check_amount(request["bill_fen"], "/bill_fen")
    quote = request.get("quote")
    account_id = open_quote(quote, request["code"]) if quote else proven.owner or owner_of(proven.handle)
    charge_id = request["charge_id"]
    return Sale(
        redemption_id=store.redemption_id_of(staff.merchant_id, charge_id),
        charge_id=charge_id,
        account_id=account_id,
        staff=staff,
        store_id=request["store_id"],
        via=WALLET_CODE,
        bill_fen=bill_fen,
        points=request.get("points"),
        digest=_digest(request),
        proven=proven,
    )


def _digest(request: Mapping[str, Any]) -> str:
    said = {name: request.get(name) for name in ("code", "store_id", "bill_fen", "points")}
    return digest_of(said)
