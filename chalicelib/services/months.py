"""Owns a resident's history by calendar month: what each month came to, and one month's activities.

Must not read the journal: a month is what was done in it, whenever it was booked.
"""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from chalicelib.domain.days import local_day
from chalicelib.domain.months import month_after, month_text, months_until
from chalicelib.domain.pages import Page
from chalicelib.domain.sheets import Sheet
from chalicelib.errors import InvalidInput
from chalicelib.profiles import current_profile
from chalicelib.services.explaining import activity_view
from chalicelib.store.sheet_totals import list_day_totals
from chalicelib.store.sheets import list_sheets


def list_months(account_id: str, count: int, now: datetime) -> list[dict[str, Any]]:
    """Return the last `count` months, oldest first and the current one last; a month without activities has zeros."""
    today = local_day(now, current_profile().tz)
    firsts = months_until(today, count)
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for day in list_day_totals(account_id, firsts[0], today):
        month = totals[month_text(day.on)]
        for position, amount in enumerate((day.activities, day.grams_co2e, day.millipoints)):
            month[position] += amount
    return [_month_view(month_text(first), *totals[month_text(first)]) for first in firsts]


def list_month_activities(
    account_id: str, first: date, scenario: str | None, limit: int, cursor: str | None
) -> Page:
    """Return a month's activities, newest first, whole days at a time until `limit`; of one scenario when given.

    `cursor` is the ISO day before which to go on.
    """
    before = _cursor_day(cursor, first) or month_after(first)
    items: list[dict[str, Any]] = []
    for sheet in list_sheets(account_id, before, (before - first).days):
        if sheet.on < first:
            break
        items += _views(sheet, scenario)
        if len(items) >= limit:
            return Page(items, sheet.on.isoformat() if sheet.on > first else None)
    return Page(items, None)


def _month_view(month: str, activities: int, grams_co2e: int, millipoints: int) -> dict[str, Any]:
    return {
        "month": month,
        "activities": activities,
        "grams_co2e": grams_co2e,
        "millipoints": millipoints,
    }


def _views(sheet: Sheet, scenario: str | None) -> list[dict[str, Any]]:
    tz = current_profile().tz
    newest_first = sorted(
        sheet.activities.values(), key=lambda a: (a.second_of_day, a.event_key), reverse=True
    )
    views = (activity_view(sheet, activity.event_key, tz) for activity in newest_first)
    return [view for view in views if scenario in (None, view["scenario"])]


def _cursor_day(cursor: str | None, first: date) -> date | None:
    if cursor is None:
        return None
    try:
        before = date.fromisoformat(cursor)
    except ValueError:
        before = first
    if not first < before < month_after(first):
        raise InvalidInput.at("/cursor", "is not a cursor of this list")
    return before
