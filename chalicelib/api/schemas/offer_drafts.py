"""Owns the bodies with which merchants draft and end their offers."""

from typing import Literal

from pydantic import Field

from chalicelib.api.schemas.offer_fields import Kind, OfferFields
from chalicelib.services.pictures import SIZE_MAX_BYTES
from chalicelib.services.strict import Clean, Strict


class DraftOffer(OfferFields):
    """An offer, or the next version of one: the whole of it."""

    kind: Kind


class Reason(Strict):
    """Why, in words that the other side reads."""

    reason: Clean = Field(min_length=2, max_length=300)


class AskForPicture(Strict):
    """A picture that will be uploaded."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    media: Literal["image/jpeg", "image/png", "image/webp"]
    size_bytes: int = Field(ge=1, le=SIZE_MAX_BYTES)
