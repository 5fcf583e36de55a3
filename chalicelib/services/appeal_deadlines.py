"""Owns the deadlines of an appeal, in working days of the city: decided by, urgent from, a question answered by.

Must not know what happens then; `services.appeal_clock` does.
"""

from datetime import datetime, timedelta

from chalicelib.domain.days import day_start, local_day
from chalicelib.domain.profiles import Profile
from chalicelib.services.working_days import working_days_after, working_days_between


def due_at(profile: Profile, opened_at: datetime) -> datetime:
    """Return the end of the last working day on which an appeal opened then has to be decided."""
    last_on = working_days_after(local_day(opened_at, profile.tz), profile.appeals.working_days)
    return day_start(last_on + timedelta(days=1), profile.tz)


def urgent_at(profile: Profile, due: datetime) -> datetime:
    """Return from when on an appeal due at `due` is urgent: so many working days are left, the last included."""
    on = local_day(due, profile.tz) - timedelta(days=1)
    left = profile.appeals.urgent_working_days
    while working_days_between(on, local_day(due, profile.tz) - timedelta(days=1)) < left:
        on -= timedelta(days=1)
    return day_start(on + timedelta(days=1), profile.tz)


def answer_ends_at(profile: Profile, asked_at: datetime) -> datetime:
    """Return until when a resident may answer a question before their appeal is decided without it."""
    last_on = working_days_after(local_day(asked_at, profile.tz), profile.appeals.answer_working_days)
    return day_start(last_on + timedelta(days=1), profile.tz)
