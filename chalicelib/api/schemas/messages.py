"""Owns the bodies about messages."""

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from chalicelib.services.strict import Strict

_EXAMPLE: JsonDict = {"channels": {"wechat-subscribe": ["points-expiring", "appeal-decided"]}}

MessageId = Annotated[
    str, Field(pattern=r"^[0-9]{8}T[0-9]{9}Z\.[A-Za-z0-9]{1,40}$", examples=["20261124T010000000Z.e12"])
]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{1,39}$")]


class ReadMessages(Strict):
    """The newest message that was seen."""

    up_to: MessageId


class PutPreferences(Strict):
    """The channels that are on, each with the kinds of messages it is wanted for; all others are off."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    channels: dict[Name, Annotated[list[Name], Field(max_length=40)]] = Field(max_length=10)
