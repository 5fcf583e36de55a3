"""Owns the bodies about photos."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from chalicelib.api.schemas.fields import NewId
from chalicelib.domain.photos import PHOTO_BYTES_MAX
from chalicelib.services.strict import Strict

_EXAMPLE: JsonDict = {
    "event_id": "20261120-0d9c4e7ab1f24b6f",
    "content_type": "image/jpeg",
    "size_bytes": 482113,
}


class RequestPhoto(Strict):
    """The photo that will be uploaded, and the event it belongs to."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    event_id: Annotated[NewId, Field(description="That of the declaration to come.")]
    content_type: Literal["image/jpeg", "image/png", "image/webp"]
    size_bytes: int = Field(ge=1, le=PHOTO_BYTES_MAX)
