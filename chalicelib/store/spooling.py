"""Owns a sorted pile of equally long records on disk, so that a night's leaves need no memory to be put in order.

Must not know what a record says. Records begin with a hash: spread evenly, 256 files each hold a 256th of them, which
is sorted in memory when its turn comes.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self


class Spool:
    """Records of `record_bytes` bytes in the order of their bytes. Use it in a `with` block, from one thread."""

    def __init__(self, record_bytes: int) -> None:
        self._record_bytes = record_bytes
        self._open = ExitStack()
        self.count = 0

    def __enter__(self) -> Self:
        """Make the temporary files."""
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="tanhui-leaves-")))
        self._piles = [self._open.enter_context((folder / f"{n:02x}").open("w+b")) for n in range(256)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Delete everything."""
        self._open.close()

    def add(self, record: bytes) -> None:
        """Put one record on the pile."""
        assert len(record) == self._record_bytes, "all records of a spool are equally long"
        self._piles[record[0]].write(record)
        self.count += 1

    def sorted_records(self) -> Iterator[bytes]:
        """Yield all records in order."""
        width = self._record_bytes
        for pile in self._piles:
            pile.seek(0)
            data = pile.read()
            yield from sorted(data[at : at + width] for at in range(0, len(data), width))
