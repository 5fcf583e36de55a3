"""The night of boards: they are checked, those that are due are closed, and stars nobody objects to are awarded."""

from datetime import datetime

from chalicelib.domain.days import local_day
from chalicelib.jobs.running import ShouldStop, run_job
from chalicelib.profiles import current_profile
from chalicelib.services.board_checks import BOARD_CHECK
from chalicelib.services.board_closing import close_boards
from chalicelib.services.star_bonuses import award_due
from chalicelib.services.sweeps import start_sweep


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Begin the check of this night, then close, then award; each goes on through the queue. Return how it ended."""
    sweep_id = f"board-check-{local_day(now, current_profile().tz).isoformat()}"
    start_sweep(BOARD_CHECK, sweep_id, {}, now)
    states = {close(now, should_stop), award(now, should_stop)}
    return "done" if states == {"done"} else "unfinished"


def close(now: datetime, should_stop: ShouldStop) -> str:
    """Close the boards that are due; return `done` or `unfinished`."""
    return run_job("close-boards", close_boards, now, should_stop)


def award(now: datetime, should_stop: ShouldStop) -> str:
    """Award the stars that are due; return `done` or `unfinished`."""
    return run_job("award-stars", award_due, now, should_stop)
