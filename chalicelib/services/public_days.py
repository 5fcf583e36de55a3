"""Owns the published days as anybody may read them. Must not publish: `services.proofs` does."""

from datetime import date, datetime, timedelta

from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.days import day_start
from chalicelib.domain.pages import Page
from chalicelib.profiles import current_profile
from chalicelib.store.catalogue import get_document, list_newest

DAY = "day"
_LISTED = ("date", "as_of", "root", "leaves", "digest")


def day_text(day: str) -> str:
    """Return one published day as its canonical JSON, the very bytes its digest speaks of; NotFound `day-unknown`."""
    return canonical_json(get_document(DAY, day))


def list_days(limit: int, cursor: str | None) -> Page:
    """Return a page of published days, newest first; `cursor` is the day before which to go on."""
    items = [{name: day[name] for name in _LISTED} for day in list_newest(DAY, cursor, limit)]
    return Page(items, items[-1]["date"] if len(items) == limit else None)


def newest_age_hours(now: datetime) -> int | None:
    """Return the whole hours since the end of the newest published day; None while none is."""
    newest = list_newest(DAY, None, 1)
    if not newest:
        return None
    ended_at = day_start(date.fromisoformat(newest[0]["date"]) + timedelta(days=1), current_profile().tz)
    return int((now - ended_at).total_seconds() // 3600)
