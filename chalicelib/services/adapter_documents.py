"""Owns the shape of adapter documents, checked once, when an operator enters one.

An import reads the stored document by `domain.adapters` alone, without this module and without pydantic.
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from chalicelib.domain.adapters import LINE_BYTES_MAX, Adapter, parse_adapter
from chalicelib.errors import InvalidInput
from chalicelib.services.strict import Clean, Strict, absent, faults_of

Name = Annotated[Clean, Field(min_length=1, max_length=64)]
OurName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
MethodologyId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,47}$")]
Column = Name | Annotated[int, Field(ge=1)]


class AdapterColumns(Strict):
    """Where our fields stand: column names, or without header their numbers from 1."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Column]

    card: Column
    at: Column


class AdapterTime(Strict):
    """How the time of a row is written."""

    format: Name
    zone: Name


class AdapterKind(Strict):
    """What a row of one kind is; `inputs` maps inputs of the methodology to our columns."""

    role: Literal["ride", "trip-entry", "trip-exit", "ignored"] = Field(alias="as")
    methodology_id: MethodologyId = absent()
    inputs: dict[Clean, OurName] = absent()


class AdapterTrip(Strict):
    """How an entry and an exit of one card become a trip."""

    methodology_id: MethodologyId
    minutes_max: int = Field(ge=1, le=1440)
    station_required: bool


class AdapterFilter(Strict):
    """Rows are read only where this column holds one of these values."""

    column: OurName
    values: list[Clean] = Field(min_length=1, max_length=100)


class AdapterDateShift(Strict):
    """For demonstrations: every row is moved by whole days."""

    to: Literal["yesterday"]


class AdapterDocument(Strict):
    """How a partner's file is read: encoding, columns, time, which rows are rides or trips."""

    id: MethodologyId
    encoding: Literal["utf-8", "utf-8-sig", "gb18030"]
    delimiter: Literal[",", ";", "\t", "|"]
    quoting: Literal["minimal", "none"]
    header: bool
    column_count: int = absent(ge=2, le=200)
    columns: AdapterColumns
    time: AdapterTime
    kinds: dict[Clean, AdapterKind]
    trip: AdapterTrip = absent()
    event_id: list[OurName] = Field(min_length=1, max_length=8)
    filters: list[AdapterFilter] = absent(max_length=8)
    date_shift: AdapterDateShift | None = absent()
    line_bytes_max: int = absent(ge=64, le=LINE_BYTES_MAX)


def check_adapter(document: Any) -> Adapter:
    """Return the adapter in a document from outside; InvalidInput naming every wrong field by its JSON pointer."""
    faults = faults_of(AdapterDocument, document)
    if faults:
        raise InvalidInput(faults)
    return parse_adapter(document)
