"""Owns the nightly search for double counting: the loser is reversed, and credited again once its winner is gone.

Must not settle, nor touch what was decided after an appeal. Safe to repeat, to kill anywhere, to run twice at once.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from chalicelib.domain import correcting
from chalicelib.domain.activities import PENDING, Activity
from chalicelib.domain.correcting import Decision
from chalicelib.domain.corrections import REJECT, RESTORE, REVERSE
from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.night_causes import INSTEAD, JOB, cause_of
from chalicelib.domain.projects import CLAIMED
from chalicelib.domain.rechecking import assets_on, claimed_on
from chalicelib.domain.sheets import Sheet, standing_of, worth_of
from chalicelib.errors import Conflict
from chalicelib.profiles import current_profile
from chalicelib.services.corrections import Change, correct_activity
from chalicelib.services.double_counting import judge_around
from chalicelib.services.failures import attempted
from chalicelib.services.methodologies import by_ref
from chalicelib.services.projects import claims_on
from chalicelib.store import runs
from chalicelib.store.projects import Claim
from chalicelib.store.runs import Run
from chalicelib.store.sheet_index import Place, read_page
from chalicelib.store.sheets import SHARDS, find_sheet

_FIRST_DAY = date(2000, 1, 1)
_RUNNING, _DONE = "running", "done"


@dataclass(slots=True)
class Rechecked:
    """What one run did. `is_complete` is False when it stopped at its deadline with work left."""

    sheets: int = 0
    reversed: int = 0
    credited: int = 0
    failed: int = 0
    is_complete: bool = False


def recheck_open_sheets(now: datetime, should_stop: Callable[[], bool]) -> Rechecked:
    """Look at every open sheet of a day that is over, a hundred at a time, until done or told to stop.

    How far it got is kept after every hundred: a run cut short goes on there. One sheet that fails is counted and noted
    in the log; the run then fails, and is tried again.
    """
    today = local_day(now, current_profile().tz)
    run = _begun(today, now)
    result = Rechecked()
    while run.body["shard"] < SHARDS:
        if should_stop():
            return result
        shard, after = run.body["shard"], _place(run.body["after"])
        found = read_page("by_open_day", f"{shard:02d}", _FIRST_DAY, today - timedelta(days=1), after)
        recheck_sheets(found.sheets, now, result)
        at = [found.next.on.isoformat(), found.next.account_id] if found.next else None
        run = _moved(run, shard + (found.next is None), at)
    result.is_complete = True
    return result


def recheck_sheets(sheets: Iterable[Sheet], now: datetime, result: Rechecked) -> None:
    """Reverse what must not stand on some sheets, and credit what then does, counting into `result`."""
    looked_at = list(sheets)
    claims = claims_on(digest for sheet in looked_at for digest in assets_on(sheet))
    for sheet in looked_at:
        counts = attempted(partial(_recheck_sheet, sheet, claims, now))
        result.sheets += 1
        result.failed += counts is None
        taken_back, credited = counts or (0, 0)
        result.reversed += taken_back
        result.credited += credited


def _recheck_sheet(sheet: Sheet, claims: Mapping[str, Claim], now: datetime) -> tuple[int, int]:
    """Return how much was taken back, and how much credited instead, on the day and the days beside it."""
    today = local_day(now, current_profile().tz)
    count = 0
    for event_key in claimed_on(sheet, claims):
        count += _correct(sheet, sheet.on, event_key, _take_back(sheet, event_key, claims), CLAIMED, now)
    judged = judge_around(sheet, today)
    for on, event_key, reason in judged.reversals:
        count += _correct(
            sheet, on, event_key, Change(REVERSE, partial(_still_loses, reason, today)), reason, now
        )
    if count:
        after = find_sheet(sheet.account_id, sheet.on)
        assert after is not None, "a sheet is never deleted"
        judged = judge_around(after, today)
    instead = Change(RESTORE, partial(_now_counts, today))
    credited = sum(_correct(sheet, on, event_key, instead, INSTEAD, now) for on, event_key in judged.credits)
    return count, credited


def _correct(sheet: Sheet, on: date, event_key: str, change: Change, reason: str, now: datetime) -> int:
    """Return 1 when the correction is made, 0 when its reason is gone or the activity was decided meanwhile."""
    cause = cause_of(local_day(now, current_profile().tz), reason)
    try:
        return int(correct_activity(sheet.account_id, on, event_key, change, cause, now) is not None)
    except Conflict as error:
        was_decided_meanwhile = error.code == "correction-not-possible"
        has_no_room = error.code == "sheet-full" and change.kind == RESTORE  # taking back always has room
        if not (was_decided_meanwhile or has_no_room):
            raise
    return 0


def _take_back(sheet: Sheet, event_key: str, claims: Mapping[str, Claim]) -> Change:
    """Return the change for what a project claims, decided on the sheet as it is in the very commit."""
    is_pending = standing_of(sheet, event_key).outcome == PENDING

    def decide(sheet: Sheet, activity: Activity) -> Decision | None:
        if event_key not in claimed_on(sheet, claims):
            return None
        return (correcting.rejected if is_pending else correcting.reversed_)(sheet, activity)

    return Change(REJECT if is_pending else REVERSE, decide)


def _still_loses(reason: str, today: date, sheet: Sheet, activity: Activity) -> Decision | None:
    """Decide on the sheet as it is in the very commit; None when the reason is gone: another one was reversed."""
    change = sheet.on, activity.event_key, reason
    return correcting.reversed_(sheet, activity) if change in judge_around(sheet, today).reversals else None


def _now_counts(today: date, sheet: Sheet, activity: Activity) -> Decision | None:
    """Decide likewise whether what lost counts instead; None when something that counts still bars it."""
    if (sheet.on, activity.event_key) not in judge_around(sheet, today).credits:
        return None
    methodology = by_ref(worth_of(sheet, activity.event_key).methodology_ref)
    return correcting.credited_instead(sheet, activity, methodology, current_profile().day_rules)


def _begun(today: date, now: datetime) -> Run:
    """Return the run of this day: the one cut short, or one from the beginning."""
    run = Run(f"{JOB}-{today.isoformat()}", JOB, to_text(now), _RUNNING, {"shard": 0, "after": None})
    if runs.add_run(run):
        return run
    known = runs.get_run(run.run_id)
    return _moved(known, 0, None) if known.state == _DONE else known


def _moved(run: Run, shard: int, after: list[str] | None) -> Run:
    """Keep how far the run got, and return it; when another worker is at it too, go on from where that one is."""
    state = _RUNNING if shard < SHARDS else _DONE
    moved = replace(run, state=state, body={"shard": shard, "after": after})
    try:
        runs.replace_run(run, moved)
    except Conflict:
        return runs.get_run(run.run_id)
    return moved


def _place(stored: list[str] | None) -> Place | None:
    return Place(date.fromisoformat(stored[0]), stored[1]) if stored else None
