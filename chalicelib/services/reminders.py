"""Owns the reminders a resident gets ahead of time: points about to expire, vouchers about to time out; each once.

Must not look for anybody by scanning: both indexes are sharded and ordered by day. A run is bounded, goes on where it
stopped, and catches up on the nights that were missed since the last one that went through.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from chalicelib.domain.days import day_start, from_text, local_day, to_text
from chalicelib.domain.lots import total_points
from chalicelib.domain.vouchers import OPEN
from chalicelib.errors import Conflict
from chalicelib.profiles import current_profile
from chalicelib.services.failures import attempted
from chalicelib.services.messages import add_message
from chalicelib.store import runs
from chalicelib.store.accounts import accounts_expiring, find_account
from chalicelib.store.sheets import SHARDS
from chalicelib.store.vouchers import find_voucher, vouchers_due

POINTS, VOUCHERS = "points", "vouchers"
# (what, days ahead, fewest days ahead that still belong to this reminder: the next one begins below)
STAGES = ((POINTS, 30, 8), (POINTS, 7, 2), (POINTS, 1, 0), (VOUCHERS, 3, 2), (VOUCHERS, 1, 0))
_UNITS = tuple((stage, shard) for stage in STAGES for shard in range(SHARDS))
_RUN_KIND = "remind"
_RUNNING, _DONE, _FAILED = "running", "done", "failed"
_RUNS_LOOKED_AT = 10

Position = tuple[str, str]


@dataclass(slots=True)
class Reminded:
    """What one run did. `is_complete` is False when it stopped at its deadline with work left."""

    points: int = 0
    vouchers: int = 0
    failed: int = 0
    is_complete: bool = False


def send_reminders(now: datetime, should_stop: Callable[[], bool]) -> Reminded:
    """Remind everybody whose points or vouchers end in exactly so many days, and those whose night was missed.

    One that fails is counted, noted in the log, and looked at again the next night.
    """
    result = Reminded()
    today = local_day(now, current_profile().tz)
    run = _run_of(today, now)
    if run.state != _RUNNING:
        result.is_complete = True
        return result
    unit, after = run.body["unit"], run.body["after"]
    position = (after[0], after[1]) if after else None
    while unit < len(_UNITS):
        failed_before = result.failed
        position = _work_on(unit, position, run, now, result, should_stop)
        is_stopped = position is not None
        if not is_stopped:
            unit += 1
        try:
            run = _noted(run, unit, position, result.failed - failed_before)
        except Conflict:
            # Somebody else works on today's reminders and is further: nothing is left for this run.
            break
        if is_stopped:
            return result
    result.is_complete = True
    return result


def _run_of(today: date, now: datetime) -> runs.Run:
    """Return today's run as it stands, begun if it has not; it says how many nights it covers."""
    run_id = f"{_RUN_KIND}-{today.isoformat()}"
    found = runs.find_run(run_id)
    if found is None:
        body = {
            "on": today.isoformat(),
            "nights": _nights(today),
            "unit": 0,
            "after": None,
            "failures": 0,
        }
        runs.add_run(runs.Run(run_id, _RUN_KIND, to_text(now), _RUNNING, body))
        found = runs.find_run(run_id)
    assert found is not None, "runs are never deleted"
    return found


def _nights(today: date) -> int:
    """Return how many days this run looks at: one, and those since the last run that went through."""
    days = [
        date.fromisoformat(run["on"])
        for run in runs.list_runs(_RUN_KIND, _RUNS_LOOKED_AT).items
        if run["state"] == _DONE
    ]
    last = max((on for on in days if on < today), default=today - timedelta(days=1))
    return (today - last).days


def _noted(run: runs.Run, unit: int, position: Position | None, failed: int) -> runs.Run:
    failures = run.body["failures"] + failed
    state = _RUNNING if unit < len(_UNITS) else _FAILED if failures else _DONE
    body = {**run.body, "unit": unit, "after": list(position) if position else None, "failures": failures}
    changed = runs.Run(run.run_id, run.kind, run.started_at, state, body)
    runs.replace_run(run, changed)
    return changed


def _work_on(
    unit: int,
    after: Position | None,
    run: runs.Run,
    now: datetime,
    result: Reminded,
    should_stop: Callable[[], bool],
) -> Position | None:
    """Work on one shard of one reminder; return where it was stopped, None when it is through."""
    (what, days, fewest), shard = _UNITS[unit]
    today = date.fromisoformat(run.body["on"])
    last_on = today + timedelta(days=days)
    first_on = max(last_on - timedelta(days=run.body["nights"] - 1), today + timedelta(days=fewest))
    remind = partial(_remind_points if what == POINTS else _remind_voucher, days, today, now)
    for position in _positions(what, shard, first_on, last_on, after, now):
        if should_stop():
            return after or ("", "")
        done = attempted(partial(remind, position))
        if done is None:
            result.failed += 1
        elif what == POINTS:
            result.points += done
        else:
            result.vouchers += done
        after = position
    return None


def _positions(
    what: str, shard: int, first_on: date, last_on: date, after: Position | None, now: datetime
) -> Iterator[Position]:
    after = after if after and after[0] else None
    if what == POINTS:
        return accounts_expiring(shard, first_on, last_on, after)
    tz = current_profile().tz
    first, until = day_start(first_on, tz), day_start(last_on + timedelta(days=1), tz)
    return vouchers_due(shard, max(first, now), until, after)


def _remind_points(days: int, today: date, now: datetime, position: Position) -> bool:
    """Remind one account; False when it was, or when nothing ends on that day any more."""
    on, account_id = position
    account = find_account(account_id)
    lots = account.lots if account is not None else ()
    points = total_points(lot for lot in lots if lot.expires_on.isoformat() == on)
    if points == 0:
        return False
    left = (date.fromisoformat(on) - today).days
    facts = {"points": points, "expires_on": on, "days": left}
    return add_message(account_id, f"points-expiring/{on}/{days}", "points-expiring", facts, now)


def _remind_voucher(days: int, _today: date, now: datetime, position: Position) -> bool:
    """Remind of one voucher; False when it was done, or when the voucher is not open any more."""
    _, redemption_id = position
    voucher = find_voucher(redemption_id)
    if voucher is None or voucher.state != OPEN:
        return False
    due_on = local_day(from_text(voucher.due_at), current_profile().tz)
    facts = {
        "redemption_id": redemption_id,
        "offer_title": voucher.offer["title"],
        "points": voucher.points,
        "due_at": voucher.due_at,
        "due_on": due_on.isoformat(),
    }
    natural_key = f"voucher-due/{redemption_id}/{days}"
    return add_message(voucher.account_id, natural_key, "voucher-due", facts, now)
