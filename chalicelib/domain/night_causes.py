"""Owns the names under which the nightly search corrects: why something was taken back, or counts instead of another.

Must not decide anything; in a cause the reason can be read again.
"""

from collections.abc import Iterable
from datetime import date

JOB = "recheck"
INSTEAD = "counts-instead"


def cause_of(on: date, reason: str) -> str:
    """Return the cause of a correction found on the day `on`, in which the reason can be read again.

    >>> cause_of(date(2026, 11, 24), "same-event")
    'recheck-20261124-same-event'
    """
    return f"{JOB}-{on:%Y%m%d}-{reason}"


def is_of_the_night(cause: str) -> bool:
    """Say whether the nightly search made a correction.

    >>> is_of_the_night("recheck-20261124-overlap"), is_of_the_night("apl_1")
    (True, False)
    """
    return cause.startswith(f"{JOB}-")


def reason_in(cause: str, known: Iterable[str]) -> str | None:
    """Return which of the `known` reasons `cause_of` has put into a cause; None for causes of another kind.

    >>> reason_in("recheck-20261124-same-event", ["overlap", "same-event"]), reason_in("ver_x-overlap", ["overlap"])
    ('same-event', None)
    """
    if not is_of_the_night(cause):
        return None
    return next((reason for reason in known if cause.endswith(f"-{reason}")), None)
