"""Owns what the night finds on a day sheet that could not be known when it was recorded: double counting.

Must not reverse anything; it says what must not stand, and why.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from chalicelib.domain.activities import PENDING
from chalicelib.domain.clashes import OneAtATime, clashes_on
from chalicelib.domain.corrections import RESTORE
from chalicelib.domain.projects import CLAIMED, is_claimed
from chalicelib.domain.sheets import Sheet, is_credited, standing_of

JOB = "recheck"
Claims = Mapping[str, Mapping[str, Any]]


def assets_on(sheet: Sheet) -> set[str]:
    """Return the digests of the assets behind a sheet's activities."""
    return {activity.asset for activity in sheet.activities.values() if activity.asset}


def must_not_stand(sheet: Sheet, claims: Claims, rule: OneAtATime) -> dict[str, str]:
    """Return by event key why an activity that counts or waits must not: a project claims it, or another one does.

    What was given back after an appeal is decided and stays.
    """
    found = {key: why for key, _, why in clashes_on(sheet, rule)}
    for key, activity in sheet.activities.items():
        standing = standing_of(sheet, key)
        is_at_stake = is_credited(standing) or standing.outcome == PENDING
        if is_at_stake and not _is_restored(sheet, key) and is_claimed(claims.get(activity.asset), sheet.on):
            found[key] = CLAIMED
    return found


def cause_of(on: date, reason: str) -> str:
    """Return the cause of a reversal found on the day `on`, in which the reason can be read again.

    >>> cause_of(date(2026, 11, 24), "same-event")
    'recheck-20261124-same-event'
    """
    return f"{JOB}-{on:%Y%m%d}-{reason}"


def reason_in(cause: str, known: Iterable[str]) -> str | None:
    """Return which of the `known` reasons `cause_of` has put into a cause; None for causes of another kind.

    >>> reason_in("recheck-20261124-same-event", ["overlap", "same-event"]), reason_in("ver_x-overlap", ["overlap"])
    ('same-event', None)
    """
    if not cause.startswith(f"{JOB}-"):
        return None
    return next((reason for reason in known if cause.endswith(f"-{reason}")), None)


def _is_restored(sheet: Sheet, event_key: str) -> bool:
    return any(correction.kind == RESTORE for correction in sheet.corrections.get(event_key, ()))
