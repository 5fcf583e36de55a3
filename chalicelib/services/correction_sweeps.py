"""Owns the work of a correction batch over all residents: its preview, and the correcting itself, both as sweeps.

Must not decide what an activity is worth (`domain.correcting`). Killed anywhere and repeated, it ends the same: every
correction names the batch as its cause, and one that stands already is counted, not made again.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.domain.canonical import digest_of
from chalicelib.domain.days import to_text
from chalicelib.domain.methodologies import Methodology
from chalicelib.domain.replays import (
    Change,
    change_of,
    corrected_days,
    empty_table,
    failed_table,
    merge_tables,
    shown_table,
    summary_of,
    table_of,
    to_correct,
    worth_before,
)
from chalicelib.domain.sheets import Sheet, Worth
from chalicelib.errors import Conflict, Refused
from chalicelib.keys import keyed_digest
from chalicelib.profiles import current_profile
from chalicelib.services import correction_batches as batches
from chalicelib.services.correction_batches import DONE, PROPOSED, RUNNING
from chalicelib.services.corrections import replace_worth
from chalicelib.services.deciding import with_body
from chalicelib.services.failures import attempted
from chalicelib.services.methodologies import by_ref
from chalicelib.services.methodology_effects import sheets_between
from chalicelib.services.sweeps import Result, Slice, Sweep, progress_of, start_sweep
from chalicelib.store.cases import Case
from chalicelib.store.runs import find_run
from chalicelib.store.scanning import Group

_PARAMETERS = ("from_on", "to_on", "old_refs", "new_ref")


def start_preview(correction_id: str, now: datetime) -> dict[str, Any]:
    """Have computed what a proposed batch would do; asked again, it goes on, or once it is through, computes anew.

    Conflict `correction-decided`.
    """
    sweep_id, params = plan_preview(correction_id)
    start_sweep(PREVIEW, sweep_id, params, now)
    return get_correction(correction_id)


def plan_preview(correction_id: str) -> tuple[str, dict[str, Any]]:
    """Note on the batch which sweep previews it, and return the sweep's id and parameters."""

    def change(case: Case) -> Case | None:
        if case.state != PROPOSED:
            raise Conflict("correction-decided", "this correction is not open any more", state=case.state)
        preview, running = case.body["preview"], case.body["preview_run"]
        if running is not None and (preview is None or preview["run"] != running):
            return None
        number = case.body["previews"] + 1
        return with_body(case, PROPOSED, previews=number, preview_run=f"preview-{correction_id}-{number}")

    case = batches.note_on_batch(correction_id, change)
    return case.body["preview_run"], _params(case)


def start_correction(
    correction_id: str, preview_digest: str, person_id: str, now: datetime
) -> dict[str, Any]:
    """Approve a batch and have it run; the same person again is a `_hit`, and sends what is not through again."""
    case, is_hit = batches.approve_batch(correction_id, preview_digest, person_id, now)
    if case.state == RUNNING:
        start_sweep(CORRECTION, case.body["run"], _params(case), now)
    return get_correction(correction_id) | ({"_hit": True} if is_hit else {})


def run_again(correction_id: str, now: datetime) -> dict[str, Any]:
    """Have a batch that is through run once more, or one that runs go on; Conflict `correction-decided`."""
    case, is_hit = batches.reopen_batch(correction_id)
    start_sweep(CORRECTION, case.body["run"], _params(case), now)
    return get_correction(correction_id) | ({"_hit": True} if is_hit else {})


def _params(case: Case) -> dict[str, Any]:
    return {"correction_id": case.case_id, **{name: case.body[name] for name in _PARAMETERS}}


def get_correction(correction_id: str) -> dict[str, Any]:
    """Return a batch with the progress of its newest sweep; NotFound `correction-unknown`."""
    case = batches.read_correction(correction_id)
    sweep_id = case.body["run"] or case.body["preview_run"]
    run = find_run(sweep_id) if sweep_id else None
    return {**batches.shown_correction(case), "progress": progress_of(run) if run else None}


def _visit(here: Slice, groups: Iterator[Group], is_preview: bool) -> Result:
    table = empty_table()
    for group in groups:
        changes = attempted(partial(_changes, here, group, is_preview))
        pseudonym = keyed_digest("effect-resident", here.params["correction_id"], group.id)
        mine = failed_table() if changes is None else table_of(changes, pseudonym)
        table = merge_tables(table, mine)
    return table


def _changes(here: Slice, group: Group, is_preview: bool) -> list[Change]:
    new, refs = by_ref(here.params["new_ref"]), frozenset(here.params["old_refs"])
    cause, rules = here.params["correction_id"], current_profile().day_rules
    changes: list[Change] = []
    for sheet in sheets_between(group, here.params["from_on"], here.params["to_on"]):
        if is_preview:
            changes += corrected_days(sheet, refs, new, rules, cause)
        else:
            changes += [_correct(sheet, key, new, cause, here.now) for key in to_correct(sheet, refs, cause)]
    return changes


def _correct(sheet: Sheet, key: str, new: Methodology, cause: str, now: datetime) -> Change:
    before = worth_before(sheet, key, cause)
    try:
        made = replace_worth(sheet.account_id, sheet.on, key, new, cause, now)
    except (Conflict, Refused) as error:
        if error.code not in ("correction-not-possible", "sheet-full"):
            raise
        return change_of(sheet.on, before, before, is_refused=True)
    after = Worth(made.grams_co2e, made.millipoints, made.methodology_ref) if made else before
    return change_of(sheet.on, before, after)


def _finish_preview(here: Slice, table: Result) -> Result:
    seen = {"computed_at": to_text(here.now), "table": shown_table(table)}
    preview = {**seen, "digest": digest_of(seen), "run": here.sweep_id}

    def change(case: Case) -> Case | None:
        known = case.body["preview"]
        is_new = known is None or known["run"] != here.sweep_id
        is_wanted = case.state == PROPOSED and case.body["preview_run"] == here.sweep_id and is_new
        return with_body(case, PROPOSED, preview=preview) if is_wanted else None

    batches.note_on_batch(here.params["correction_id"], change)
    return summary_of(table)


def _finish(here: Slice, table: Result) -> Result:
    result = {"computed_at": to_text(here.now), "table": shown_table(table)}

    def change(case: Case) -> Case | None:
        is_mine = case.state == RUNNING and case.body["run"] == here.sweep_id
        closing = {"result": result, "closed_at": to_text(here.now)}
        return with_body(case, DONE, **closing) if is_mine else None

    batches.note_on_batch(here.params["correction_id"], change)
    return summary_of(table)


PREVIEW = Sweep("correction-preview", partial(_visit, is_preview=True), merge_tables, _finish_preview)
CORRECTION = Sweep("correction", partial(_visit, is_preview=False), merge_tables, _finish)
