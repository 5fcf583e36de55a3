"""Owns what the night finds on a day sheet that could not be known when it was recorded: what a project claims.

Must not reverse anything; it says what must not stand. What counts twice is found by `domain.double_counting`.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.activities import PENDING
from chalicelib.domain.corrections import RESTORE
from chalicelib.domain.night_causes import is_of_the_night
from chalicelib.domain.projects import is_claimed
from chalicelib.domain.sheets import Sheet, is_credited, standing_of

Claims = Mapping[str, Mapping[str, Any]]


def assets_on(sheet: Sheet) -> set[str]:
    """Return the digests of the assets behind a sheet's activities."""
    return {activity.asset for activity in sheet.activities.values() if activity.asset}


def claimed_on(sheet: Sheet, claims: Claims) -> list[str]:
    """Return the keys of what counts or waits on the sheet although a project claims its asset.

    What was given back after an appeal is decided and stays.
    """
    return [
        key
        for key, activity in sheet.activities.items()
        if activity.asset and _is_at_stake(sheet, key, claims)
    ]


def _is_at_stake(sheet: Sheet, event_key: str, claims: Claims) -> bool:
    standing = standing_of(sheet, event_key)
    is_open = is_credited(standing) or standing.outcome == PENDING
    asset = sheet.activities[event_key].asset
    return is_open and not _is_given_back(sheet, event_key) and is_claimed(claims.get(asset), sheet.on)


def _is_given_back(sheet: Sheet, event_key: str) -> bool:
    made = sheet.corrections.get(event_key, ())
    return any(one.kind == RESTORE and not is_of_the_night(one.cause) for one in made)
