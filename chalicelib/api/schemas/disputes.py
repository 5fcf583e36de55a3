"""Owns the bodies of disputes about statements."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.api.schemas.fields import COUNT_MAX, Day, Id
from chalicelib.services.strict import Clean, Strict, absent

Why = Annotated[Clean, Field(min_length=2, max_length=300)]


class OpenDispute(Strict):
    """Which line of which statement is wrong, and how."""

    store_id: Id
    on: Day
    line_no: Annotated[int, Field(ge=1, le=COUNT_MAX)]
    reason: Why


class DecideDispute(Strict):
    """`reject`, `take-back` what is left of the redemption or a part of it, or `adjust` the money by `fen`; and why."""

    action: Literal["reject", "take-back", "adjust"]
    reason: Why
    fen: Annotated[int, Field(ge=-10_000_000, le=10_000_000)] = absent(
        description="With `adjust`: positive is in the merchant's favour. With `take-back` of a charge: only this part."
    )
    points: Annotated[int, Field(ge=1, le=10_000_000)] = absent(
        description="With `take-back` of a voucher: only so many of its points."
    )
