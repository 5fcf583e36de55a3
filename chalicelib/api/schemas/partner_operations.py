"""Owns the bodies with which operators look after data partners."""

from pydantic import Field

from chalicelib.api.schemas.fields import Day, Id, Label, PartnerId
from chalicelib.services.adapter_documents import AdapterDocument
from chalicelib.services.strict import Clean, Strict

__all__ = ["AdapterDocument", "RegisterPartner", "RequestBackfill"]


class RegisterPartner(Strict):
    """A data partner, what it may claim, and how its files are read."""

    id: PartnerId
    name: Label
    accreditation: Clean = Field(min_length=1, max_length=500)
    methodologies: list[Id] = Field(min_length=1, max_length=50)
    adapter: AdapterDocument


class RequestBackfill(Strict):
    """Past days to open again for one partner, and why."""

    partner_id: PartnerId
    from_on: Day
    to_on: Day
    reason: Clean = Field(min_length=5, max_length=500)
