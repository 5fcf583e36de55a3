"""Owns the bodies about transit cards."""

from pydantic import Field

from chalicelib.services.strict import Strict


class BindCard(Strict):
    """The card as it is printed."""

    card_no: str = Field(pattern=r"^[0-9A-Za-z]{8,24}$", examples=["CBHGDEJAB"])
