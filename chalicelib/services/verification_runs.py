"""Owns the work behind verification batches: listing what waits, drawing the sample, crediting or rejecting all of it.

Must not decide anything; verifiers do. Bounded and resumable: a case keeps how far it got, what was listed lies in
files, and every correction is known by the case's id, so that a repeated step changes nothing.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

from chalicelib.domain.corrections import Correction
from chalicelib.domain.sheets import activity_id
from chalicelib.domain.verifying import NOT_OK, POPULATION_MAX, draw_sample, pending_on
from chalicelib.errors import Conflict, Refused
from chalicelib.services import corrections, pending
from chalicelib.services.failures import attempted
from chalicelib.services.verifications import (
    AT_WORK,
    CONFIRMED,
    CONFIRMING,
    DRAWING,
    EMPTY,
    KIND,
    OPEN,
    REJECTED,
    TOO_LARGE,
    population_key,
)
from chalicelib.store import cases, files, queues
from chalicelib.store.cases import NO_DEADLINE, Case
from chalicelib.store.sheet_index import read_pages
from chalicelib.store.sheets import SHARDS

UNFINISHED, OVERTAKEN = "unfinished", "overtaken"
LINES_PER_SAVE = 200
PAGE_CASES = 100
Line = tuple[str, date, str]
ShouldStop = Callable[[], bool]


class CorrectionsFailed(Exception):
    """Some activities of a batch could not be decided; the log has the causes, the next attempt tries them again."""


def work_on(case_id: str, now: datetime, should_stop: ShouldStop) -> str:
    """Do what a batch waits for until it is done or told to stop; return its state.

    Told to stop, it has put itself into the queue again and returns `unfinished`; `overtaken` when another worker is at
    the same batch. Raises CorrectionsFailed when something is left to be tried again.
    """
    case = cases.get_case(case_id, KIND)
    try:
        case = _drawn(case, now, should_stop) if case.state == DRAWING else case
        case = _applied(case, now, should_stop) if case.state in AT_WORK[1:] else case
    except Conflict as error:
        if error.code != "case-changed":
            raise
        return OVERTAKEN
    if case.state in AT_WORK:
        queues.send_message("jobs", {"verification": case_id})
        return UNFINISHED
    return case.state


def hand_on_unfinished() -> int:
    """Put every batch that waits for work into the queue again and finish single decisions; return how many.

    Nightly: whoever decided may have been cut off between the decision and the message.
    """
    handed_on = 0
    for state in AT_WORK:
        for item in _all_cases(KIND, state):
            queues.send_message("jobs", {"verification": item["case_id"]})
            handed_on += 1
    return handed_on


def finish_decisions(now: datetime, should_stop: ShouldStop = lambda: False) -> int:
    """Let single decisions take effect that were cut off before they did, until done or told to stop; return how many.

    A decision that took effect is not found again: whoever was stopped, or the next night, goes on with the rest.
    """
    finished = 0
    for item in _all_cases(pending.KIND, pending.DECIDING):
        if should_stop():
            break
        case = cases.get_case(item["case_id"], pending.KIND)
        attempted(partial(pending.finish_decision, case, now))
        finished += 1
    return finished


def _all_cases(kind: str, state: str) -> Iterator[dict[str, Any]]:
    """Yield all cases in a state, page after page; those that leave it meanwhile skip nobody."""
    cursor: str | None = None
    while True:
        page = cases.list_cases(kind, state, PAGE_CASES, cursor)
        yield from page.items
        if page.cursor is None:
            return
        cursor = page.cursor


def _drawn(case: Case, now: datetime, should_stop: ShouldStop) -> Case:
    """List shard after shard what waits, each a file; when all are listed, draw the sample."""
    body = case.body
    days = date.fromisoformat(body["from_on"]), date.fromisoformat(body["to_on"])
    wanted = pending.wanted_of(body["methodology_id"], body["source"], *days, now)
    while case.body["cursor"] < SHARDS:
        if should_stop():
            return case
        shard = case.body["cursor"]
        lines = [
            (sheet.account_id, sheet.on, activity.event_key)
            for found in read_pages("by_pending", f"{shard:02d}", *days, None)
            for sheet in found.sheets
            for activity in pending_on(sheet, wanted)
        ]
        part_key = _written_part(case.case_id, shard, lines)
        facts = {
            "cursor": shard + 1,
            "population": case.body["population"] + len(lines),
            "parts": [*case.body["parts"], part_key],
        }
        case = cases.replace_case(case, replace(case, body=case.body | facts))
        if case.body["population"] > POPULATION_MAX:
            return _closed(case, TOO_LARGE)
    return _with_sample(case)


def _with_sample(case: Case) -> Case:
    by_id = {activity_id(on, key): (account_id, on, key) for account_id, on, key in _lines(case)}
    if not by_id:
        return _closed(case, EMPTY)
    files.write_bytes(
        population_key(case.case_id), "".join(f"{one}\n" for one in sorted(by_id)).encode("ascii")
    )
    unjudged = dict.fromkeys(("result", "note", "judged_by", "judged_at"))
    sample = []
    for drawn in draw_sample(case.body["seed"], by_id, case.body["sample_size"]):
        account_id, on, event_key = by_id[drawn]
        where = {"account_id": account_id, "on": on.isoformat(), "event_key": event_key}
        sample.append({**where, **unjudged})
    return cases.replace_case(case, replace(case, state=OPEN, body=case.body | {"sample": sample}))


def _applied(case: Case, now: datetime, should_stop: ShouldStop) -> Case:
    """Confirm or reject line after line, saving how far it got; what could not be decided is tried again later."""
    lines = list(_lines(case))
    while case.body["cursor"] < len(lines):
        if should_stop():
            return case
        case = _applied_some(case, lines, now, should_stop)
    if failed := case.body["failed"]:
        anew = {"cursor": 0, "failed": 0, "result": dict.fromkeys(case.body["result"], 0)}
        cases.replace_case(case, replace(case, body=case.body | anew))
        raise CorrectionsFailed(f"{failed} activities could not be decided; the log has the causes")
    return _closed(case, CONFIRMED if case.state == CONFIRMING else REJECTED)


def _applied_some(case: Case, lines: list[Line], now: datetime, should_stop: ShouldStop) -> Case:
    cursor, failed, result = case.body["cursor"], case.body["failed"], dict(case.body["result"])
    for line in lines[cursor : cursor + LINES_PER_SAVE]:
        outcome = attempted(partial(_decide_line, case, line, now))
        if outcome is None:
            failed += 1
        else:
            result[outcome] += 1
        cursor += 1
        if should_stop():
            break
    facts = {"cursor": cursor, "failed": failed, "result": result}
    return cases.replace_case(case, replace(case, body=case.body | facts))


def _decide_line(case: Case, line: Line, now: datetime) -> str:
    """Decide one activity and return what became of it, a name in the batch's result."""
    failed = {drawn["event_key"] for drawn in case.body["sample"] if drawn["result"] == NOT_OK}
    is_credited = case.state == CONFIRMING and line[2] not in failed
    apply = corrections.confirm_activity if is_credited else corrections.reject_activity
    try:
        correction = apply(*line, case.case_id, now)
    except Conflict as error:
        if error.code != "correction-not-possible":
            raise
        return "decided_before"
    except Refused:
        return "no_room"  # still pending: it can only be rejected
    return _outcome_of(correction) if is_credited else "rejected"


def _outcome_of(correction: Correction | None) -> str:
    return "credited" if correction is not None and correction.grams_co2e else "withheld"


def _closed(case: Case, state: str) -> Case:
    return cases.replace_case(case, replace(case, state=state, due_at=NO_DEADLINE))


def _lines(case: Case) -> Iterator[Line]:
    for part_key in case.body["parts"]:
        for line in files.read_bytes(part_key).decode("ascii").splitlines():
            account_id, on, event_key = line.split(",")
            yield account_id, date.fromisoformat(on), event_key


def _written_part(case_id: str, shard: int, lines: list[Line]) -> str:
    """Keep what waits in one shard, and return where: named by its content, nobody who comes late exchanges it."""
    content = "".join(f"{account_id},{on},{event_key}\n" for account_id, on, event_key in lines).encode(
        "ascii"
    )
    key = f"verifications/{case_id}/{shard:02d}-{hashlib.sha256(content).hexdigest()[:32]}.csv"
    files.write_bytes(key, content)
    return key
