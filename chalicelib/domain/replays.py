"""Owns replays: what recorded activities would be worth under another methodology version, and the table of that.

Must not read or correct anything. A table is JSON that does not grow with the residents, and tables add up; residents
stand in it under pseudonyms only.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.domain.activities import CAP_PER_DAY, Activity
from chalicelib.domain.correcting import next_correction, replaced
from chalicelib.domain.corrections import REPLACE
from chalicelib.domain.methodologies import Methodology, check_inputs, quantify
from chalicelib.domain.recording import DayRules, cut_to_room
from chalicelib.domain.sheets import (
    Sheet,
    Worth,
    add_correction,
    is_counted,
    is_credited,
    standing_of,
    worth_of,
)
from chalicelib.errors import Conflict, Refused

LARGEST_MAX = 10
_DAY_SUMS = ("activities", "grams_co2e_old", "grams_co2e_new", "millipoints_old", "millipoints_new")
_COUNTS = ("residents", "refused", "failed")

Table = dict[str, Any]
Versions = Mapping[str, Methodology]


@dataclass(frozen=True, slots=True)
class Change:
    """What one activity of a day is worth, and what it would be. `is_refused`: the new version would not take it."""

    on: date
    old: tuple[int, int]
    new: tuple[int, int]
    is_refused: bool = False


def effect_on(sheet: Sheet, old: Versions, new: Methodology, rules: DayRules) -> list[Change]:
    """Return what the day would have been had `new` counted instead of the versions `old`, caps included.

    What is withheld, rejected or reversed stays worth nothing. Under a version of equal rules nothing changes.
    """
    mine = [key for key in sheet.activities if worth_of(sheet, key).methodology_ref in old]
    mine.sort(key=lambda key: _rank(sheet, key))
    room = rules.millipoints_per_day_max - sheet.millipoints
    room += sum(worth_of(sheet, key).millipoints for key in mine)
    paid = sum(is_counted(sheet, key) and not is_credited(standing_of(sheet, key)) for key in mine)
    changes = []
    for key in mine:
        activity, worth = sheet.activities[key], worth_of(sheet, key)
        before, again = old[worth.methodology_ref], (0, 0)
        is_taken = _refusal(activity, before, new) is None
        if is_taken and _has_place(sheet, key, paid, before, new):
            again, is_whole = _quantified(activity, new, room)
            paid += is_whole
        room -= again[1]
        changes.append(Change(sheet.on, (worth.grams_co2e, worth.millipoints), again, not is_taken))
    return changes


def _rank(sheet: Sheet, key: str) -> tuple[int, int, str]:
    """Order activities as if recorded again: those paid in full, those cut, those past a cap; each in time."""
    standing = standing_of(sheet, key)
    rank = 0 if not standing.reason else 1 if is_credited(standing) else 2
    return rank, sheet.activities[key].second_of_day, key


def _has_place(sheet: Sheet, key: str, paid: int, old: Methodology, new: Methodology) -> bool:
    """Say whether the caps of the behaviour let an activity count, `paid` of the day having counted before it."""
    standing = standing_of(sheet, key)
    if is_credited(standing):
        return paid < new.events_per_day_max or new.events_per_day_max >= old.events_per_day_max
    return standing.reason == CAP_PER_DAY and paid < new.events_per_day_max


def _quantified(activity: Activity, new: Methodology, room: int) -> tuple[tuple[int, int], bool]:
    quantity = quantify(new, _inputs(activity, new), activity.evidence)
    if quantity.millipoints <= room:
        return (quantity.grams_co2e, quantity.millipoints), True
    return cut_to_room(quantity.grams_co2e, new.points_per_kg, room), False


def _refusal(activity: Activity, old: Methodology, new: Methodology) -> str | None:
    if new.inputs.keys() != old.inputs.keys():
        return "wrong-inputs"
    return check_inputs(new, _inputs(activity, new), activity.evidence)


def _inputs(activity: Activity, methodology: Methodology) -> dict[str, int]:
    return dict(zip(sorted(methodology.inputs), activity.inputs, strict=True))


def corrected_days(
    sheet: Sheet, refs: Container[str], new: Methodology, rules: DayRules, cause: str
) -> list[Change]:
    """Return what correcting the day to `new` would do, activity by activity as the correction itself does it."""
    changes = []
    for key in to_correct(sheet, refs, cause):
        before = worth_before(sheet, key, cause)
        try:
            decision = replaced(sheet, sheet.activities[key], new, rules)
            if decision is not None:
                made = next_correction(sheet, key, REPLACE, decision, cause)
                sheet = add_correction(sheet, made)
        except (Conflict, Refused):
            changes.append(change_of(sheet.on, before, before, is_refused=True))
            continue
        changes.append(change_of(sheet.on, before, worth_of(sheet, key)))
    return changes


def to_correct(sheet: Sheet, refs: Container[str], cause: str) -> list[str]:
    """Return the keys of what a correction is about, in time: counted by one of `refs`, or corrected by it already."""
    keys = sorted(sheet.activities, key=lambda key: (sheet.activities[key].second_of_day, key))
    return [key for key in keys if worth_before(sheet, key, cause).methodology_ref in refs]


def worth_before(sheet: Sheet, key: str, cause: str) -> Worth:
    """Return what the activity was worth before `cause` corrected it; what it is worth now if that did not happen."""
    made = sheet.corrections.get(key, ())
    for position, correction in enumerate(made):
        if correction.cause == cause:
            last = made[position - 1] if position else sheet.activities[key]
            return Worth(last.grams_co2e, last.millipoints, last.methodology_ref)
    return worth_of(sheet, key)


def change_of(on: date, old: Worth, new: Worth, is_refused: bool = False) -> Change:
    """Return the change from one worth to another."""
    return Change(on, (old.grams_co2e, old.millipoints), (new.grams_co2e, new.millipoints), is_refused)


def empty_table() -> Table:
    """Return the table of nobody."""
    return {**dict.fromkeys(_COUNTS, 0), "days": {}, "winners": [], "losers": []}


def failed_table() -> Table:
    """Return the table of a resident who could not be worked on."""
    return {**empty_table(), "failed": 1}


def table_of(changes: Sequence[Change], pseudonym: str) -> Table:
    """Return the table of one resident."""
    if not changes:
        return empty_table()
    days: dict[str, list[int]] = {}
    for change in changes:
        row = days.setdefault(change.on.isoformat(), [1, 0, 0, 0, 0, 0])
        sums = (1, change.old[0], change.new[0], change.old[1], change.new[1])
        row[1:] = [known + more for known, more in zip(row[1:], sums, strict=True)]
    grams = sum(change.new[0] - change.old[0] for change in changes)
    millipoints = sum(change.new[1] - change.old[1] for change in changes)
    mine = [[millipoints, grams, pseudonym]]
    return {
        "residents": 1,
        "refused": sum(change.is_refused for change in changes),
        "failed": 0,
        "days": days,
        "winners": mine if (millipoints, grams) > (0, 0) else [],
        "losers": mine if (millipoints, grams) < (0, 0) else [],
    }


def merge_tables(a: Table, b: Table) -> Table:
    """Return the table of the residents of both; it does not matter in which order tables are merged."""
    days = dict(a["days"])
    for day, row in b["days"].items():
        days[day] = [x + y for x, y in zip(days[day], row, strict=True)] if day in days else row
    return {
        **{name: a[name] + b[name] for name in _COUNTS},
        "days": days,
        "winners": _largest([*a["winners"], *b["winners"]], -1),
        "losers": _largest([*a["losers"], *b["losers"]], 1),
    }


def _largest(rows: Iterable[Sequence[Any]], sign: int) -> list[Sequence[Any]]:
    return sorted(rows, key=lambda row: (sign * row[0], sign * row[1], row[2]))[:LARGEST_MAX]


def shown_table(table: Table) -> dict[str, Any]:
    """Return a table as people read it: sums, a row for each day, the largest winners and losers."""
    rows = [_shown_row(row[1:]) for row in table["days"].values()]
    total = [sum(row[name] for row in rows) for name in _DAY_SUMS]
    return {
        **{name: table[name] for name in _COUNTS},
        **_shown_row(total),
        "by_day": [
            {"on": day, "residents": row[0], **_shown_row(row[1:])}
            for day, row in sorted(table["days"].items())
        ],
        "winners": [_shown_largest(row) for row in table["winners"]],
        "losers": [_shown_largest(row) for row in table["losers"]],
    }


def summary_of(table: Table) -> dict[str, int]:
    """Return the sums of a table alone."""
    return {name: value for name, value in shown_table(table).items() if isinstance(value, int)}


def _shown_row(sums: Sequence[int]) -> dict[str, int]:
    row = dict(zip(_DAY_SUMS, sums, strict=True))
    changes = {
        f"{name}_change": row[f"{name}_new"] - row[f"{name}_old"] for name in ("grams_co2e", "millipoints")
    }
    return row | changes


def _shown_largest(row: Sequence[Any]) -> dict[str, Any]:
    return {"pseudonym": row[2], "millipoints_change": row[0], "grams_co2e_change": row[1]}
