"""Owns the bodies of the till."""

from typing import Annotated

from pydantic import Field

from chalicelib.api.schemas.fields import Id, NewId
from chalicelib.services.strict import Clean, Strict

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
    """Why a redemption is taken back."""

    reason: Clean = Field(min_length=1, max_length=200)
