"""Owns the dry run of expiry: what will expire by day, vintage and community before the year ends, as a sweep.

Must not book anything, nor look at accounts with nothing due: they are found in the index of expiry, in its shards.
Cost grows with the accounts whose first lot ends within the span.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from itertools import islice
from typing import Any

from chalicelib.domain.accounts import Account
from chalicelib.domain.days import local_day
from chalicelib.domain.forecasts import Row, add_rows, bounded_rows, rows_of, shown_rows
from chalicelib.profiles import current_profile
from chalicelib.services.failures import attempted
from chalicelib.services.sweep_slices import OnProgress, Result, Slice, Sweep, sweep_through
from chalicelib.services.sweeps import progress_of, start_sweep
from chalicelib.store import runs
from chalicelib.store.accounts import expiring_stretch, find_accounts
from chalicelib.store.participations import find_participations
from chalicelib.store.scanning import BY_EXPIRY, Group, Stretch
from chalicelib.store.sheets import SHARDS

_READ_AT_ONCE = 100


def start_forecast(now: datetime) -> dict[str, Any]:
    """Have today's forecast computed, from today to the year's last day; asked again, it goes on."""
    params = params_of(now)
    start_sweep(FORECAST, f"expiry-forecast-{params['from_on']}", params, now)
    return read_forecast()


def read_forecast() -> dict[str, Any]:
    """Return the newest forecast: its span, how far it is, its rows when it is through; all None before the first."""
    newest = next(iter(runs.list_runs(f"sweep#{FORECAST.name}", 1).items), None)
    if newest is None:
        names = ("from_on", "to_on", "computed_at", "progress", "result")
        return {"state": "none", **dict.fromkeys(names)}
    result = newest["result"]
    return {
        "state": newest["state"],
        "from_on": newest["params"]["from_on"],
        "to_on": newest["params"]["to_on"],
        "computed_at": newest["ended_at"],
        "progress": progress_of(runs.get_run(newest["run_id"])),
        "result": shown(result) if result else None,
    }


def shown(result: Result) -> dict[str, Any]:
    """Return a forecast's result as a table with its sums."""
    rows = shown_rows(result["rows"])
    sums = {name: sum(row[place] for row in result["rows"].values()) for place, name in _SUMS}
    return {"accounts": result["accounts"], **sums, "failed": result["failed"], "rows": rows}


_SUMS = ((1, "points"), (2, "grams_co2e"))


def forecast_now(now: datetime, on_progress: OnProgress = lambda progress: None) -> dict[str, Any]:
    """Compute the forecast here and now without a record, for the command."""
    params = params_of(now)
    result = sweep_through(FORECAST, "expiry-forecast-now", params, now, on_progress)
    return {"from_on": params["from_on"], "to_on": params["to_on"], **shown(result)}


def params_of(now: datetime) -> dict[str, str]:
    """Return the span of a forecast made at `now`: today to the last day of the year."""
    today = local_day(now, current_profile().tz)
    return {"from_on": today.isoformat(), "to_on": date(today.year, 12, 31).isoformat()}


def _span(here: Slice) -> tuple[date, date]:
    return date.fromisoformat(here.params["from_on"]), date.fromisoformat(here.params["to_on"])


def _stretches(here: Slice) -> list[Stretch]:
    return [expiring_stretch(here.segment, *_span(here))]


def _visit(here: Slice, groups: Iterator[Group]) -> Result:
    rows: dict[str, Row] = {}
    accounts, failed = 0, 0
    waiting = (group.id for group in groups)
    while account_ids := list(dict.fromkeys(islice(waiting, _READ_AT_ONCE))):
        chosen = find_participations(account_ids)
        for account in find_accounts(account_ids).values():
            mine = chosen.get(account.account_id)
            found = attempted(partial(_rows, here, account, mine.community_id if mine else None))
            failed += found is None
            accounts += bool(found)
            add_rows(rows, found or {})
    return {"accounts": accounts, "failed": failed, "rows": bounded_rows(rows)}


def _rows(here: Slice, account: Account, community_id: str | None) -> dict[str, Row]:
    return rows_of(account.lots, community_id, *_span(here))


def _merge(one: Result, other: Result) -> Result:
    counts = {name: one[name] + other[name] for name in ("accounts", "failed")}
    rows = {key: list(row) for key, row in one["rows"].items()}
    add_rows(rows, other["rows"])
    return {**counts, "rows": bounded_rows(rows)}


FORECAST = Sweep(
    "expiry-forecast",
    _visit,
    _merge,
    lambda here, result: result,
    (BY_EXPIRY,),
    SHARDS,
    stretches=_stretches,
)
