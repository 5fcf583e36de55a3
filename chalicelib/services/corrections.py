"""Owns the correcting of recorded activities: one transaction each, on the day sheet and in the account behind it.

Must not know why: verification, audit, appeal and correction jobs bring their `cause`. All of it can be repeated: the
same cause again changes nothing and returns the correction that stands.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from chalicelib.domain import correcting
from chalicelib.domain.accounts import Account, Booking, settle_sheets
from chalicelib.domain.activities import Activity
from chalicelib.domain.adjusting import Calendar, adjust_day
from chalicelib.domain.bearing import name_of, takes_away
from chalicelib.domain.correcting import Decision, next_correction
from chalicelib.domain.corrections import CONFIRM, REJECT, REPLACE, RESTORE, REVERSE, Correction
from chalicelib.domain.days import local_day
from chalicelib.domain.entries import parse_entry
from chalicelib.domain.methodologies import Methodology
from chalicelib.domain.night_causes import is_of_the_night
from chalicelib.domain.profiles import Profile
from chalicelib.domain.sheets import Sheet, add_correction, find_correction, was_lowered, worth_of
from chalicelib.errors import Conflict, NotFound
from chalicelib.profiles import current_profile
from chalicelib.services.methodologies import by_ref
from chalicelib.services.spending import is_behind, load_day, repeat_on_conflict
from chalicelib.store import sheet_corrections as store
from chalicelib.store.accounts import add_booking
from chalicelib.store.entries import list_entries
from chalicelib.store.transactions import Transaction, TransactionLost

_JOURNAL_PAGE = 100


@dataclass(frozen=True, slots=True)
class Change:
    """A kind of correction and the pure function that decides it, `(sheet, activity)`; None when nothing changes."""

    kind: str
    decide: Callable[[Sheet, Activity], Decision | None]


def confirm_activity(
    account_id: str, on: date, event_key: str, cause: str, now: datetime
) -> Correction | None:
    """Credit a pending activity, as far as its caps leave room; a cut one has a reason and may be worth nothing."""
    rules = current_profile().day_rules

    def decide(sheet: Sheet, activity: Activity) -> Decision:
        return correcting.confirmed(sheet, activity, _methodology_of(sheet, activity), rules)

    return correct_activity(account_id, on, event_key, Change(CONFIRM, decide), cause, now)


def reject_activity(
    account_id: str, on: date, event_key: str, cause: str, now: datetime
) -> Correction | None:
    """Decide that a pending activity is not credited."""
    return correct_activity(account_id, on, event_key, Change(REJECT, correcting.rejected), cause, now)


def reverse_activity(
    account_id: str, on: date, event_key: str, cause: str, now: datetime
) -> Correction | None:
    """Take back what a credited activity was worth; what was spent of it already, the programme bears."""
    return correct_activity(account_id, on, event_key, Change(REVERSE, correcting.reversed_), cause, now)


def restore_activity(
    account_id: str, on: date, event_key: str, cause: str, now: datetime
) -> Correction | None:
    """Credit again what was reversed or rejected, or held to be told twice when it was recorded."""
    rules = current_profile().day_rules

    def decide(sheet: Sheet, activity: Activity) -> Decision:
        return correcting.restored(sheet, activity, _methodology_of(sheet, activity), rules)

    return correct_activity(account_id, on, event_key, Change(RESTORE, decide), cause, now)


def replace_worth(
    account_id: str, on: date, event_key: str, methodology: Methodology, cause: str, now: datetime
) -> Correction | None:
    """Let `methodology`, another version, count for an activity; None when it does already or a cap left nothing."""
    rules = current_profile().day_rules

    def decide(sheet: Sheet, activity: Activity) -> Decision | None:
        return correcting.replaced(sheet, activity, methodology, rules)

    return correct_activity(account_id, on, event_key, Change(REPLACE, decide), cause, now)


def correct_activity(
    account_id: str, on: date, event_key: str, change: Change, cause: str, now: datetime
) -> Correction | None:
    """Correct one activity by what `change` decides of the day as it stands; return the correction, None for no change.

    Afterwards the whole day is settled. Raises NotFound `activity-unknown`, Conflict `correction-not-possible` with how
    the activity stands, or when `cause` has made a correction of another kind; Refused `sheet-full` when the day has
    no room for it, which never holds up a reversal or a rejection.
    """
    attempt = partial(_correct_once, account_id, on, event_key, change, cause, now)
    return repeat_on_conflict(attempt)


def _correct_once(
    account_id: str, on: date, event_key: str, change: Change, cause: str, now: datetime
) -> Correction | None:
    profile = current_profile()
    account, sheet = load_day(account_id, on)
    if sheet is None or event_key not in sheet.activities:
        raise NotFound("activity-unknown", "there is no such activity", on=on.isoformat())
    known = find_correction(sheet, event_key, cause)
    if known is not None:
        return _as_before(known, change)
    if is_behind(account, sheet):
        raise TransactionLost(frozenset({"sheet"}), conflict=True)
    decision = change.decide(sheet, sheet.activities[event_key])
    if decision is None:
        return None
    correction = next_correction(sheet, event_key, change.kind, decision, cause)
    corrected = add_correction(sheet, correction)
    tx = Transaction()
    if corrected.totals != sheet.totals:
        add_booking(tx, account, _booked(account, sheet, corrected, correction, profile, now))
    store.add_correction(tx, sheet, corrected, correction, profile.clash_rules.trips)
    tx.commit()
    return correction


def _booked(
    account: Account,
    sheet: Sheet,
    corrected: Sheet,
    correction: Correction,
    profile: Profile,
    now: datetime,
) -> Booking:
    """Return the account with the day settled as it was before, then adjusted to what it is now."""
    settled = settle_sheets(Booking(account), [sheet], profile.expires_on, profile.scoring(now), now)
    today = local_day(now, profile.tz)
    grace_on = today + timedelta(days=profile.grace_days)
    days = Calendar(profile.scoring(now), profile.expires_on(sheet.on.year), grace_on)
    left_at = _left_at(account, sheet, correction)
    return adjust_day(settled, sheet, corrected, correction, days, now, left_at=left_at)


def _left_at(account: Account, sheet: Sheet, correction: Correction) -> int:
    """Return with which seq the account had lost what `correction` gives again; its own seq when it never had it.

    The journal is read only while something is borne of the vintage, and only as far back as the first loss.
    """
    since = min((loss.seq for loss in account.borne if loss.vintage == sheet.on.year), default=None)
    if since is None or not was_lowered(sheet, correction.event_key):
        # what counts at night instead of another repays what was borne of that one: the event is paid once
        return 0 if is_of_the_night(correction.cause) else account.seq
    before: int | None = None
    name = f"{sheet.on.isoformat()}-{correction.event_key}"
    while page := list_entries(account.account_id, before, _JOURNAL_PAGE, consistent=True):
        for body, _ in page:
            entry = parse_entry(body)
            if entry.seq < since - 1:
                return 0
            if takes_away(entry) and name_of(entry) == name:
                return entry.seq
        before = entry.seq
    return 0


def _as_before(known: Correction, change: Change) -> Correction:
    if known.kind != change.kind:
        detail = f"{known.cause} has made a correction of another kind"
        raise Conflict("correction-not-possible", detail, correction=change.kind, made=known.kind)
    return known


def _methodology_of(sheet: Sheet, activity: Activity) -> Methodology:
    return by_ref(worth_of(sheet, activity.event_key).methodology_ref)
