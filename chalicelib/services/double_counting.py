"""Owns the reading of a day sheet together with the days beside it, and what the rule of double counting says of them.

Must not correct anything: `services.rechecking` does. The days beside are read only when something is near midnight.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from chalicelib.domain.double_counting import Days, Judged, judge, reaches_out
from chalicelib.domain.sheets import Sheet
from chalicelib.profiles import current_profile
from chalicelib.services.methodologies import by_ref
from chalicelib.store.sheet_index import Place, read_sheets

_BESIDE = 1
# a day's neighbours are judged in the light of their own neighbours
_SEEN = 2


def judge_around(sheet: Sheet, until: date) -> Judged:
    """Return what must change on the day of `sheet` and on the days beside it; on days before `until` only."""
    profile = current_profile()
    found = judge(_days_around(sheet), profile.day_rules, profile.tz, by_ref)
    on_days = {on for on in _days(sheet.on, _BESIDE) if on < until}
    return Judged(
        [change for change in found.reversals if change[0] in on_days],
        [change for change in found.credits if change[0] in on_days],
    )


def is_unjudged(sheet: Sheet) -> bool:
    """Say whether something on the sheet itself has still to be taken back or credited, before its day can close."""
    found = judge_around(sheet, date.max)
    return any(on == sheet.on for on, *_ in (*found.reversals, *found.credits))


def _days_around(sheet: Sheet) -> Days:
    profile = current_profile()
    if not reaches_out(sheet, profile.clash_rules, profile.tz):
        return {sheet.on: sheet}
    found = {
        one.on: one for one in read_sheets([Place(on, sheet.account_id) for on in _days(sheet.on, _SEEN)])
    }
    own = found.get(sheet.on, sheet)
    return {**found, sheet.on: own if own.version > sheet.version else sheet}


def _days(on: date, reach: int) -> Iterator[date]:
    return (on + timedelta(days=by) for by in range(-reach, reach + 1))
