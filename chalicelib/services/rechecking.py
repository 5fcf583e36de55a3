"""Owns the nightly search for double counting: what could not be known at recording is found, and the loser reversed.

Must not settle, nor touch what was decided after an appeal. Safe to repeat, to kill anywhere, to run twice at once.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from chalicelib.domain import correcting
from chalicelib.domain.activities import PENDING, Activity
from chalicelib.domain.correcting import Decision
from chalicelib.domain.corrections import REJECT, REVERSE
from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.rechecking import JOB, assets_on, cause_of, must_not_stand
from chalicelib.domain.sheets import Sheet, standing_of
from chalicelib.errors import Conflict
from chalicelib.profiles import current_profile
from chalicelib.services.corrections import Change, correct_activity
from chalicelib.services.failures import attempted
from chalicelib.services.projects import claims_on
from chalicelib.store import runs
from chalicelib.store.projects import Claim
from chalicelib.store.runs import Run
from chalicelib.store.sheet_index import Place, read_page
from chalicelib.store.sheets import SHARDS

_FIRST_DAY = date(2000, 1, 1)
_RUNNING, _DONE = "running", "done"


@dataclass(slots=True)
class Rechecked:
    """What one run did. `is_complete` is False when it stopped at its deadline with work left."""

    sheets: int = 0
    reversed: int = 0
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
    """Reverse what must not stand on some sheets, counting into `result`."""
    looked_at = list(sheets)
    claims = claims_on(digest for sheet in looked_at for digest in assets_on(sheet))
    for sheet in looked_at:
        count = attempted(partial(_recheck_sheet, sheet, claims, now))
        result.sheets += 1
        result.failed += count is None
        result.reversed += count or 0


def _recheck_sheet(sheet: Sheet, claims: Mapping[str, Claim], now: datetime) -> int:
    rule = current_profile().one_at_a_time
    today, count = local_day(now, current_profile().tz), 0
    for event_key, reason in must_not_stand(sheet, claims, rule).items():
        is_pending = standing_of(sheet, event_key).outcome == PENDING
        change = Change(REJECT if is_pending else REVERSE, partial(_still, claims, reason))
        cause = cause_of(today, reason)
        try:
            count += correct_activity(sheet.account_id, sheet.on, event_key, change, cause, now) is not None
        except Conflict as error:
            if error.code != "correction-not-possible":  # decided by somebody else meanwhile
                raise
    return count


def _still(claims: Mapping[str, Claim], reason: str, sheet: Sheet, activity: Activity) -> Decision | None:
    """Decide on the sheet as it is in the very commit; None when the reason is gone: another one was reversed."""
    rule = current_profile().one_at_a_time
    if must_not_stand(sheet, claims, rule).get(activity.event_key) != reason:
        return None
    is_pending = standing_of(sheet, activity.event_key).outcome == PENDING
    return (correcting.rejected if is_pending else correcting.reversed_)(sheet, activity)


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
