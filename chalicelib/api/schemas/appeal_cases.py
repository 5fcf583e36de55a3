"""Owns the bodies about appeals that operators and regulators send: a question, a decision."""

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from chalicelib.api.schemas.fields import Id, NewId, Quantities
from chalicelib.services.strict import Clean, Strict, absent

_MESSAGE: JsonDict = {"message_id": "msg-0d9c4e7ab1f24b6f", "text": "请补充当天的乘车时间和线路。"}
_DECISION: JsonDict = {"decision": "uphold", "reason": "核对行程后成立"}


class AskOnAppeal(Strict):
    """What an operator asks the resident."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MESSAGE]})

    message_id: NewId
    text: Clean = Field(min_length=5, max_length=500)


class RecordMissing(Strict):
    """What is to be recorded of a missing behaviour."""

    inputs: Quantities
    evidence: Id


class DecideAppeal(Strict):
    """The decision and its reason, which the resident reads; `record` when a missing behaviour is upheld."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DECISION]})

    decision: Literal["uphold", "reject"]
    reason: Clean = Field(min_length=5, max_length=500)
    record: RecordMissing = absent()
