"""Owns the bodies about corrections of past activities."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from chalicelib.api.schemas.fields import Day, Id
from chalicelib.services.strict import Clean, Strict

VERSION_MAX = 9999
_EXAMPLE: JsonDict = {
    "correction_id": "cor-2026-11-bicycle",
    "methodology_id": "shared-bicycle",
    "from_on": "2026-10-01",
    "to_on": "2026-10-31",
    "old_versions": [1],
    "new_version": 2,
    "reason": "第 1 版的因子高估了每公里减排量",
}
Version = Annotated[int, Field(ge=1, le=VERSION_MAX)]
Reason = Annotated[Clean, Field(min_length=4, max_length=500)]


class ProposeCorrection(Strict):
    """Activities of some days that shall count by another version, and why: the residents read the reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    correction_id: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_-]{12,40}$",
            description="Made by the client, never used before; the same again repeats the answer.",
        ),
    ]
    methodology_id: Id
    from_on: Day
    to_on: Day
    old_versions: list[Version] = Field(min_length=1, max_length=20)
    new_version: Version
    reason: Reason


class ApproveCorrection(Strict):
    """Which preview was seen: approved is what it shows, never another one."""

    preview_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="`preview.digest`.")]


class RejectCorrection(Strict):
    """Why a correction shall not run."""

    reason: Reason
