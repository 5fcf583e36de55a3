"""Owns the closing of days: each merchant's days that are over become one signed statement a store, once and for all.

Must not change a statement. What is booked later belongs to the day on which it is booked. A store without business on
a day has no statement. How far a merchant is closed is kept in the table of runs; whatever is cut off is done again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from chalicelib import log
from chalicelib.domain.days import day_start, from_text, local_day, to_text
from chalicelib.domain.statements import (
    NO_STORE,
    Line,
    Statement,
    adjustment_line,
    in_order,
    line_of,
    statement_of,
    store_of,
)
from chalicelib.domain.webhooks import event_of_statement
from chalicelib.errors import Conflict
from chalicelib.profiles import current_profile
from chalicelib.services.failures import attempted
from chalicelib.services.merchant_journal import entries_between
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.services.statement_seals import sealed
from chalicelib.services.webhook_deliveries import tell
from chalicelib.store import statements as store
from chalicelib.store.catalogue import list_documents
from chalicelib.store.runs import Run, add_run, find_run, get_run, replace_run
from chalicelib.store.transactions import Transaction

KIND = "statements"
# What was booked in a day's last moment is in the index by then, and no request that began in it is under way.
CLOSABLE_AFTER = timedelta(minutes=10)
FIRST_DAYS_BACK = 31


@dataclass(slots=True)
class Closed:
    """What one run did. `failed`: days that could not be closed, or came to other numbers than before."""

    merchants: int = 0
    days: int = 0
    statements: int = 0
    failed: int = 0
    is_complete: bool = False


def close_days(now: datetime, should_stop: Callable[[], bool]) -> Closed:
    """Close every merchant's days that are over and not closed yet, the oldest first."""
    result = Closed()
    for merchant in list_documents("merchant"):
        result.merchants += 1
        if not _close_merchant(merchant, result, now, should_stop):
            return result
    result.is_complete = True
    return result


def _close_merchant(
    merchant: dict[str, Any], result: Closed, now: datetime, should_stop: Callable[[], bool]
) -> bool:
    """Close what is due of one merchant; False when told to stop before."""
    run = _run_of(merchant, now)
    for on in due_days(run, now):
        if should_stop():
            return False
        made = attempted(partial(close_day, run.body["merchant_id"], on, now))
        if made is None:
            result.failed += 1
            return True
        result.days += 1
        result.statements += made
        changed = replace(run, body={**run.body, "closed_through": on.isoformat()})
        try:
            replace_run(run, changed)
        except Conflict:
            return True  # another worker is at this merchant
        run = changed
    return True


def due_days(run: Run, now: datetime) -> Iterator[date]:
    """Yield the days of a merchant that are over and not closed, oldest first."""
    on = date.fromisoformat(run.body["closed_through"]) + timedelta(days=1)
    while on <= last_closable(now):
        yield on
        on += timedelta(days=1)


def last_closable(now: datetime) -> date:
    """Return the last day that may be closed at `now`."""
    return local_day(now - CLOSABLE_AFTER, current_profile().tz) - timedelta(days=1)


def closed_span(merchant_id: str) -> tuple[date, date] | None:
    """Return the first day that was ever to be closed and the last one closed; None before the first closing."""
    run = find_run(_run_id(merchant_id))
    if run is None or run.body["closed_through"] < run.body["from_on"]:
        return None
    return date.fromisoformat(run.body["from_on"]), date.fromisoformat(run.body["closed_through"])


def is_checked(merchant_id: str, now: datetime) -> bool:
    """Tell whether this night's check has seen the merchant, or there is nothing to see."""
    run = find_run(_run_id(merchant_id))
    return run is None or run.body.get("checked_on") == last_closable(now).isoformat()


def note_checked(merchant_id: str, now: datetime) -> None:
    """Note that this night's check has seen the merchant; whoever is at it meanwhile sees it again."""
    run = find_run(_run_id(merchant_id))
    if run is not None:
        body = {**run.body, "checked_on": last_closable(now).isoformat()}
        with suppress(Conflict):
            replace_run(run, replace(run, body=body))


def _run_id(merchant_id: str) -> str:
    return f"{KIND}-{merchant_id}"


def _run_of(merchant: dict[str, Any], now: datetime) -> Run:
    known = find_run(_run_id(merchant["id"]))
    if known is not None:
        return known
    from_on = first_day_of(merchant, now)
    body = {
        "merchant_id": merchant["id"],
        "from_on": from_on.isoformat(),
        "closed_through": (from_on - timedelta(days=1)).isoformat(),
    }
    run = Run(_run_id(merchant["id"]), KIND, to_text(now), "running", body)
    return run if add_run(run) else get_run(run.run_id)


def first_day_of(merchant: dict[str, Any], now: datetime) -> date:
    """Return the first day that a merchant's statements cover: nothing can have been booked before.

    That is the day it joined, else the first of its contract. Of a merchant entered without either, as seeding does,
    the 31 days before its first closing are covered, and what is older is in no statement.
    """
    if "joined_at" in merchant:
        return local_day(from_text(merchant["joined_at"]), current_profile().tz)
    if merchant.get("contract_from"):
        return date.fromisoformat(merchant["contract_from"])
    return last_closable(now) - timedelta(days=FIRST_DAYS_BACK)


class DayDiffers(Exception):
    """A day that is closed comes to other lines than its statement has."""


def close_day(merchant_id: str, on: date, now: datetime) -> int:
    """Make the statements of one merchant's day and return how many are new.

    DayDiffers when a statement stands that says something else; it stays as it is.
    """
    made = 0
    by_store = lines_by_store(merchant_id, on)
    for store_id in sorted(by_store):
        made += repeat_on_conflict(partial(_close_store, merchant_id, store_id, on, by_store[store_id], now))
    extra = {s["store_id"] for s in store.statements_of_day(merchant_id, on.isoformat())} - by_store.keys()
    if extra:
        raise DayDiffers("there is a statement of a store without lines")
    return made


def _close_store(merchant_id: str, store_id: str, on: date, lines: list[Line], now: datetime) -> bool:
    known = store.find_statement(merchant_id, store_id, on.isoformat())
    before = store.newest_statement(merchant_id, store_id, on.isoformat())
    made = sealed(statement_of(merchant_id, store_id, on, lines, before, to_text(now)))
    if known is not None:
        if known["lines_digest"] != made["lines_digest"]:
            raise DayDiffers(
                f"the statement has {known['lines']} lines, the journal {made['lines']}, or others"
            )
        _announce(known, now)
        return False
    store.put_lines(merchant_id, made["lines_digest"], lines)
    tx = Transaction()
    store.add_statement(tx, made)
    tx.commit()
    log.write_line(now, job="close", number=made["number"], lines=made["lines"])
    _announce(made, now)
    return True


def _announce(statement: Statement, now: datetime) -> None:
    """Tell the merchant's system, if it wants to know; a day closed again tells what a killed run did not."""
    tell(event_of_statement(statement), now)


def lines_by_store(merchant_id: str, on: date) -> dict[str, list[Line]]:
    """Return the numbered lines of one merchant's local day by store, adjustments included."""
    tz = current_profile().tz
    found: dict[str, list[Line]] = defaultdict(list)
    for entry in entries_between(merchant_id, day_start(on, tz), day_start(on + timedelta(days=1), tz)):
        found[store_of(entry)].append(line_of(entry, merchant_id))
    for adjustment in store.adjustments_of_day(merchant_id, on.isoformat()):
        found[adjustment["store_id"] or NO_STORE].append(adjustment_line(adjustment))
    return {store_id: in_order(lines) for store_id, lines in found.items()}
