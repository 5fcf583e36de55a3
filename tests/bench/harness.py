"""What all benchmarks share: an emulator of their own, counting of calls and write units, rows with their floors.

A benchmark prints ratios against the floor that its row names, both sides measured in turn in the same run.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.localstack import LocalStack

STAGE = "bench"
_WRITES = frozenset(
    ("UpdateItem", "PutItem", "BatchWriteItem", "TransactWriteItems", "DeleteItem", "BatchExecuteStatement")
)


@dataclass
class Row:
    """One measured figure and the bound it has to keep."""

    name: str
    value: float
    bound: float
    is_floor: bool
    note: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether the figure is within its bound."""
        return self.value >= self.bound if self.is_floor else self.value <= self.bound


@dataclass
class Table:
    """The rows measured so far."""

    rows: list[Row] = field(default_factory=list)

    def at_most(self, name: str, value: float, bound: float, note: str = "") -> None:
        """Add a figure that must not be above `bound`."""
        self._add(Row(name, value, bound, is_floor=False, note=note))

    def at_least(self, name: str, value: float, bound: float, note: str = "") -> None:
        """Add a figure that must not be below `bound`."""
        self._add(Row(name, value, bound, is_floor=True, note=note))

    def shown(self, name: str, value: float, note: str = "") -> None:
        """Print a figure that nothing bounds, for comparison."""
        print(f"     {name:<58} {value:>8.3f}          {note}", flush=True)

    def _add(self, row: Row) -> None:
        self.rows.append(row)
        sign = "≥" if row.is_floor else "≤"
        verdict = "ok  " if row.is_kept else "MISS"
        print(f"{verdict} {row.name:<58} {row.value:>8.3f} {sign} {row.bound:<6g} {row.note}", flush=True)


_emulator_pids: list[int] = []


@contextmanager
def emulator() -> Iterator[LocalStack]:
    """Run an emulator with empty tables and point this process at it."""
    with tempfile.TemporaryDirectory(prefix="tanhui-bench-") as folder:
        stack = LocalStack(Path(folder), port=0, enforce_iam=False, save_interval_s=86_400)
        stack.start()
        _emulator_pids.append(stack.emulator_pid)
        try:
            os.environ.update(stack.environment | {"TANHUI_STAGE": STAGE, "TANHUI_MASTER_SECRET": "b" * 40})
            os.environ["TANHUI_FILES_BUCKET"] = f"tanhui-{STAGE}-files"
            _create_everything()
            yield stack
        finally:
            _emulator_pids.pop()
            stack.stop()


def cpu_s() -> float:
    """Return the CPU seconds that this process and the emulator have used, to the nanosecond, all threads together."""
    tasks = Path(f"/proc/{_emulator_pids[-1]}/task").iterdir()
    of_emulator = sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    return time.process_time() + of_emulator


def _create_everything() -> None:
    import boto3

    from chalicelib.store.tables import MODELS

    for model in MODELS:
        model.create_table(wait=True)
    region = os.environ["AWS_REGION"]
    boto3.client("s3").create_bucket(
        Bucket=os.environ["TANHUI_FILES_BUCKET"], CreateBucketConfiguration={"LocationConstraint": region}
    )


@dataclass
class Meter:
    """Round trips and write units of the calls made while it is on."""

    calls: list[str] = field(default_factory=list)
    write_units: float = 0.0

    @contextmanager
    def on(self) -> Iterator["Meter"]:
        """Count, asking the database for the capacity each call consumed (its indexes included)."""
        from chalicelib.store.client import dynamodb

        events = dynamodb().meta.events
        events.register("provide-client-params.dynamodb.*", self._ask)
        events.register("after-call.dynamodb.*", self._count)
        try:
            yield self
        finally:
            events.unregister("provide-client-params.dynamodb.*", self._ask)
            events.unregister("after-call.dynamodb.*", self._count)

    def _ask(self, params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**params, "ReturnConsumedCapacity": "INDEXES"}

    def _count(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        self.calls.append(model.name)
        consumed = parsed.get("ConsumedCapacity", [])
        if model.name == "BatchExecuteStatement":
            # The emulator leaves out the index entry that each inserted sheet makes; the database charges it.
            self.write_units += sum("Error" not in one for one in parsed["Responses"])
        for one in [consumed] if isinstance(consumed, dict) else consumed:
            if model.name in _WRITES:
                self.write_units += one["CapacityUnits"]


def paired_cpu(
    ours: Callable[[int], Any], bare: Callable[[int], Any], runs: int, warmup: int = 30
) -> tuple[float, float]:
    """Return the median CPU microseconds of `ours` and of `bare`, run in turn."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(warmup + runs):
        for side, act in enumerate((ours, bare)):
            started = time.process_time_ns()
            act(number)
            if number >= warmup:
                taken[side].append((time.process_time_ns() - started) / 1000)
    return statistics.median(taken[0]), statistics.median(taken[1])


def paired_wall(
    ours: Callable[[int], Any], bare: Callable[[int], Any], runs: int, warmup: int = 20
) -> tuple[float, float]:
    """Return the median wall-clock microseconds of `ours` and of `bare`, run in turn."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(warmup + runs):
        for side, act in enumerate((ours, bare)):
            started = time.perf_counter_ns()
            act(number)
            if number >= warmup:
                taken[side].append((time.perf_counter_ns() - started) / 1000)
    return statistics.median(taken[0]), statistics.median(taken[1])


@contextmanager
def silenced() -> Iterator[None]:
    """Send what the product logs to nowhere, as a measured handler would fill the screen."""
    kept = sys.stdout
    with open(os.devnull, "w") as nowhere:
        sys.stdout = nowhere
        try:
            yield
        finally:
            sys.stdout = kept
