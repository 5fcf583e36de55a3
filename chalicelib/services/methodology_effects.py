"""Owns the effect of a proposed version: the last 30 days as recorded and as they would have been, computed by a sweep.

Must not correct anything, nor decide whether an effect is acceptable: people do.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any

from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.methodologies import Methodology, parse_methodology
from chalicelib.domain.proposals import OPEN_STATES
from chalicelib.domain.replays import (
    Change,
    effect_on,
    empty_table,
    failed_table,
    merge_tables,
    shown_table,
    summary_of,
    table_of,
)
from chalicelib.domain.sheets import Sheet
from chalicelib.errors import Conflict
from chalicelib.keys import keyed_digest
from chalicelib.profiles import current_profile
from chalicelib.services.deciding import decide, with_body
from chalicelib.services.failures import attempted
from chalicelib.services.methodologies import versions_of
from chalicelib.services.proposal_views import get_proposal, read_proposal
from chalicelib.services.sweeps import Result, Slice, Sweep, start_sweep
from chalicelib.store.cases import Case
from chalicelib.store.scanning import Group
from chalicelib.store.sheets import parse_sheet

DAYS = 30
NAME = "methodology-effect"


def start_effect(proposal_id: str, now: datetime) -> dict[str, Any]:
    """Have the effect of a proposal computed over the 30 days before today; asked again today, it goes on.

    Conflict `proposal-decided` when the proposal is closed.
    """
    sweep_id, params = plan_effect(proposal_id, now)
    start_sweep(EFFECT, sweep_id, params, now)
    return get_proposal(proposal_id, now)


def plan_effect(proposal_id: str, now: datetime) -> tuple[str, dict[str, Any]]:
    """Note on the proposal which sweep computes its effect, and return the sweep's id and parameters."""
    last_on = local_day(now, current_profile().tz) - timedelta(days=1)
    sweep_id = f"effect-{proposal_id}-{last_on:%Y%m%d}"

    def change(case: Case) -> Case | None:
        if case.state not in OPEN_STATES:
            raise Conflict("proposal-decided", "this proposal is closed", state=case.state)
        return (
            None if case.body["effect_run"] == sweep_id else with_body(case, case.state, effect_run=sweep_id)
        )

    case, _ = decide(partial(read_proposal, proposal_id), change)
    params = {
        "proposal_id": proposal_id,
        "digest": case.body["digest"],
        "from_on": (last_on - timedelta(days=DAYS - 1)).isoformat(),
        "to_on": last_on.isoformat(),
    }
    return sweep_id, params


def _visit(here: Slice, groups: Iterator[Group]) -> Result:
    table = empty_table()
    for group in groups:
        changes = attempted(partial(_changes, here, group))
        mine = failed_table() if changes is None else table_of(changes, _pseudonym(here, group.id))
        table = merge_tables(table, mine)
    return table


def _changes(here: Slice, group: Group) -> list[Change]:
    proposed = _proposed(here.params["proposal_id"], here.params["digest"])
    old = {methodology.ref: methodology for methodology in versions_of(proposed.id)}
    rules = current_profile().day_rules
    sheets = sheets_between(group, here.params["from_on"], here.params["to_on"])
    return [change for sheet in sheets for change in effect_on(sheet, old, proposed, rules)]


def sheets_between(group: Group, from_on: str, to_on: str) -> Iterator[Sheet]:
    """Yield the day sheets of an account from one day to another, both (ISO) included."""
    for item in group.items:
        if f"sheet#{from_on}" <= item["item"]["S"] <= f"sheet#{to_on}":
            yield parse_sheet(item)


def _pseudonym(here: Slice, account_id: str) -> str:
    return keyed_digest("effect-resident", here.sweep_id, account_id)


@lru_cache(maxsize=4)
def _proposed(proposal_id: str, digest: str) -> Methodology:
    methodology = parse_methodology(read_proposal(proposal_id).body["document"])
    assert methodology.digest == digest, "the document of a proposal never changes"
    return methodology


def _finish(here: Slice, table: Result) -> Result:
    """Keep the table with the proposal, if it still waits for a decision."""
    effect = {
        **{name: here.params[name] for name in ("digest", "from_on", "to_on")},
        "computed_at": to_text(here.now),
        "table": shown_table(table),
    }

    def change(case: Case) -> Case | None:
        known = case.body["effect"]
        is_newer = known is None or known["to_on"] <= effect["to_on"]
        return with_body(case, case.state, effect=effect) if case.state in OPEN_STATES and is_newer else None

    decide(partial(read_proposal, here.params["proposal_id"]), change)
    return summary_of(table)


EFFECT = Sweep(NAME, _visit, merge_tables, _finish)
