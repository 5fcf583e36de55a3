"""Owns the release of open vouchers of merchants that were suspended or have left and do not honour them.

Must not decide which merchants (`domain.merchants`), nor be needed for the rule: the till refuses such vouchers from
the instant on. Bounded and resumable: how far it came is kept by merchant and instant in the table of runs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.domain.days import from_text, to_text
from chalicelib.domain.merchants import LEFT, released_from, state_of
from chalicelib.domain.vouchers import OPEN, VOIDED, Voucher
from chalicelib.errors import Conflict
from chalicelib.services.failures import attempted
from chalicelib.services.vouchers import close_unspent
from chalicelib.store.catalogue import list_documents
from chalicelib.store.runs import Run, add_run, get_run, replace_run
from chalicelib.store.sheets import SHARDS
from chalicelib.store.vouchers import open_vouchers

KIND = "merchant-release"
RUNNING, DONE = "running", "done"
# A take may have seen the merchant as it was 30 s before, and have been under way for as long as a request lasts.
SETTLED_AFTER = timedelta(seconds=90)


@dataclass(slots=True)
class MerchantsReleased:
    """What one run did. `is_complete` is False when it stopped at its deadline with work left."""

    vouchers: int = 0
    points: int = 0
    failed: int = 0
    is_complete: bool = False


def release_of_merchants(now: datetime, should_stop: Callable[[], bool]) -> MerchantsReleased:
    """Void every open voucher of merchants whose vouchers are released; points, stock and limits return.

    A voucher closed meanwhile by somebody else is left alone; one that cannot be worked on is tried again next time.
    """
    result = MerchantsReleased()
    for merchant in list_documents("merchant"):
        from_at = released_from(merchant, now)
        if from_at is None or now < from_text(from_at) + SETTLED_AFTER:
            continue
        run = _run_of(merchant["id"], from_at, now)
        if run.state == DONE:
            continue
        reason = "merchant-left" if state_of(merchant, now) == LEFT else "merchant-suspended"
        if not _taken_on(run, reason, result, now, should_stop):
            return result
    result.is_complete = True
    return result


def _taken_on(
    run: Run, reason: str, result: MerchantsReleased, now: datetime, should_stop: Callable[[], bool]
) -> bool:
    try:
        return _go_on(run, reason, result, now, should_stop)
    except Conflict:
        return True  # another worker has taken this run on


def _run_of(merchant_id: str, from_at: str, now: datetime) -> Run:
    run_id = f"{KIND}-{merchant_id}-{from_at}"
    body = {"merchant_id": merchant_id, "shard": 0, "after": None, "vouchers": 0}
    run = Run(run_id, KIND, to_text(now), RUNNING, body)
    return run if add_run(run) else get_run(run_id)


def _go_on(
    run: Run, reason: str, result: MerchantsReleased, now: datetime, should_stop: Callable[[], bool]
) -> bool:
    """Walk the open vouchers from where the run stands; False when told to stop before their end."""
    merchant_id, failed_before = run.body["merchant_id"], result.failed
    for shard in range(run.body["shard"], SHARDS):
        after = run.body["after"] if shard == run.body["shard"] else None
        for vouchers, end in open_vouchers(f"{shard:02d}", after):
            if should_stop():
                return False
            own = [v for v in vouchers if v.state == OPEN and v.offer["merchant_id"] == merchant_id]
            released = sum(_release(voucher, reason, result, now) for voucher in own)
            progress = {"shard": shard, "after": end, "vouchers": run.body["vouchers"] + released}
            run = _noted(run, progress)
    if result.failed == failed_before:
        _noted(run, {}, DONE)
    else:
        _noted(run, {"shard": 0, "after": None})
    return True


def _release(voucher: Voucher, reason: str, result: MerchantsReleased, now: datetime) -> bool:
    released = attempted(partial(_try_release, voucher, reason, now))
    if released is None:
        result.failed += 1
    elif released:
        result.vouchers += 1
        result.points += voucher.points
    return bool(released)


def _try_release(voucher: Voucher, reason: str, now: datetime) -> bool:
    """Return whether this call voided the voucher; False when somebody else closed it meanwhile."""
    try:
        close_unspent(voucher, VOIDED, reason, now)
    except Conflict:
        return False
    return True


def _noted(run: Run, progress: dict[str, Any], state: str = RUNNING) -> Run:
    changed = replace(run, state=state, body=run.body | progress)
    replace_run(run, changed)
    return changed
