"""Owns the bodies of verification."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from chalicelib.api.schemas.fields import Day, Id, PartnerId
from chalicelib.domain.verifying import SAMPLE_MAX
from chalicelib.services.strict import Clean, Strict, absent

_EXAMPLE: JsonDict = {
    "batch_id": "clothes-2026-11-w47",
    "methodology_id": "clothes-return",
    "source": "huishou",
    "from_on": "2026-11-16",
    "to_on": "2026-11-22",
    "sample_size": 30,
}
BatchId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]{8,36}$",
        description="Made by the client, never used before; the same again repeats the answer.",
    ),
]


class DecidePending(Strict):
    """What a verifier decides about one activity, and why."""

    pending_id: str = Field(pattern=r"^[A-Za-z0-9_-]{20,400}$")
    decision: Literal["confirm", "reject"]
    note: Annotated[Clean, Field(max_length=200)] = absent()


class OpenBatch(Strict):
    """Which activities are judged together, and how many of them are looked at."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    batch_id: BatchId
    methodology_id: Id
    source: PartnerId
    from_on: Day
    to_on: Day
    sample_size: int = Field(ge=1, le=SAMPLE_MAX)


class JudgeSample(Strict):
    """Whether one activity of the sample is as it was delivered."""

    result: Literal["ok", "not-ok"]
    note: Annotated[Clean, Field(max_length=200)] = absent()


class WithdrawBatch(Strict):
    """Why a batch is given up before anybody looked at it."""

    reason: Clean = Field(min_length=5, max_length=500)


class RejectBatch(Strict):
    """Why a batch is not credited."""

    reason: Clean = Field(min_length=5, max_length=500)
