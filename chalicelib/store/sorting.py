"""Owns the temporary sorted copy of one file's rows, on disk, so that no file is too long for the memory.

Must not hold the number of a card or an asset: rows arrive with digests. What is here is gone with the `Sorter`.
"""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

SortedRow = tuple[str, int, int, int, int, str, str, str]
_SETUP = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA cache_size = -4096;
CREATE TABLE arrived (
    card TEXT, at INTEGER, line INTEGER, role INTEGER, kind INTEGER, event TEXT, inputs TEXT, asset TEXT
);
CREATE TABLE row (
    card TEXT, at INTEGER, line INTEGER, role INTEGER, kind INTEGER, event TEXT, inputs TEXT, asset TEXT,
    PRIMARY KEY (card, at, line)
) WITHOUT ROWID;
CREATE TABLE verdict (line INTEGER PRIMARY KEY, outcome TEXT, reason TEXT, activity TEXT);
BEGIN;
"""
_SORT = """
INSERT INTO row SELECT * FROM arrived ORDER BY card, at, line;
DROP TABLE arrived;
BEGIN;
"""


class Sorter:
    """Rows by (card digest, instant, line) and verdicts by line. Use it in a `with` block, from one thread."""

    def __enter__(self) -> Self:
        """Make the temporary folder."""
        self._folder = tempfile.TemporaryDirectory(prefix="tanhui-import-")
        self._db = sqlite3.connect(Path(self._folder.name) / "rows.db", isolation_level=None)
        self._db.executescript(_SETUP)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Delete everything."""
        self._db.close()
        self._folder.cleanup()

    @property
    def folder(self) -> Path:
        """Return the temporary folder, for other files of the same life."""
        return Path(self._folder.name)

    def add_rows(self, rows: Iterable[SortedRow]) -> None:
        """Add rows (card digest, epoch s, line, role, kind, event, inputs, asset digest), before `sort`."""
        self._db.executemany("INSERT INTO arrived VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def add_verdicts(self, verdicts: Iterable[tuple[int, str, str, str]]) -> None:
        """Add verdicts (line, outcome, reason, activity id); a line's later verdict replaces the earlier."""
        self._db.executemany("INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?)", verdicts)

    def sort(self, rows_per_card_max: int, too_many: tuple[str, str]) -> int:
        """Sort the rows; those past the limit of their card become verdicts (outcome, reason). Return their number.

        The limit is what keeps one card of a broken file from filling the memory later.
        """
        self._db.executescript(_SORT)
        full = "SELECT card FROM row GROUP BY card HAVING COUNT(*) > ?"
        cards = self._db.execute(full, (rows_per_card_max,)).fetchall()
        changes = self._db.total_changes
        for (card,) in cards:
            lines = (
                f"SELECT line FROM row WHERE card = ? ORDER BY at, line LIMIT -1 OFFSET {rows_per_card_max:d}"
            )
            self._db.execute(
                f"INSERT OR REPLACE INTO verdict SELECT line, ?, ?, '' FROM ({lines})", (*too_many, card)
            )
        count = self._db.total_changes - changes
        if count:
            self._db.execute("DELETE FROM row WHERE line IN (SELECT line FROM verdict)")
        return count

    def rows_after(self, card_digest: str) -> Iterator[SortedRow]:
        """Yield the rows of all cards after `card_digest` ("" for all), by card, instant and line."""
        return self._db.execute(
            "SELECT card, at, line, role, kind, event, inputs, asset FROM row WHERE card > ? ORDER BY card, at, line",
            (card_digest,),
        )

    def verdicts(self) -> Iterator[tuple[int, str, str, str]]:
        """Yield all verdicts by line."""
        return self._db.execute("SELECT line, outcome, reason, activity FROM verdict ORDER BY line")

    def busiest_day(self, offset_s: int, seconds_per_day: int) -> int | None:
        """Return the day (number since 1970, `offset_s` east of UTC) with most rows, the earlier of two; or None."""
        found = self._db.execute(
            "SELECT (at + ?) / ? AS day FROM row GROUP BY day ORDER BY COUNT(*) DESC, day LIMIT 1",
            (offset_s, seconds_per_day),
        ).fetchone()
        return int(found[0]) if found else None
