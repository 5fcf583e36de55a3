"""Owns the bodies about a resident's vouchers."""

from pydantic import ConfigDict
from pydantic.config import JsonDict

from chalicelib.api.schemas.fields import Id, NewId
from chalicelib.services.strict import Strict

_EXAMPLE: JsonDict = {"redemption_id": "5b7e1f0c9a3d4e8f", "offer_id": "coat-cleaning"}


class TakeVoucher(Strict):
    """Which offer, under which id of the client's own."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    redemption_id: NewId
    offer_id: Id
