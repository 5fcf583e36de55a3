"""The making of boards from what has changed, every five minutes."""

from datetime import datetime

from chalicelib.jobs.running import ShouldStop, run_job
from chalicelib.services.board_building import build_changed


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Run for the instant `now`, bounded and resumable; return `done` or `unfinished`."""
    return run_job("boards", build_changed, now, should_stop)
