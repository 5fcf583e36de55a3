"""Owns corrections of past activities as batches: proposed with a reason, previewed, approved by another, then run.

Must not correct an activity itself (`services.correction_sweeps` does, by `services.corrections`). What a batch is
about never changes after it was proposed; its id is the cause that every correction names.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.methodologies import Methodology
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict, InvalidInput, NotFound, Refused
from chalicelib.profiles import current_profile
from chalicelib.services.deciding import check_other_person, decide, with_body
from chalicelib.services.methodologies import versions_of
from chalicelib.store.cases import (
    NO_DEADLINE,
    Case,
    add_case,
    case_fields,
    find_case,
    list_cases,
    list_cases_of,
)

KIND = "correction"
PROPOSED, RUNNING, DONE, REJECTED = "proposed", "running", "done", "rejected"
STATES = (PROPOSED, RUNNING, DONE, REJECTED)
DAYS_MAX = 366
PREVIEW_GOOD_FOR = timedelta(days=7)
_ASKED = ("methodology_id", "from_on", "to_on", "old_versions", "new_version", "reason")
_ONLY_ALONE = ("preview", "result", "progress")
_CASE_FIELDS = frozenset({"case_id", "kind", "state", "subject", "opened_at", "due_at"})


def propose_correction(asked: Mapping[str, Any], operator_id: str, now: datetime) -> dict[str, Any]:
    """Enter a batch {correction_id, methodology_id, from_on, to_on, old_versions, new_version, reason}.

    The same again answers the same (`_hit`). InvalidInput names what is wrong; Conflict `idempotency-key-reused`.
    """
    known = find_case(asked["correction_id"], KIND)
    if known is not None:
        return _same(known, asked, operator_id)
    refs = _checked(asked, local_day(now, current_profile().tz))
    body = {
        **{name: asked[name] for name in _ASKED},
        **refs,
        "proposed_by": operator_id,
        "preview": None,
        "previews": 0,
        "preview_run": None,
        "approved_by": None,
        "approved_at": None,
        "runs": 0,
        "run": None,
        "result": None,
        "closed_by": None,
        "closed_at": None,
        "closing_reason": None,
    }
    case = Case(
        asked["correction_id"], KIND, PROPOSED, asked["methodology_id"], to_text(now), NO_DEADLINE, body
    )
    if add_case(case):
        return shown_correction(case)
    stored = find_case(asked["correction_id"], KIND)
    if stored is None:
        raise Conflict("idempotency-key-reused", "this id was used for something else")
    return _same(stored, asked, operator_id)


def _same(case: Case, asked: Mapping[str, Any], operator_id: str) -> dict[str, Any]:
    if {**{n: asked[n] for n in _ASKED}, "by": operator_id} != {
        **{n: case.body[n] for n in _ASKED},
        "by": case.body["proposed_by"],
    }:
        raise Conflict("idempotency-key-reused", "this id was used for another correction")
    return shown_correction(case) | {"_hit": True}


def _checked(asked: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return the refs of the old and the new versions; InvalidInput when they or the days cannot be."""
    versions = {m.version: m for m in versions_of(asked["methodology_id"])}
    faults = [*_version_faults(asked, versions), *_day_faults(asked, today)]
    if faults:
        raise InvalidInput([{"pointer": pointer, "detail": detail} for pointer, detail in faults])
    old = [versions[version].ref for version in sorted(set(asked["old_versions"]))]
    return {"old_refs": old, "new_ref": versions[asked["new_version"]].ref}


def _version_faults(
    asked: Mapping[str, Any], versions: Mapping[int, Methodology]
) -> Iterator[tuple[str, str]]:
    if not versions:
        yield "/methodology_id", "没有这个方法学"
        return
    new = versions.get(asked["new_version"])
    if new is None:
        yield "/new_version", "没有这一版；须先发布"
    for position, version in enumerate(asked["old_versions"]):
        old = versions.get(version)
        if old is None:
            yield f"/old_versions/{position}", "没有这一版"
        elif old is new:
            yield f"/old_versions/{position}", "不能是新版本自己"
        elif new is not None and old.inputs.keys() != new.inputs.keys():
            yield f"/old_versions/{position}", "两版计量的东西不同，不能换算"


def _day_faults(asked: Mapping[str, Any], today: date) -> Iterator[tuple[str, str]]:
    from_on, to_on = date.fromisoformat(asked["from_on"]), date.fromisoformat(asked["to_on"])
    if to_on < from_on:
        yield "/to_on", "早于 from_on"
    elif (to_on - from_on).days >= DAYS_MAX:
        yield "/to_on", f"一次最多 {DAYS_MAX} 天"
    elif to_on >= today:
        yield "/to_on", "必须是过去的日期"


