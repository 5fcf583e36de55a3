"""Owns the kinds of fields that several bodies share."""

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from chalicelib.domain.charge_terms import BILL_FEN_MAX
from chalicelib.domain.days import parse_day, parse_instant
from chalicelib.services.strict import Clean

COUNT_MAX = 1_000_000_000


def _as_instant(text: str) -> str:
    try:
        parse_instant(text)
    except ValueError:
        raise PydanticCustomError("instant", "String should be an RFC 3339 instant with its offset") from None
    return text


def _as_day(text: str) -> str:
    try:
        parse_day(text)
    except ValueError:
        raise PydanticCustomError("day", "String should be a day, YYYY-MM-DD") from None
    return text


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
NewId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]{12,64}$",
        description="Made by the client, never used before; the same again repeats the answer.",
    ),
]
PartnerId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,19}$", examples=["szt"])]
Instant = Annotated[
    str,
    AfterValidator(_as_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-20T08:30:00+08:00"]}),
]
Day = Annotated[
    str,
    AfterValidator(_as_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-11-20"]}),
]
Amount = Annotated[
    int | float,
    WithJsonSchema(
        {
            "type": "integer",
            "minimum": 1,
            "maximum": BILL_FEN_MAX,
            "description": "Fen. Anything else is refused by name: amount-not-whole, -not-positive, -too-large.",
        }
    ),
]
Label = Annotated[Clean, Field(min_length=1, max_length=60)]
_QUANTITY = {"type": "integer", "minimum": 0, "maximum": COUNT_MAX}
Quantities = Annotated[
    dict[Clean, Annotated[int, Field(ge=0, le=COUNT_MAX)]],
    WithJsonSchema({"type": "object", "additionalProperties": _QUANTITY}),
]
