"""Owns the adapter document: how one partner's file is read, as data; its fields held against each other, compiled.

Must not read files or lines; `domain.tap_rows` does, by the `Adapter` that this module returns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.domain.canonical import digest_of
from chalicelib.domain.days import zone
from chalicelib.errors import InvalidInput

LINE_BYTES_MAX = 64 * 1024
RIDE, ENTRY, EXIT, IGNORED, STATIONLESS = range(5)
_ROLES = {"ride": RIDE, "trip-entry": ENTRY, "trip-exit": EXIT, "ignored": IGNORED}
_DIRECTIVES = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of row. `inputs` maps an input of the methodology to the column that holds it."""

    role: int
    methodology_id: str
    inputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TripRule:
    """How an entry and an exit of one card become a trip."""

    methodology_id: str
    minutes_max: int
    station_required: bool


@dataclass(frozen=True, slots=True)
class Adapter:
    """A checked adapter document. `columns` maps our names to header names, or to positions from 1 without header.

    `time_slices` are the (start, end) of year, month, day, hour, minute, second; `time_literals` the fixed
    characters by position. `kinds` by the value of column `kind`; without that column the only one, by "".
    """

    id: str
    digest: str
    encoding: str
    delimiter: str
    is_quoted: bool
    has_header: bool
    column_count: int
    columns: Mapping[str, str | int]
    time_slices: tuple[tuple[int, int], ...]
    time_literals: tuple[tuple[int, str], ...]
    time_chars: int
    tz: ZoneInfo
    kinds: Mapping[str, Kind]
    trip: TripRule | None
    event_id: tuple[str, ...]
    filters: tuple[tuple[str, frozenset[str]], ...]
    shifts_to_yesterday: bool
    line_bytes_max: int

    @property
    def methodology_ids(self) -> frozenset[str]:
        """Return every methodology that rows of this adapter can claim."""
        return frozenset(kind.methodology_id for kind in self.kinds.values() if kind.methodology_id)


def parse_adapter(document: Mapping[str, Any]) -> Adapter:
    """Return the adapter in a document of the right shape, which `services.adapter_documents` has checked.

    InvalidInput names every field that contradicts another, by its JSON pointer.
    """
    faults = _column_faults(document) + _kind_faults(document) + _time_faults(document["time"])
    if faults:
        raise InvalidInput(faults)
    trip = TripRule(**document["trip"]) if "trip" in document else None
    slices, literals, chars = _time_layout(document["time"]["format"])
    return Adapter(
        id=document["id"],
        digest=digest_of(document),
        encoding=document["encoding"],
        delimiter=document["delimiter"],
        is_quoted=document["quoting"] == "minimal",
        has_header=document["header"],
        column_count=document.get("column_count", 0),
        columns=document["columns"],
        time_slices=slices,
        time_literals=literals,
        time_chars=chars,
        tz=zone(document["time"]["zone"]),
        kinds={value: _parse_kind(fields, trip) for value, fields in document["kinds"].items()},
        trip=trip,
        event_id=tuple(document["event_id"]),
        filters=tuple((f["column"], frozenset(f["values"])) for f in document.get("filters", [])),
        shifts_to_yesterday=bool(document.get("date_shift")),
        line_bytes_max=document.get("line_bytes_max", 8192),
    )


def _parse_kind(fields: Mapping[str, Any], trip: TripRule | None) -> Kind:
    role = _ROLES[fields["as"]]
    methodology_id = fields.get("methodology_id", "")
    if role in (ENTRY, EXIT) and trip is not None:
        methodology_id = trip.methodology_id
    return Kind(role, methodology_id, fields.get("inputs", {}))


