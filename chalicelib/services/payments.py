"""Owns paying from the app: a resident scans a poster, enters the bill and confirms; and the list of their charges.

Must not let a resident pay as anybody else: the account is the token's.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.canonical import digest_of
from chalicelib.domain.charge_terms import check_amount
from chalicelib.domain.charges import MERCHANT_CODE, charge_again
from chalicelib.domain.pages import Page
from chalicelib.domain.vouchers import Staff
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.services import charging
from chalicelib.services.charge_views import payment_view, terms_view
from chalicelib.services.charging import Sale
from chalicelib.services.merchant_codes import check_in_use, describe_code, read_code
from chalicelib.store import charges as store

_PREVIEW = "preview"


def preview_payment(
    account_id: str, works_at: tuple[str, ...], request: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Return what paying `{merchant_code, bill_fen}` would take, and where; nothing moves."""
    code = read_code(request["merchant_code"])
    check_in_use(code)
    sale = _sale(account_id, works_at, {**request, "payment_id": _PREVIEW}, code)
    decided = charging.preview(sale, now)
    terms = terms_view(decided.place.scenario, sale.bill_fen, decided.terms.points, decided.terms.fen)
    return {**describe_code(request["merchant_code"]), **terms}


def pay(
    account_id: str, works_at: tuple[str, ...], request: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Pay `{payment_id, merchant_code, bill_fen, points?}`; the same request again: the same answer (`_hit`).

    Refused `merchant-code-forged`, `merchant-code-revoked`, and as in `services.charges.charge`.
    """
    code = read_code(request["merchant_code"])
    sale = _sale(account_id, works_at, request, code)
    if code["revoked_at"] is not None:
        return _paid_before(sale, code)
    made, is_hit = charging.charge(sale, now)
    return {**payment_view(made), "_hit": is_hit}


def _paid_before(sale: Sale, code: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a request with a code that is revoked: as before if it was paid, else refuse it."""
    known = store.find_charge(sale.redemption_id)
    if known is None:
        check_in_use(code)
    assert known is not None, "a revoked code is refused"
    return {**payment_view(charge_again(known, sale.digest)), "_hit": True}


def list_payments(account_id: str, limit: int, cursor: str | None) -> Page:
    """Return a resident's charges, newest first; `cursor` is `taken_at redemption_id` of the last one seen."""
    taken_at, _, redemption_id = (cursor or "").partition(" ")
    if cursor and not redemption_id:
        raise InvalidInput.at("/cursor", "is not a cursor of this list")
    found = store.list_charges(account_id, (taken_at, redemption_id) if cursor else None, limit)
    last = f"{found[-1].taken_at} {found[-1].redemption_id}" if len(found) == limit else None
    return Page([payment_view(charge) for charge in found], last)


def get_payment(account_id: str, redemption_id: str) -> dict[str, Any]:
    """Return one charge of a resident; NotFound `charge-unknown`, also for somebody else's."""
    found = store.find_charge(redemption_id) if store.is_charge_id(redemption_id) else None
    if found is None or found.account_id != account_id:
        raise NotFound("charge-unknown", "you have no such charge")
    return payment_view(found)


def _sale(
    account_id: str, works_at: tuple[str, ...], request: Mapping[str, Any], code: Mapping[str, Any]
) -> Sale:
    bill_fen = check_amount(request["bill_fen"], "/bill_fen")
    payment_id = request["payment_id"]
    said = {name: request.get(name) for name in ("merchant_code", "bill_fen", "points")}
    return Sale(
        redemption_id=store.redemption_id_of(account_id, payment_id),
        charge_id=payment_id,
        account_id=account_id,
        staff=Staff(code["id"], code["merchant_id"], "poster"),
        store_id=code["store_id"],
        via=MERCHANT_CODE,
        bill_fen=bill_fen,
        points=request.get("points"),
        digest=digest_of(said),
        works_at=works_at,
    )
