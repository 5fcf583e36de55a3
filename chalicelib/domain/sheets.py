"""Owns the day sheet: what one resident did on one local day, how it was corrected, and what each of it is worth now.

Must not know tables or conditions. A sheet is append-only: its version is the number of activities and corrections.
What may be added is decided by `domain.recording` and `domain.correcting`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from chalicelib.domain.activities import (
    ACCEPTED,
    PENDING,
    WITHHELD,
    Activity,
    encode_activity,
    outcome_of_reason,
)
from chalicelib.domain.canonical import digest_of
from chalicelib.domain.corrections import (
    CONFIRM,
    REJECT,
    REPLACE,
    RESTORE,
    REVERSE,
    Correction,
    encode_correction,
)
from chalicelib.domain.refusals import Refusal

REJECTED, REVERSED = "rejected", "reversed"
EVENTS_MAX = 400
"""Activities and corrections of one sheet, past which only what was given can be taken back: in all at most twice as
many, of some 100 bytes each, far below what an item may hold."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One resident's local day. `settled_*` is what nightly settling has written back.

    Totals are of what all activities are worth now; `corrections` stand in order under the key of their activity.
    `refusals` are notes only: no total, digest or version knows of them.
    """

    account_id: str
    on: date
    activities: Mapping[str, Activity] = field(default_factory=dict)
    paid_by_code: Mapping[str, int] = field(default_factory=dict)
    grams_co2e: int = 0
    millipoints: int = 0
    settled_grams_co2e: int = 0
    settled_millipoints: int = 0
    is_open: bool = True
    corrections: Mapping[str, tuple[Correction, ...]] = field(default_factory=dict)
    refusals: Mapping[str, Refusal] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """Return the number of activities and corrections; every write raises it."""
        return len(self.activities) + self.corrections_count

    @property
    def corrections_count(self) -> int:
        """Return the number of corrections of all activities."""
        return sum(map(len, self.corrections.values()))

    @property
    def totals(self) -> tuple[int, int]:
        """Return (grams, millipoints) of the day."""
        return self.grams_co2e, self.millipoints


class Worth(NamedTuple):
    """What an activity is worth now, and the methodology version that says so."""

    grams_co2e: int
    millipoints: int
    methodology_ref: str


class Standing(NamedTuple):
    """How an activity stands: `accepted`, `capped`, `pending`, `rejected`, `reversed`, `same-event`, `overlap`.

    `reason` is why it is worth less than its methodology gives, empty when it is not or when `outcome` says it all.
    """

    outcome: str
    reason: str


def worth_of(sheet: Sheet, event_key: str) -> Worth:
    """Return what the activity is worth now: what its last correction says, else what was recorded."""
    corrections = sheet.corrections.get(event_key)
    last = corrections[-1] if corrections else sheet.activities[event_key]
    return Worth(last.grams_co2e, last.millipoints, last.methodology_ref)


def standing_of(sheet: Sheet, event_key: str) -> Standing:
    """Return how the activity stands after all its corrections; a replaced version leaves the standing as it is."""
    reason = sheet.activities[event_key].reason
    standing = Standing(outcome_of_reason(reason), reason)
    for correction in sheet.corrections.get(event_key, ()):
        if correction.kind in (REJECT, REVERSE):
            standing = Standing(REJECTED if correction.kind == REJECT else REVERSED, "")
        elif correction.kind != REPLACE or is_credited(standing):
            standing = Standing(outcome_of_reason(correction.reason), correction.reason)
    return standing


def is_credited(standing: Standing) -> bool:
    """Say whether an activity that stands so counts with its worth, whole or cut to what the resident's day leaves."""
    return standing.outcome == ACCEPTED or standing.reason == "cap-per-resident"


def is_counted(sheet: Sheet, event_key: str) -> bool:
    """Say whether an activity counts for the cap of its behaviour.

    It does when nothing held it back when it was recorded, or when what was withheld then was credited later. A
    reversed one still counts: room that was used is not given out again.
    """
    reason = sheet.activities[event_key].reason
    credited_later = any(
        correction.kind in (CONFIRM, RESTORE) and correction.grams_co2e > 0
        for correction in sheet.corrections.get(event_key, ())
    )
    return not reason or (reason in WITHHELD and credited_later)


def counting_of(sheet: Sheet, code: str) -> set[str]:
    """Return what of one behaviour uses room of its cap and still counts: all that counted but what was taken back."""
    return {
        key
        for key, activity in sheet.activities.items()
        if activity.code == code and is_counted(sheet, key) and is_credited(standing_of(sheet, key))
    }


def was_lowered(sheet: Sheet, event_key: str) -> bool:
    """Say whether a correction has ever taken something from what the activity was worth before it."""
    activity = sheet.activities[event_key]
    worths = [(activity.grams_co2e, activity.millipoints)]
    worths += [(made.grams_co2e, made.millipoints) for made in sheet.corrections.get(event_key, ())]
    return any(now[0] < had[0] or now[1] < had[1] for had, now in pairwise(worths))


def has_pending(sheet: Sheet) -> bool:
    """Say whether an activity of the sheet waits for a verifier."""
    return any(
        activity.reason == PENDING and standing_of(sheet, key).outcome == PENDING
        for key, activity in sheet.activities.items()
    )


def find_correction(sheet: Sheet, event_key: str, cause: str) -> Correction | None:
    """Return the correction of the activity that `cause` made, or None."""
    made = sheet.corrections.get(event_key, ())
    return next((correction for correction in made if correction.cause == cause), None)


def add_correction(sheet: Sheet, correction: Correction) -> Sheet:
    """Return the sheet with one more correction, totals and counters as they are then."""
    key = correction.event_key
    before, code = worth_of(sheet, key), sheet.activities[key].code
    made = sheet.corrections.get(key, ())
    assert correction.number == len(made) + 1, "corrections of an activity are numbered without a gap"
    corrected = replace(
        sheet,
        corrections={**sheet.corrections, key: (*made, correction)},
        grams_co2e=sheet.grams_co2e + correction.grams_co2e - before.grams_co2e,
        millipoints=sheet.millipoints + correction.millipoints - before.millipoints,
    )
    newly_counted = is_counted(corrected, key) and not is_counted(sheet, key)
    paid = {**sheet.paid_by_code, code: sheet.paid_by_code.get(code, 0) + newly_counted}
    return replace(corrected, paid_by_code=paid) if newly_counted else corrected


def sheet_lines(sheet: Sheet) -> dict[str, str]:
    """Return everything that stands on the sheet in its stored form: activities by key, corrections by `key~number`."""
    lines = {key: encode_activity(activity) for key, activity in sheet.activities.items()}
    for made in sheet.corrections.values():
        lines |= {correction.name: encode_correction(correction) for correction in made}
    return lines


def sheet_digest(sheet: Sheet) -> str:
    """Return the hash of everything on the sheet, independent of the order of arrival."""
    document: dict[str, object] = {
        "account_id": sheet.account_id,
        "on": sheet.on.isoformat(),
        "activities": {key: encode_activity(activity) for key, activity in sheet.activities.items()},
    }
    if sheet.corrections:
        made = [correction for some in sheet.corrections.values() for correction in some]
        document["corrections"] = {correction.name: encode_correction(correction) for correction in made}
    return digest_of(document)


def activity_id(on: date, event_key: str) -> str:
    """Return the id by which a resident finds one activity again.

    >>> activity_id(date(2026, 11, 20), "AbC")
    '20261120-AbC'
    """
    return _day_digits(on) + "-" + event_key


@lru_cache(maxsize=512)
def _day_digits(on: date) -> str:
    return f"{on:%Y%m%d}"
