"""Owns the bodies of the till."""

from typing import Annotated

from pydantic import Field

from chalicelib.api.schemas.fields import Id, NewId
from chalicelib.services.strict import Clean, Strict, absent

TokenText = Annotated[Clean, Field(min_length=20, max_length=2000, description="What the QR code holds.")]


class PreviewVoucher(Strict):
    """A scanned voucher, to look at."""

    token: TokenText
    store_id: Id


class RedeemVoucher(Strict):
    """A scanned voucher, to spend."""

    token: TokenText
    store_id: Id
    scan_id: NewId


class RefundVoucher(Strict):
    """Why a redemption is taken back, and how much of it; a part needs an id of the till's own."""

    reason: Clean = Field(min_length=1, max_length=200)
    refund_id: NewId = absent()
    points: Annotated[int, Field(ge=1, le=10_000_000)] = absent(description="Without it all that are left.")
