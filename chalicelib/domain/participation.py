"""Owns what a resident has chosen about boards: their community, the nickname, whether they agreed to be shown.

Must not hold a name, a birth year or a reason. A person may be shown while they agreed, have a nickname and a
community, and are not under age; whether their points are frozen the account knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from chalicelib.errors import Refused

AGE_MIN = 14


@dataclass(frozen=True, slots=True)
class Participation:
    """`version` rises with every change and is the epoch of the row on the boards. Days are ISO texts, empty if none.

    `is_on` stands and falls with the consent; `under_age_on` is the day on which they said they were too young.
    """

    account_id: str
    version: int = 0
    community_id: str = ""
    chosen_on: str = ""
    nickname: str = ""
    is_on: bool = False
    under_age_on: str = ""
    base: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_shown(self) -> bool:
        """Tell whether boards may show this resident, as far as they have chosen."""
        return self.is_on and bool(self.nickname) and bool(self.community_id)


def changeable_on(mine: Participation, change_days: int) -> date | None:
    """Return the first day on which the community may be changed; None when nothing holds it."""
    return date.fromisoformat(mine.chosen_on) + timedelta(days=change_days) if mine.chosen_on else None


def with_community(
    mine: Participation, community_id: str, grams_by_period: Mapping[str, int], today: date, change_days: int
) -> Participation:
    """Return the choice of a community; Refused `community-chosen-lately` when the last one is too young.

    What was saved before a change (`grams_by_period`) does not count in the new community.
    """
    free_on = changeable_on(mine, change_days)
    if mine.community_id and free_on is not None and today < free_on:
        detail = f"the community may be changed from {free_on} on"
        raise Refused("community-chosen-lately", detail, changeable_on=free_on.isoformat())
    base = dict(grams_by_period) if mine.community_id else {}
    return replace(mine, community_id=community_id, chosen_on=today.isoformat(), base=base)


def is_under_age(mine: Participation, birth_year: int, today: date) -> bool:
    """Tell whether a resident may be under 14: by the year of birth, or because they have said so this year.

    >>> nobody = Participation("res_a")
    >>> [is_under_age(nobody, year, date(2026, 11, 25)) for year in (2011, 2012)]
    [False, True]
    """
    return mine.under_age_on[:4] == f"{today.year}" or today.year - birth_year <= AGE_MIN
