"""Owns what the composition root asks of the table of schedules: the expression of a job.

Must not hold a schedule itself; `domain.schedules` does.
"""

from chalicelib.domain.schedules import SCHEDULES


def expression_of(job: str) -> str:
    """Return when EventBridge has to start a job; KeyError for one that is not in the table."""
    return SCHEDULES[job].expression
