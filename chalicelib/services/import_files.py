"""Owns the first half of an import: the delivered file, checked against what was announced, into the sorter.

Must not look anybody up: numbers of cards and assets become digests here and go no further.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.domain.adapters import Adapter
from chalicelib.domain.tap_rows import Refusal, Row, read_rows
from chalicelib.errors import Refused
from chalicelib.keys import asset_digest, card_digest
from chalicelib.services.deliveries import Tally, batched
from chalicelib.store import files
from chalicelib.store.sorting import SortedRow, Sorter

LINES_MAX = 5_000_000
ROWS_PER_CARD_MAX = 1000
_BATCH_ROWS = 4096
_UNREADABLE = frozenset({"bad-encoding", "nul-byte", "unknown-kind", "wrong-column-count", "bad-quoting"})


def sort_file(announced: Mapping[str, Any], adapter: Adapter, sorter: Sorter) -> tuple[Tally, int]:
    """Read the file `announced` {key, size_bytes, sha256} into `sorter`.

    Returns what became of the lines that are decided already, and the number of rows still to be looked at. Raises
    Refused when the file as a whole is unusable or another one, NotFound `file-missing`.
    """
    base, rows_count = Tally(), 0
    content = _Content(files.read_chunks(announced["key"]))
    for batch in batched(read_rows(adapter, content.chunks()), _BATCH_ROWS):
        refusals = [one for one in batch if type(one) is Refusal]
        sorter.add_rows(_sorted_form(one) for one in batch if type(one) is Row)
        sorter.add_verdicts((one.line_no, one.outcome, one.reason, "") for one in refusals)
        base.lines.update(f"{one.outcome}/{one.reason}" for one in refusals)
        rows_count += len(batch) - len(refusals)
        if rows_count + base.lines_total > LINES_MAX:
            raise Refused("too-many-lines", "the file has too many lines", lines_max=LINES_MAX)
    content.check(announced["size_bytes"], announced["sha256"])
    if not rows_count:
        _check_not_empty(base)
        _check_readable(base)
    too_many = sorter.sort(ROWS_PER_CARD_MAX, ("rejected", "too-many-taps"))
    if too_many:
        base.count("rejected", "too-many-taps", too_many)
    return base, rows_count - too_many


class _Content:
    """The bytes of a file, counted and hashed as they pass."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._hash = hashlib.sha256()
        self._size_bytes = 0

    def chunks(self) -> Iterator[bytes]:
        """Yield the chunks on."""
        for chunk in self._chunks:
            self._hash.update(chunk)
            self._size_bytes += len(chunk)
            yield chunk

    def check(self, size_bytes: int, sha256: str) -> None:
        """Raise Refused `checksum-mismatch` unless this is the file that was announced."""
        if (self._size_bytes, self._hash.hexdigest()) != (size_bytes, sha256):
            detail = "the file is not the one that was announced"
            raise Refused(
                "checksum-mismatch", detail, size_bytes=self._size_bytes, sha256=self._hash.hexdigest()
            )


def _sorted_form(row: Row) -> SortedRow:
    asset = asset_digest(row.asset_no) if row.asset_no else ""
    card = card_digest(row.card_no)
    return card, row.at_epoch_s, row.line_no, row.role, row.kind_no, row.event, row.inputs, asset


def _check_not_empty(base: Tally) -> None:
    """Raise Refused `no-rows` when the file has no data line that is not blank."""
    if not base.lines.keys() - {"skipped/blank-line"}:
        raise Refused("no-rows", "文件没有数据行", lines=base.lines_total)


def _check_readable(base: Tally) -> None:
    """Raise Refused with the commonest reason when not one data line could be read as what the adapter describes."""
    reasons = {name.partition("/")[2]: count for name, count in base.lines.items()}
    reasons.pop("blank-line", None)
    if reasons and reasons.keys() <= _UNREADABLE:
        commonest = max(reasons, key=lambda reason: reasons[reason])
        code = "wrong-encoding" if commonest == "bad-encoding" else commonest
        raise Refused(code, "no line of the file could be read with this adapter", lines=base.lines_total)
