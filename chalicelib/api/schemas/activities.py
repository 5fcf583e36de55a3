"""Owns the bodies about a resident's activities."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from chalicelib.api.schemas.fields import Id, Instant, NewId, Quantities
from chalicelib.services.strict import Strict, absent

_EXAMPLE: JsonDict = {
    "event_id": "20261120-0d9c4e7ab1f24b6f",
    "methodology_id": "own-cup",
    "occurred_at": "2026-11-20T08:30:00+08:00",
    "inputs": {},
}


class DeclareActivity(Strict):
    """What a resident says they did."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    event_id: Annotated[
        NewId, Field(description="Made by the client; begins with the day of `occurred_at`, YYYYMMDD.")
    ]
    methodology_id: Id
    occurred_at: Instant
    inputs: Quantities = Field(
        description="Whole numbers by name, units last; `{}` when the methodology counts occurrences."
    )
    photo_id: Id = absent(description="From `POST /v1/me/photos` for the same event, once it is uploaded.")
