"""Owns the bodies of what a manager does about the tills."""

from typing import Annotated

from pydantic import Field

from chalicelib.api.schemas.fields import Label
from chalicelib.services.strict import Clean, Strict


class AddMerchantCode(Strict):
    """A code for a till, or for the whole store."""

    label: Label


class SettleConflict(Strict):
    """What was done about a voucher scanned offline that did not go through."""

    note: Annotated[Clean, Field(min_length=1, max_length=400)]