def approve_batch(
    correction_id: str, preview_digest: str, person_id: str, now: datetime
) -> tuple[Case, bool]:
    """Let a batch run, on the word of somebody who did not propose it and has seen the preview of that digest.

    Also whether that was so before. Raises Forbidden `needs-second-person`, Refused `preview-missing`, or
    `preview-stale` when it was computed more than a week ago, Conflict `preview-changed` when it is not the newest one,
    `correction-decided`.
    """

    def change(case: Case) -> Case | None:
        if case.state in (RUNNING, DONE) and case.body["approved_by"] == person_id:
            return None
        _check_state(case, PROPOSED)
        check_other_person(person_id, case.body["proposed_by"])
        _check_seen(case.body["preview"], preview_digest, now)
        approved = {"approved_by": person_id, "approved_at": to_text(now)}
        return with_body(case, RUNNING, runs=1, run=run_id(case.case_id, 1), **approved)

    return decide(partial(read_correction, correction_id), change)


def _check_seen(preview: Mapping[str, Any] | None, digest: str, now: datetime) -> None:
    if preview is None:
        raise Refused("preview-missing", "nobody has seen yet what this correction would do")
    if preview["digest"] != digest:
        raise Conflict(
            "preview-changed", "there is a newer preview than the one named", digest=preview["digest"]
        )
    if preview["computed_at"] < to_text(now - PREVIEW_GOOD_FOR):
        raise Refused(
            "preview-stale", "much may have changed since the preview", computed_at=preview["computed_at"]
        )


def reopen_batch(correction_id: str) -> tuple[Case, bool]:
    """Let an approved batch that is through run once more, for residents that failed and days that came late."""

    def change(case: Case) -> Case | None:
        if case.state == RUNNING:
            return None
        _check_state(case, DONE)
        number = case.body["runs"] + 1
        return with_body(case, RUNNING, runs=number, run=run_id(case.case_id, number))

    return decide(partial(read_correction, correction_id), change)


def reject_correction(correction_id: str, reason: str, person_id: str, now: datetime) -> dict[str, Any]:
    """Close a batch before it runs, with the reason; the same again is a `_hit`. Conflict `correction-decided`."""

    def change(case: Case) -> Case | None:
        if (case.state, case.body["closed_by"], case.body["closing_reason"]) == (REJECTED, person_id, reason):
            return None
        _check_state(case, PROPOSED)
        closing = {"closed_by": person_id, "closed_at": to_text(now), "closing_reason": reason}
        return with_body(case, REJECTED, **closing)

    case, is_hit = decide(partial(read_correction, correction_id), change)
    return shown_correction(case) | ({"_hit": True} if is_hit else {})


def note_on_batch(correction_id: str, change: Callable[[Case], Case | None]) -> Case:
    """Change a batch by what a sweep found; return it as it stands then."""
    return decide(partial(read_correction, correction_id), change)[0]


def run_id(correction_id: str, number: int) -> str:
    """Return the id of the sweep that is a batch's `number`th run."""
    return f"correct-{correction_id}-{number}"


def read_correction(correction_id: str) -> Case:
    """Return the case of a batch; NotFound `correction-unknown`."""
    case = find_case(correction_id, KIND)
    if case is None:
        raise NotFound("correction-unknown", f"there is no correction {correction_id!r}", id=correction_id)
    return case


def reason_of(cause: str) -> str | None:
    """Return the reason that was given for the batch behind a correction; None when no batch made it."""
    case = find_case(cause, KIND)
    return case.body["reason"] if case is not None else None


def list_corrections(state: str | None, methodology_id: str | None, limit: int, cursor: str | None) -> Page:
    """Return a page of batches without their tables: those of one methodology, newest first, else those in `state`.

    Without either, those that are proposed.
    """
    if methodology_id is not None:
        page = list_cases_of(methodology_id, KIND, limit, cursor)
    else:
        page = list_cases(KIND, state or PROPOSED, limit, cursor)
    shown = [_shown(item) for item in page.items]
    summaries = [{name: one[name] for name in one if name not in _ONLY_ALONE} for one in shown]
    return Page(summaries, page.cursor)


def shown_correction(case: Case) -> dict[str, Any]:
    """Return a batch as those who work on it see it."""
    return _shown(case_fields(case))


def _shown(fields: Mapping[str, Any]) -> dict[str, Any]:
    body = {name: value for name, value in fields.items() if name not in _CASE_FIELDS}
    return {
        "correction_id": fields["case_id"],
        "state": fields["state"],
        "proposed_at": fields["opened_at"],
        "progress": None,
        **body,
    }


def _check_state(case: Case, *allowed: str) -> None:
    if case.state not in allowed:
        raise Conflict("correction-decided", "this correction does not wait for that", state=case.state)
