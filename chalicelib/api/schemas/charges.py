"""Owns the bodies of charges at the till."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from chalicelib.api.schemas.fields import Amount, Id, NewId
from chalicelib.services.strict import Clean, Strict, absent

CodeText = Annotated[
    Clean,
    Field(
        min_length=1,
        max_length=64,
        description="The digits of the wallet code, 22 or 63, as scanned or typed.",
    ),
]
Points = Annotated[int, Field(ge=1, le=10_000_000)]
_EXAMPLE: JsonDict = {
    "charge_id": "till3-20261120-000042",
    "code": "7704817263802990077188",
    "store_id": "sto_jiefang",
    "bill_fen": 6800,
}


class PreviewCharge(Strict):
    """A scanned wallet code and a bill, to look at."""

    code: CodeText
    store_id: Id
    bill_fen: Amount
    points: Points = absent(description="Exactly so many; without it as many as bill and balance allow.")


class MakeCharge(Strict):
    """A scanned wallet code and a bill, to be paid; `charge_id` is made by the till."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    charge_id: NewId
    code: CodeText
    store_id: Id
    bill_fen: Amount
    points: Points = absent(description="Exactly so many; without it as many as bill and balance allow.")
    quote: Annotated[Clean, Field(min_length=16, max_length=200)] = absent(
        description="What the preview of this code answered; spares a lookup."
    )


class RefundCharge(Strict):
    """Which part of a charge goes back, and why; `refund_id` is made by the till."""

    refund_id: NewId
    fen: Amount = absent(description="Of what points paid; without it all that is left.")
    reason: Annotated[Clean, Field(min_length=1, max_length=200)]
