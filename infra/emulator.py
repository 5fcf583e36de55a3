"""Owns the process of the local AWS emulator: ministack, mended where it differs from AWS, saving its state.

Run by `infra.localstack` as `python -m infra.emulator` with the interpreter of `.venv-stack`; not for import elsewhere.
Must not know the application: what is deployed into it is the business of `infra.deploy`.
"""

import asyncio
import logging
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack_app

from infra import emulator_mends, origin, snapshot

SAVE_INTERVAL_S = 60.0
# Requests of these kinds change nothing, so a stack that only answers them need not be saved again.
_READING_VERBS = ("Get", "BatchGet", "Describe", "List", "Query", "Scan", "Head", "TransactGet")

logger = logging.getLogger("tanhui.emulator")


class ChangeCounter:
    """ASGI middleware that counts the requests which may have changed the stored state."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.changes = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on and count it when it may write."""
        if scope["type"] == "http" and _may_write(scope["method"], dict(scope["headers"])):
            self.changes += 1
        await self._inner(scope, receive, send)


def _may_write(method: str, headers: dict[bytes, bytes]) -> bool:
    target = headers.get(b"x-amz-target", b"").decode("latin-1").rpartition(".")[2]
    if target:
        return not target.startswith(_READING_VERBS)
    return method not in ("GET", "HEAD", "OPTIONS")


async def _save_when_changed(counter: ChangeCounter, data_dir: Path, interval_s: float) -> None:
    """Write a snapshot every `interval_s` seconds in which something changed, without holding requests up."""
    saved = counter.changes
    while True:
        await asyncio.sleep(interval_s)
        if counter.changes == saved:
            continue
        changes_before = counter.changes
        child_pid = snapshot.fork_and_save(data_dir)
        if await asyncio.to_thread(snapshot.wait_for, child_pid):
            saved = changes_before
        else:
            logger.warning("the snapshot failed; trying again in %.0f s", interval_s)


def _stop_when_orphaned(parent_pid: int) -> None:
    """Ask this process to stop, saving, as soon as the process that started it is gone."""
    while os.getppid() == parent_pid:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


async def _run(gateway_port: int, origin_port: int, data_dir: Path, interval_s: float) -> None:
    counter = ChangeCounter(ministack_app.app)
    config = Config()
    config.bind = [f"127.0.0.1:{gateway_port}", f"127.0.0.1:{origin_port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 2
    config.loglevel = "WARNING"
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    saver = asyncio.create_task(_save_when_changed(counter, data_dir, interval_s))
    application = origin.Origin(counter, origin_port, origin.Settings.from_environment(os.environ))
    await serve(application, config, shutdown_trigger=stopping.wait)
    saver.cancel()


def main() -> None:
    """Serve the emulator and the origin until SIGTERM, then save."""
    data_dir = Path(os.environ["STATE_DIR"])
    lock = snapshot.hold_lock(data_dir.parent / "emulator.lock")
    snapshot.recover(data_dir)
    emulator_mends.install()
    snapshot.save_on_shutdown(data_dir)
    threading.Thread(target=_stop_when_orphaned, args=(os.getppid(),), daemon=True).start()
    interval_s = float(os.environ.get("TANHUI_SAVE_INTERVAL_S", SAVE_INTERVAL_S))
    ports = int(os.environ["GATEWAY_PORT"]), int(os.environ["TANHUI_ORIGIN_PORT"])
    asyncio.run(_run(*ports, data_dir, interval_s))
    lock.close()


if __name__ == "__main__":
    main()