def _column_faults(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what is wrong between the columns, the header switch and the fields that name columns."""
    faults, columns = [], document["columns"]
    wanted = str if document["header"] else int
    for name, column in columns.items():
        if not isinstance(column, wanted):
            detail = "有表头时写列名" if document["header"] else "无表头时写列号，从 1 起"
            faults.append({"pointer": f"/columns/{name}", "detail": detail})
        elif isinstance(column, int) and column > document.get("column_count", 0):
            faults.append({"pointer": f"/columns/{name}", "detail": "超过 column_count"})
    if len(set(columns.values())) < len(columns):
        faults.append({"pointer": "/columns", "detail": "两个名字指向同一列"})
    named = [(f"/event_id/{i}", name) for i, name in enumerate(document["event_id"])]
    named += [(f"/filters/{i}/column", f["column"]) for i, f in enumerate(document.get("filters", []))]
    for value, fields in document["kinds"].items():
        named += [(f"/kinds/{value}/inputs/{i}", name) for i, name in fields.get("inputs", {}).items()]
    faults += [{"pointer": p, "detail": f"columns 里没有 {name}"} for p, name in named if name not in columns]
    if "trip" in document and document["trip"]["station_required"] and "station" not in columns:
        faults.append({"pointer": "/columns/station", "detail": "trip.station_required 需要这一列"})
    # A day's sheet knows its own events only: without the instant one event could be paid again on another day.
    if "at" not in document["event_id"]:
        faults.append({"pointer": "/event_id", "detail": "必须含 at：同一事件不能换一天再记"})
    return faults


def _kind_faults(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what is wrong with the kinds of rows: their column, their methodologies, the trip they need."""
    faults, kinds = [], document["kinds"]
    if not kinds:
        faults.append({"pointer": "/kinds", "detail": "至少一种"})
    if "kind" not in document["columns"] and set(kinds) != {""}:
        faults.append({"pointer": "/columns/kind", "detail": "缺少此列，或只写一种、值为空字符串"})
    roles = {fields["as"] for fields in kinds.values()}
    for value, fields in kinds.items():
        is_ride = fields["as"] == "ride"
        if is_ride != ("methodology_id" in fields):
            detail = "ride 需要方法学" if is_ride else "只有 ride 写方法学；出入站写在 trip 里"
            faults.append({"pointer": f"/kinds/{value}/methodology_id", "detail": detail})
        if "inputs" in fields and not is_ride:
            faults.append({"pointer": f"/kinds/{value}/inputs", "detail": "只有 ride 有输入"})
    if bool({"trip-entry", "trip-exit"} & roles) != ("trip" in document):
        faults.append({"pointer": "/trip", "detail": "有出入站时必写，没有时不写"})
    elif "trip" in document and not {"trip-entry", "trip-exit"} <= roles:
        faults.append({"pointer": "/kinds", "detail": "trip 需要 trip-entry 和 trip-exit 各至少一种"})
    return faults


def _time_faults(time: Mapping[str, str]) -> list[dict[str, str]]:
    faults = []
    if _time_layout(time["format"]) == ((), (), 0):
        detail = "须恰好各含一个 %Y %m %d %H %M（可加 %S），其余为固定字符"
        faults.append({"pointer": "/time/format", "detail": detail})
    try:
        zone(time["zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults.append({"pointer": "/time/zone", "detail": "没有这个时区"})
    return faults


def _time_layout(text: str) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, str], ...], int]:
    """Return where the parts of a fixed-width time stand, its literals, its length; all empty when it is no format."""
    where: dict[str, tuple[int, int]] = {}
    literals, position, index = [], 0, 0
    while index < len(text):
        directive = text[index : index + 2]
        if directive in _DIRECTIVES and directive not in where:
            where[directive] = (position, position + _DIRECTIVES[directive])
            position, index = position + _DIRECTIVES[directive], index + 2
        elif text[index] == "%" or (text[index].isalnum() and text[index] not in "TZ"):
            return (), (), 0
        else:
            literals.append((position, text[index]))
            position, index = position + 1, index + 1
    needed = [where.get(d) for d in _DIRECTIVES if d != "%S" or d in where]
    if None in needed:
        return (), (), 0
    return tuple(w for w in needed if w), tuple(literals), position
