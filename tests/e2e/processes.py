"""The processes of one stack's functions, told apart from those of every other stack on the machine."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path


def kill_function(emulator_pid: int, function: str) -> int:
    """Kill the processes that run `function` below `emulator_pid`; return how many there were."""
    mark = f"AWS_LAMBDA_FUNCTION_NAME=tanhui-local-{function}".encode()
    killed = 0
    for pid in list(descendants_of(emulator_pid)):
        try:
            if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    return killed


def descendants_of(pid: int) -> Iterator[int]:
    """Yield the children of a process, their children, and so on."""
    parents = _parents_by_pid()
    found, frontier = set(), {pid}
    while frontier:
        frontier = {child for child, parent in parents.items() if parent in frontier} - found
        found |= frontier
    yield from sorted(found)


def _parents_by_pid() -> dict[int, int]:
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name in parentheses may hold anything; after it come the state and the parent.
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(folder.name)] = int(fields[1])
    return parents
