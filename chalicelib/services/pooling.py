"""Owns the passing on of what expired to the city's pool: a sweep over the index of `sys_expired`, day by day.

Must not decide what moves (`domain.pooling`). Absolute, like settling: what expired on a day, less what the city's
journal has passed on of it already. So it may be repeated, raced, killed anywhere, and an entry that came late is made
up for: the last days passed on are always looked at again. What expired on a day is passed on after its end.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.domain.auditing import Finding
from chalicelib.domain.days import day_start, from_text, local_day, to_text
from chalicelib.domain.entries import SYS_EXPIRED, Entry, parse_entry
from chalicelib.domain.lots import Lot, Lots
from chalicelib.domain.pooling import added, by_vintage, passed_on, pool_entries, still_to_pass, totals
from chalicelib.profiles import current_profile
from chalicelib.services.findings import note_findings
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.services.sweep_slices import Result, Slice, Sweep
from chalicelib.store import runs
from chalicelib.store.entries import SHARDS, add_entry, journal_of, newest_entries, party_stretch
from chalicelib.store.scanning import BY_COUNTERPARTY, Group, Stretch
from chalicelib.store.transactions import Transaction

INVARIANT = 12
# No run that began in a day still books then, and the index has what was booked.
AFTER_DAYS_END = timedelta(minutes=30)
LOOK_AGAIN_DAYS = 3
FIRST_DAYS_BACK = 35
SPAN_DAYS_MAX = 60
_ONE_DAY = timedelta(days=1)


def due_params(now: datetime, at: str | None) -> dict[str, Any] | None:
    """Return the parameters of the sweep that is due: the newest when it is not through, else the next days.

    None when every day that is over is passed on. `at` is the instant of a run by hand, None otherwise.
    """
    until = local_day(now - AFTER_DAYS_END, current_profile().tz) - _ONE_DAY
    newest = next(iter(runs.list_runs(f"sweep#{POOL.name}", 1).items), None)
    if newest is not None and newest["state"] != "done":
        params: dict[str, Any] = newest["params"]
        return params
    if newest is None:
        first_on = until - (FIRST_DAYS_BACK - 1) * _ONE_DAY
    else:
        through = date.fromisoformat(newest["params"]["to_on"])
        if through >= until:
            return None
        first_on, until = (
            through - (LOOK_AGAIN_DAYS - 1) * _ONE_DAY,
            min(until, through + SPAN_DAYS_MAX * _ONE_DAY),
        )
    return {"from_on": first_on.isoformat(), "to_on": until.isoformat(), "at": at}


def sweep_id_of(params: dict[str, Any]) -> str:
    """Return the id of the sweep that passes on the days of its parameters."""
    return f"pool-{params['from_on']}-{params['to_on']}"


def passed_on_through() -> date | None:
    """Return the last day of which everything was passed on, as far as known; None before the first."""
    done = (run for run in runs.list_runs(f"sweep#{POOL.name}", 10).items if run["state"] == "done")
    newest = next(done, None)
    return date.fromisoformat(newest["params"]["to_on"]) if newest is not None else None


def read_pool() -> dict[str, Any]:
    """Return what the city's pool holds by vintage, and through which day what expired is in it."""
    journal = [parse_entry(body) for body, _ in journal_of(SYS_EXPIRED)]
    lots = tuple(lot for entry in journal for lot in entry.lots)
    through = passed_on_through()
    return {
        **totals(lots),
        "passed_on_through": through.isoformat() if through else None,
        "vintages": [
            {"vintage": int(vintage), "points": points, "grams_co2e": grams}
            for vintage, (points, grams) in by_vintage(lots).items()
        ],
    }


def _stretches(here: Slice) -> list[Stretch]:
    """Return where one shard's entries of the days stand in the index, which is cut by days of UTC."""
    tz = current_profile().tz
    first, end = (
        date.fromisoformat(here.params["from_on"]),
        date.fromisoformat(here.params["to_on"]) + _ONE_DAY,
    )
    low, high = to_text(day_start(first, tz)), to_text(day_start(end, tz) - timedelta(milliseconds=1))
    first_utc, last_utc = date.fromisoformat(low[:10]), date.fromisoformat(high[:10])
    days = (first_utc + number * _ONE_DAY for number in range((last_utc - first_utc).days + 1))
    return [party_stretch(SYS_EXPIRED, day.isoformat(), here.segment, low, high) for day in days]


def _visit(here: Slice, groups: Iterator[Group]) -> Result:
    days, count, tz = dict[str, Lots](), 0, current_profile().tz
    for group in groups:
        for item in group.items:
            entry = parse_entry(item["body"]["S"])
            if entry.credit == SYS_EXPIRED:
                days = added(days, local_day(from_text(entry.at), tz).isoformat(), entry.lots)
                count += 1
    return {"entries": count, "days": _stored(days)}


def _merge(one: Result, other: Result) -> Result:
    days = _parsed(one["days"])
    for day, lots in _parsed(other["days"]).items():
        days = added(days, day, lots)
    return {"entries": one["entries"] + other["entries"], "days": _stored(days)}


def _finish(here: Slice, result: Result) -> Result:
    """Pass on what expired on each day and is not passed on yet, the oldest day first, each in one transaction."""
    at = from_text(here.params["at"]) if here.params["at"] else here.now
    days = sorted(_parsed(result["days"]).items())
    for day, lots in days:
        repeat_on_conflict(partial(_pass_on, here, day, lots, at))
    expired = tuple(lot for _, lots in days for lot in lots)
    return {"expirations": result["entries"], "days": len(days), **totals(expired)}


POOL = Sweep("pool", _visit, _merge, _finish, (BY_COUNTERPARTY,), SHARDS, stretches=_stretches)


def _pass_on(here: Slice, day: str, expired: Lots, at: datetime) -> None:
    """Book what is still to be passed on of one day; that more was passed on than expired is a finding."""
    last, journal = _newest(here.params["from_on"])
    try:
        lots = still_to_pass(expired, passed_on(journal).get(day, ()))
    except ValueError as error:
        note_findings([Finding(INVARIANT, SYS_EXPIRED, f"{day}: {error}")], here.sweep_id, here.now)
        return
    if lots:
        tx = Transaction()
        for entry, digest in pool_entries(day, lots, last, at):
            add_entry(tx, entry, digest)
        tx.commit()


def _newest(first_day: str) -> tuple[tuple[int, str] | None, list[Entry]]:
    """Return seq and hash of the journal's last entry, and its entries of the days from `first_day` on.

    Days are passed on oldest first, so nothing of these days stands before one of an earlier day.
    """
    last: tuple[int, str] | None = None
    found: list[Entry] = []
    for body, digest in newest_entries(SYS_EXPIRED):
        entry = parse_entry(body)
        last = last or (entry.seq, digest)
        if entry.facts["day"] < first_day:
            break
        found.append(entry)
    return last, found


def _stored(days: dict[str, Lots]) -> dict[str, list[list[Any]]]:
    return {
        day: [[lot.vintage, lot.expires_on.isoformat(), lot.points, lot.grams_co2e] for lot in lots]
        for day, lots in days.items()
    }


def _parsed(days: dict[str, Iterable[list[Any]]]) -> dict[str, Lots]:
    return {
        day: tuple(
            Lot(date.fromisoformat(expires_on), vintage, points, grams)
            for vintage, expires_on, points, grams in lots
        )
        for day, lots in days.items()
    }
