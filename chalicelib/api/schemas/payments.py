"""Owns the bodies of paying from the app."""

from typing import Annotated

from pydantic import Field

from chalicelib.api.schemas.charges import Points
from chalicelib.api.schemas.fields import Amount, NewId
from chalicelib.services.strict import Clean, Strict, absent

MerchantCode = Annotated[
    Clean, Field(min_length=10, max_length=120, description="What the poster holds, as scanned.")
]


class PreviewPayment(Strict):
    """A scanned poster and a bill, to look at."""

    merchant_code: MerchantCode
    bill_fen: Amount


class MakePayment(Strict):
    """A scanned poster and a bill, to be paid; `payment_id` is made by the client."""

    payment_id: NewId
    merchant_code: MerchantCode
    bill_fen: Amount
    points: Points = absent(
        description="What the preview showed; without it as many as bill and balance allow."
    )
