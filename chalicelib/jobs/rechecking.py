"""Nightly search for double counting, and a push for what was cut off by day; before the day is settled."""

from datetime import datetime

from chalicelib.domain.night_causes import JOB
from chalicelib.jobs.running import ShouldStop, run_job
from chalicelib.services import rechecking
from chalicelib.services.project_sweeps import start_due_sweeps
from chalicelib.services.rechecking import Rechecked
from chalicelib.services.verification_runs import finish_decisions, hand_on_unfinished


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Run for the instant `now`, bounded and resumable; return `done` or `unfinished`."""

    def recheck(now: datetime, should_stop: ShouldStop) -> Rechecked:
        finish_decisions(now, should_stop)
        hand_on_unfinished()
        start_due_sweeps(now)
        return rechecking.recheck_open_sheets(now, should_stop)

    return run_job(JOB, recheck, now, should_stop)
