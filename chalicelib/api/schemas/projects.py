"""Owns the bodies with which operators register projects."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from chalicelib.api.schemas.fields import Day, Label
from chalicelib.services.strict import Strict

ROWS_MAX = 500
_EXAMPLE: JsonDict = {"assets": [{"kind": "charger", "number": "640104-0012-03"}]}
ProjectId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$", examples=["ccer-2026-0042"])]


class RegisterProject(Strict):
    """A project whose reductions are registered elsewhere, and for which period."""

    id: ProjectId
    name: Label
    registry: Label
    from_on: Day
    to_on: Day


class Asset(Strict):
    """One thing that a project claims, by its full and unique number."""

    kind: Literal["charger", "meter", "vehicle"]
    number: str = Field(pattern=r"^[0-9A-Za-z\u4e00-\u9fff_.-]{6,40}$")


class ClaimAssets(Strict):
    """One batch of a project's assets."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    assets: list[Asset] = Field(min_length=1, max_length=ROWS_MAX)
