"""Owns how the emulator's state reaches the disk whole: a new folder is written, then swapped for the old one.

Must not decide when; `infra.emulator` does. A kill at any moment leaves one complete snapshot.
"""

import fcntl
import logging
import os
import shutil
import signal
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from ministack import app as ministack_app
from ministack.core import persistence
from ministack.services import cloudformation, dynamodb, lambda_svc

SAVE_TIMEOUT_S = 300

logger = logging.getLogger("tanhui.snapshot")


def hold_lock(path: Path) -> IO[str]:
    """Return the open, locked file at `path`; the lock lasts until it is closed. Waits for an earlier holder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("w")
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def recover(data_dir: Path) -> None:
    """Put the previous snapshot back when a kill came between the two renames of a swap; drop half-written ones."""
    previous, coming = _siblings(data_dir)
    if not data_dir.exists() and previous.exists():
        previous.rename(data_dir)
    shutil.rmtree(previous, ignore_errors=True)
    shutil.rmtree(coming, ignore_errors=True)


def save(data_dir: Path, services: Mapping[str, Callable[[], Any]]) -> None:
    """Write the state of all `services` to a new folder and swap it with `data_dir`; OSError when one is not written.

    Keeps what the last snapshot holds of services that were not used since. Run it in a process that does nothing
    else: the services hand out their live state.
    """
    previous, coming = _siblings(data_dir)
    shutil.rmtree(coming, ignore_errors=True)
    persistence.STATE_DIR = str(coming)
    dynamodb.copy = types.SimpleNamespace(deepcopy=lambda value: value)
    _settle_stacks()
    code_in_use: list[set[str]] = []
    prune, lambda_svc._prune_orphan_code_blobs = lambda_svc._prune_orphan_code_blobs, code_in_use.append
    for name, get_state in services.items():
        state = get_state()
        if state is not None:
            persistence.save_state(name, state)
            if not (coming / f"{name}.json").exists():
                raise OSError(f"the state of {name} could not be written")
    for old in data_dir.glob("*.json"):
        if not (coming / old.name).exists():
            shutil.copy2(old, coming)
    if data_dir.exists():
        data_dir.rename(previous)
    coming.rename(data_dir)
    shutil.rmtree(previous, ignore_errors=True)
    for references in code_in_use:
        prune(references)


def _settle_stacks() -> None:
    """Record a stack whose work this snapshot cuts off as failed: in another process nobody would go on with it."""
    for stack in cloudformation._stacks._data.values():
        if stack["StackStatus"].endswith("_IN_PROGRESS"):
            # An application's stack is made anew then; one with data is updated again.
            again = stack["StackStatus"].startswith("UPDATE") and stack["StackName"].endswith("-data")
            stack["StackStatus"] = "UPDATE_ROLLBACK_COMPLETE" if again else "CREATE_FAILED"


def save_on_shutdown(data_dir: Path) -> None:
    """Make the emulator's own save at shutdown a whole-folder swap, out of reach of its still running threads."""

    def save_all(_services: object) -> None:
        if not wait_for(fork_and_save(data_dir)):
            logger.error("the state could not be saved; the last snapshot is kept")

    ministack_app.save_all = save_all


def fork_and_save(data_dir: Path) -> int:
    """Save from a forked copy of this process, so that requests go on meanwhile; return the child's pid.

    The copy sees the memory as it was at the fork: a consistent snapshot for the price of copied pages.
    """
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # A lock that another thread held at the fork stays locked here for ever: give up rather than hang.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(SAVE_TIMEOUT_S)
        save(data_dir, ministack_app._build_persistence_save_dict())
        os._exit(0)
    except BaseException:
        logger.exception("saving failed")
        os._exit(1)


def wait_for(child_pid: int) -> bool:
    """Return whether the saving child ended well; blocks until it ended."""
    return os.waitpid(child_pid, 0)[1] == 0


def _siblings(data_dir: Path) -> tuple[Path, Path]:
    return data_dir.with_name(data_dir.name + ".previous"), data_dir.with_name(data_dir.name + ".coming")
