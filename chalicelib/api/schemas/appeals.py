"""Owns the bodies of appeals: what a resident objects to, and what they add."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from chalicelib.api.schemas.fields import COUNT_MAX, Id, Instant, NewId
from chalicelib.domain.appeals import PHOTOS_MAX
from chalicelib.domain.photos import PHOTO_BYTES_MAX
from chalicelib.services.strict import Clean, Strict, absent

_EXAMPLE: JsonDict = {
    "appeal_id": "apl-0d9c4e7ab1f24b6f",
    "activity_id": "20261120-w4B90ascpLLLCP1H",
    "text": "这两次乘车不是同一次，中间我下车办事。",
}
_MESSAGE: JsonDict = {"message_id": "msg-0d9c4e7ab1f24b6f", "text": "这是当天的乘车截图。"}
_PHOTO: JsonDict = {
    "photo_id": "pho-0d9c4e7ab1f24b6f",
    "content_type": "image/jpeg",
    "size_bytes": 240_000,
}
Photos = Annotated[
    list[Id],
    Field(max_length=PHOTOS_MAX, description="From `POST /v1/me/appeal-photos`, once they are uploaded."),
]


class MissingBehaviour(Strict):
    """A behaviour that the resident cannot find among their records: which, and about when."""

    methodology_id: Id
    occurred_at: Instant


class OpenAppeal(Strict):
    """An objection to one activity or one entry, or a behaviour that is missing: exactly one of them is named."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    appeal_id: NewId
    text: Clean = Field(min_length=5, max_length=500)
    activity_id: Id = absent()
    entry_seq: Annotated[int, Field(ge=1, le=COUNT_MAX)] = absent()
    missing: MissingBehaviour = absent()
    photos: Photos = absent()


class RequestAppealPhoto(Strict):
    """The photo that will be uploaded for an appeal."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PHOTO]})

    photo_id: NewId
    content_type: Literal["image/jpeg", "image/png", "image/webp"]
    size_bytes: int = Field(ge=1, le=PHOTO_BYTES_MAX)


class SayOnAppeal(Strict):
    """What a resident adds to an appeal, or answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MESSAGE]})

    message_id: NewId
    text: Clean = Field(min_length=1, max_length=500)
    photos: Photos = absent()
