"""Owns the table of all sweeps by name, and the taking of their messages from the queue.

Must not know what a sweep does; `services.sweeps` runs it.
"""

from datetime import datetime
from typing import Any

from chalicelib import clock, log
from chalicelib.jobs import publishing
from chalicelib.jobs.running import ShouldStop
from chalicelib.services.auditing import AUDIT
from chalicelib.services.board_checks import BOARD_CHECK
from chalicelib.services.correction_sweeps import CORRECTION, PREVIEW
from chalicelib.services.methodology_effects import EFFECT
from chalicelib.services.project_sweeps import PROJECT_ASSETS
from chalicelib.services.proofs import PUBLISH
from chalicelib.services.sweeps import Sweep, work_on
from chalicelib.store.runs import get_run

_ALL: tuple[Sweep, ...] = (PUBLISH, AUDIT, EFFECT, PREVIEW, CORRECTION, PROJECT_ASSETS, BOARD_CHECK)
SWEEPS = {sweep.name: sweep for sweep in _ALL}


def run(message: dict[str, Any], now: datetime, should_stop: ShouldStop) -> str:
    """Go on with the segment that `message` names; KeyError for an unknown sweep, which ends in the dead letters."""
    started_at = clock.utc_now()
    sweep = get_run(message["sweep"])
    name = sweep.kind.removeprefix("sweep#")
    state = work_on(SWEEPS[name], message["sweep"], message["part"], now, should_stop)
    if name == PUBLISH.name:
        publishing.go_on(sweep.body["params"]["date"], now, should_stop)
    ended_at = clock.utc_now()
    ms = int((ended_at - started_at).total_seconds() * 1000)
    log.write_line(ended_at, sweep=name, part=message["part"], state=state, ms=ms)
    return state
