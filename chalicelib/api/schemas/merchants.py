"""Owns the bodies with which operators decide about merchants in force."""

from typing import Literal

from pydantic import Field

from chalicelib.api.schemas.fields import Day, Instant
from chalicelib.api.schemas.merchant_fields import EnterStaff, Reason
from chalicelib.services.strict import Strict, absent

__all__ = ["Closing", "EnterStaff", "Reinstate", "RenewContract"]


class RenewContract(Strict):
    """The days, both included, on which a merchant may give anything new."""

    contract_from: Day
    contract_to: Day


class Closing(Strict):
    """A suspension or a leaving: from when, why, and what becomes of vouchers that are open."""

    reason: Reason
    notice: Reason = Field(description="What residents are told.")
    open_vouchers: Literal["honour", "release"]
    from_at: Instant = absent(description="At once if absent or past.")


class Reinstate(Strict):
    """Why a suspension ends."""

    reason: Reason
