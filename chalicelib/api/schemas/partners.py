"""Owns the bodies that data partners send."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from chalicelib.api.schemas.fields import Id, Instant, Quantities
from chalicelib.services.strict import Clean, Strict, absent

ROWS_MAX = 500
_EVENT_ID = r"^[0-9]{8}[^\x00-\x08\x0b-\x1f\x7f]*$"
_ROW: JsonDict = {
    "event_id": "20261120-231017343-000017",
    "card_no": "CBHGDEJAB",
    "methodology_id": "szt-bus-ride",
    "occurred_at": "2026-11-20T08:30:00+08:00",
    "inputs": {},
}


class PartnerActivity(Strict):
    """One behaviour of the holder of a card."""

    event_id: str = Field(
        pattern=_EVENT_ID,
        max_length=100,
        description="Unique with you; begins with the city's day of `occurred_at`, YYYYMMDD.",
        examples=["20261120-231017343-000017"],
    )
    card_no: str = Field(pattern=r"^[0-9A-Za-z]{4,32}$", examples=["CBHGDEJAB"])
    methodology_id: Id
    occurred_at: Instant
    inputs: Quantities = Field(description="Whole numbers by name, units last; `{}` for a ride.")
    ended_at: Annotated[Instant, Field(description="When it ended, at most a day later.")] = absent()
    asset_no: str = absent(
        pattern=r"^[0-9A-Za-z\u4e00-\u9fff_.-]{1,40}$",
        description="Number of the charger, meter or vehicle; kept as a keyed digest only.",
    )


class SubmitActivities(Strict):
    """A batch of behaviours."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rows": [_ROW]}]})

    rows: list[PartnerActivity] = Field(min_length=1, max_length=ROWS_MAX)


class AnnounceFile(Strict):
    """A file that will be uploaded."""

    file_name: Clean = Field(min_length=1, max_length=100, examples=["taps-2026-11-20.csv"])
    size_bytes: int = Field(ge=1, le=2 * 1024**3)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    backfill_id: Id = absent()
