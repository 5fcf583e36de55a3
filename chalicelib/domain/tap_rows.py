"""Owns the reading of a partner's file: bytes in, by its adapter, typed rows and refusals out, one per data line.

Must not decide what a row is worth, nor look at other rows: `domain.trips` does.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from chalicelib.domain.adapters import ENTRY, EXIT, IGNORED, STATIONLESS, Adapter, Kind
from chalicelib.domain.csv_lines import field_splitter, split_lines
from chalicelib.errors import Refused

CARD_CHARS_MAX = 32
QUANTITY_DIGITS_MAX = 12
_BOM = b"\xef\xbb\xbf"
_ASSET_NO = re.compile(r"[0-9A-Za-z\u4e00-\u9fff_.-]{1,40}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,6})?")
_ISO_SLICES = ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))


class Row(NamedTuple):
    """One usable line. `event` tells the rows of one card apart and is the same in every delivery."""

    line_no: int
    card_no: str
    at_epoch_s: int
    role: int
    kind_no: int
    event: str
    inputs: str
    asset_no: str = ""


class Refusal(NamedTuple):
    """One line that cannot be used: `rejected` (broken) or `skipped` (not meant for us), and why."""

    line_no: int
    outcome: str
    reason: str


def read_rows(adapter: Adapter, chunks: Iterable[bytes]) -> Iterator[Row | Refusal]:
    """Yield what each data line of the file is, in order; memory does not grow with the file.

    Raises Refused `empty-file`, `wrong-encoding` or `wrong-header` when the file as a whole cannot be read.
    """
    lines = split_lines(chunks, adapter.line_bytes_max)
    first = next(lines, None)
    if first is None:
        raise Refused("empty-file", "文件是空的")
    number, line = first
    if line is not None and adapter.encoding == "utf-8-sig":
        line = line.removeprefix(_BOM)
    if adapter.has_header:
        read = _row_reader(adapter, *_columns_of_header(adapter, line))
    else:
        columns = {name: int(position) - 1 for name, position in adapter.columns.items()}
        read = _row_reader(adapter, columns, adapter.column_count)
        yield read(number, line)
    for number, line in lines:
        yield read(number, line)


def _columns_of_header(adapter: Adapter, line: bytes | None) -> tuple[dict[str, int], int]:
    """Return the position of each of our columns and the number of columns; Refused when the header is not ours."""
    if line is None:
        raise Refused("wrong-header", "表头超长", line_bytes_max=adapter.line_bytes_max)
    try:
        text = line.decode(_codec(adapter))
    except UnicodeDecodeError:
        raise Refused(
            "wrong-encoding", f"表头不是 {adapter.encoding} 编码", encoding=adapter.encoding
        ) from None
    if "\r" in text:
        raise Refused("wrong-header", "行须以 LF 或 CRLF 结尾，文件只用了 CR")
    names = field_splitter(adapter.delimiter, adapter.is_quoted)(text) or []
    found = {ours: names.index(str(theirs)) for ours, theirs in adapter.columns.items() if theirs in names}
    missing = sorted(str(theirs) for theirs in adapter.columns.values() if theirs not in names)
    repeated = sorted({str(theirs) for theirs in adapter.columns.values() if names.count(str(theirs)) > 1})
    if missing or repeated:
        hint = "；文件带有 BOM，编码应写 utf-8-sig" if text.startswith("\ufeff") else ""
        detail = f"表头缺少列 {missing}" if missing else f"表头列名重复 {repeated}"
        raise Refused("wrong-header", detail + hint, columns_missing=missing, columns_repeated=repeated)
    return found, len(names)


def _codec(adapter: Adapter) -> str:
    return "gb18030" if adapter.encoding == "gb18030" else "utf-8"


LineReader = Callable[[int, bytes | None], Row | Refusal]


def _row_reader(adapter: Adapter, columns: Mapping[str, int], column_count: int) -> LineReader:
    """Return the function from one line to its row or refusal; everything that can be looked up once is."""
    codec, split = _codec(adapter), field_splitter(adapter.delimiter, adapter.is_quoted)
    filters = [(columns[name], values) for name, values in adapter.filters]
    read_fields = _fields_reader(adapter, columns)

    def read(line_no: int, line: bytes | None) -> Row | Refusal:
        if line is None:
            return Refusal(line_no, "rejected", "line-too-long")
        try:
            text = line.decode(codec)
        except UnicodeDecodeError:
            return Refusal(line_no, "rejected", "bad-encoding")
        if "\0" in text:
            return Refusal(line_no, "rejected", "nul-byte")
        if not text or text.isspace():
            return Refusal(line_no, "skipped", "blank-line")
        fields = split(text)
        if fields is None:
            return Refusal(line_no, "rejected", "bad-quoting")
        if len(fields) != column_count:
            return Refusal(line_no, "rejected", "wrong-column-count")
        for position, values in filters:
            if fields[position] not in values:
                return Refusal(line_no, "skipped", "filtered")
        return read_fields(line_no, fields)

    return read


def _fields_reader(
    adapter: Adapter, columns: Mapping[str, int]
) -> Callable[[int, Sequence[str]], Row | Refusal]:
    """Return the function from the fields of one line to its row or refusal."""
    kinds = {value: (no, kind) for no, (value, kind) in enumerate(adapter.kinds.items())}
    needs_station = adapter.trip is not None and adapter.trip.station_required
    card_at, time_at = columns["card"], columns["at"]
    kind_at, station_at, asset_at = columns.get("kind"), columns.get("station"), columns.get("asset")
    fault_of = _fault_reader(columns.get("amount"), asset_at)
    epoch_s, event_of = _epoch_reader(adapter), _event_reader(adapter, columns)

    def read(line_no: int, fields: Sequence[str]) -> Row | Refusal:
        found = kinds.get(fields[kind_at] if kind_at is not None else "")
        if found is None:
            return Refusal(line_no, "rejected", "unknown-kind")
        kind_no, kind = found
        role = kind.role
        if role == IGNORED:
            return Refusal(line_no, "skipped", "filtered")
        card_no = fields[card_at].strip()
        if not 0 < len(card_no) <= CARD_CHARS_MAX:
            return Refusal(line_no, "rejected", "bad-card")
        at_epoch_s = epoch_s(fields[time_at])
        if at_epoch_s is None:
            return Refusal(line_no, "rejected", "bad-time")
        reason = fault_of(fields)
        if reason:
            return Refusal(line_no, "rejected", reason)
        inputs = _inputs_of(kind, fields, columns) if kind.inputs else ""
        if inputs is None:
            return Refusal(line_no, "rejected", "bad-quantity")
        asset_no = fields[asset_at].strip() if asset_at is not None else ""
        if needs_station and role in (ENTRY, EXIT) and not fields[station_at or 0].strip():
            role = STATIONLESS
        return Row(
            line_no, card_no, at_epoch_s, role, kind_no, event_of(at_epoch_s, fields), inputs, asset_no
        )

    return read


def _fault_reader(amount_at: int | None, asset_at: int | None) -> Callable[[Sequence[str]], str | None]:
    """Return the function from the fields of a line to what is wrong with its amount or its asset, or None."""

    def fault(fields: Sequence[str]) -> str | None:
        if amount_at is not None and not _is_digits(fields[amount_at]):
            reason = _amount_fault(fields[amount_at])
            if reason:
                return reason
        if asset_at is not None:
            asset_no = fields[asset_at].strip()
            return None if not asset_no or _ASSET_NO.fullmatch(asset_no) else "bad-asset"
        return None

    return fault


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _amount_fault(text: str) -> str | None:
    """Return what is wrong with an amount of money that is not plain digits, or None."""
    if not _NUMBER.fullmatch(text):
        return "bad-amount"
    return "negative-amount" if text.startswith("-") and text.strip("-0.") else None


def _inputs_of(kind: Kind, fields: Sequence[str], columns: Mapping[str, int]) -> str | None:
    """Return the quantities of one row as `name=value` joined by `,`; None when one is no whole number."""
    parts = []
    for name, column in kind.inputs.items():
        text = fields[columns[column]]
        if not _is_digits(text) or len(text) > QUANTITY_DIGITS_MAX:
            return None
        parts.append(f"{name}={int(text)}")
    return ",".join(parts)


def parse_inputs(text: str) -> dict[str, int]:
    """Return the quantities of a row, e.g. `{"distance_m": 5200}`.

    >>> parse_inputs("distance_m=5200")
    {'distance_m': 5200}
    >>> parse_inputs("")
    {}
    """
    if not text:
        return {}
    return {name: int(value) for name, value in (part.split("=") for part in text.split(","))}


def _event_reader(adapter: Adapter, columns: Mapping[str, int]) -> Callable[[int, Sequence[str]], str]:
    """Return the function that names a row within its card, independent of how a delivery spells the time.

    Different parts never give the same name: the separator is escaped within them.
    """
    positions = [columns[name] for name in adapter.event_id if name not in ("card", "at")]
    has_time = "at" in adapter.event_id

    def read(at_epoch_s: int, fields: Sequence[str]) -> str:
        parts = [fields[p].replace("\\", "\\\\").replace("|", "\\|") for p in positions]
        if has_time:
            parts.append(str(at_epoch_s))
        return "|".join(parts)

    return read


def _epoch_reader(adapter: Adapter) -> Callable[[str], int | None]:
    """Return the function from a time in the adapter's format and zone to epoch seconds; None when it is none."""
    characters_of = _characters_at([position for position, _ in adapter.time_literals])
    characters = tuple(character for _, character in adapter.time_literals)
    parts_of = itemgetter(*(slice(*bounds) for bounds in adapter.time_slices))
    template = "{}-{}-{}T{}:{}:{}" if len(adapter.time_slices) == 6 else "{}-{}-{}T{}:{}:00"
    is_iso = adapter.time_slices == _ISO_SLICES
    tz, chars = adapter.tz, adapter.time_chars

    def read(text: str) -> int | None:
        if len(text) != chars or characters_of(text) != characters:
            return None
        try:
            iso = text if is_iso else template.format(*parts_of(text))
            return int(datetime.fromisoformat(iso).replace(tzinfo=tz).timestamp())
        except (ValueError, OverflowError):
            return None

    return read


def _characters_at(positions: Sequence[int]) -> Callable[[str], tuple[str, ...]]:
    """Return the function from a text to its characters at `positions`; the text is long enough."""
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda text: tuple(text[position] for position in positions)
