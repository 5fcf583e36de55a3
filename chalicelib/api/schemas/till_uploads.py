"""Owns the bodies of tills that were without a network."""

from typing import Annotated

from pydantic import Field

from chalicelib.api.schemas.fields import Id, Instant, NewId
from chalicelib.api.schemas.tills import TokenText
from chalicelib.services.strict import Strict


class OfflineScan(Strict):
    """One voucher as the till scanned it."""

    token: TokenText
    scan_id: NewId
    store_id: Id
    scanned_at: Instant


class UploadVouchers(Strict):
    """What a till scanned while it was without a network, in order."""

    items: Annotated[list[OfflineScan], Field(min_length=1, max_length=100)]
