"""Owns the bodies of appeals: what a resident objects to, and what an operator decides."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from chalicelib.api.schemas.fields import COUNT_MAX, Id, NewId
from chalicelib.services.strict import Clean, Strict, absent

_EXAMPLE: JsonDict = {
    "appeal_id": "apl-0d9c4e7ab1f24b6f",
    "activity_id": "20261120-w4B90ascpLLLCP1H",
    "text": "这两次乘车不是同一次，中间我下车办事。",
}


class OpenAppeal(Strict):
    """An objection to one activity or one entry: exactly one of them is named."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    appeal_id: NewId
    text: Clean = Field(min_length=5, max_length=500)
    activity_id: Id = absent()
    entry_seq: Annotated[int, Field(ge=1, le=COUNT_MAX)] = absent()


class DecideAppeal(Strict):
    """The decision and its reason, which the resident reads."""

    decision: Literal["uphold", "reject"]
    reason: Clean = Field(min_length=5, max_length=500)
