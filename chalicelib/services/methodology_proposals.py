"""Owns the way of a methodology version into force: submitted, reviewed by an expert, approved, published.

Three people act, never one for another. Must not compute the effect (`services.methodology_effects`), nor edit what is
published. A proposal's document never changes: its digest names it through every step.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.config import config
from chalicelib.domain.days import day_start, local_day, to_text
from chalicelib.domain.methodologies import parse_methodology
from chalicelib.domain.methodology_versions import successor_faults
from chalicelib.domain.plausibility import REFUSE, lint_methodology
from chalicelib.domain.proposals import (
    OBJECTED,
    OPEN_STATES,
    PUBLISHED,
    RECOMMENDED,
    REJECTED,
    SUBMITTED,
    VERDICTS,
    WITHDRAWN,
    answer_faults,
)
from chalicelib.errors import Conflict, Forbidden, InvalidInput, Refused
from chalicelib.profiles import current_profile, load_profile
from chalicelib.services import methodologies
from chalicelib.services.deciding import check_other_person, decide, with_body
from chalicelib.services.proposal_views import read_proposal, shown_proposal
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.store.cases import Case, add_case, add_replacement, find_case
from chalicelib.store.methodologies import KIND, add_published
from chalicelib.store.transactions import Transaction

DOCUMENT_CHARS_MAX = 20_000
EFFECT_DAYS_MAX = 7
_FAULTS_MAX = 50


def submit_proposal(
    proposal_id: str, document: Mapping[str, Any], operator_id: str, now: datetime
) -> dict[str, Any]:
    """Enter the next version of a methodology; the same again answers the same (`_hit`).

    The linter refuses with InvalidInput `methodology-implausible`, naming every field; what it only warns of is kept
    for the reviewer. `approval` in the document is written here: it names the proposal.
    """
    document = {**document, "approval": {"state": "by-proposal", "proposal_id": proposal_id}}
    known = find_case(proposal_id, KIND)
    if known is not None:
        return _same(known, document, operator_id, now)
    today = local_day(now, current_profile().tz)
    warnings = _check(document, today)
    methodology = parse_methodology(document)
    body = {
        "document": document,
        "digest": methodology.digest,
        "ref": methodology.ref,
        "warnings": warnings,
        "submitted_by": operator_id,
        "review": None,
        "effect": None,
        "effect_run": None,
        "approved_by": None,
        "closed_by": None,
        "closed_at": None,
        "closing_reason": None,
    }
    due_at = to_text(day_start(methodology.valid_from - timedelta(days=1), current_profile().tz))
    case = Case(proposal_id, KIND, SUBMITTED, methodology.id, to_text(now), due_at, body)
    if not add_case(case):
        stored = find_case(proposal_id, KIND)
        if stored is None:
            raise Conflict("idempotency-key-reused", "this id was used for something else")
        return _same(stored, document, operator_id, now)
    return shown_proposal(case, now)


def _same(case: Case, document: Mapping[str, Any], operator_id: str, now: datetime) -> dict[str, Any]:
    if (case.body["document"], case.body["submitted_by"]) != (document, operator_id):
        raise Conflict("idempotency-key-reused", "this id was used for another proposal")
    return shown_proposal(case, now) | {"_hit": True}


def _check(document: Mapping[str, Any], today: date) -> list[dict[str, str]]:
    """Return what a reviewer has to answer for; InvalidInput with all that must not be."""
    if len(json.dumps(document, ensure_ascii=False)) > DOCUMENT_CHARS_MAX:
        raise InvalidInput.at("/document", f"must have at most {DOCUMENT_CHARS_MAX} characters")
    findings = lint_methodology(document)
    faults = [{"pointer": f.pointer, "detail": f.reason} for f in findings if f.severity == REFUSE]
    if not faults:
        faults = _faults_among_versions(document, today)
    if faults:
        pointed = [{**f, "pointer": f"/document{f['pointer']}"} for f in faults[:_FAULTS_MAX]]
        raise InvalidInput(pointed, "methodology-implausible")
    return [{"pointer": f.pointer, "reason": f.reason} for f in findings]


def _faults_among_versions(document: Mapping[str, Any], today: date) -> list[dict[str, str]]:
    methodologies.forget_registry()
    versions = methodologies.versions_of(document["id"])
    if document["id"] not in load_profile(config().profile_id).methodologies:
        detail = "is no methodology of this city; a new behaviour enters with the city's profile"
        return [{"pointer": "/id", "detail": detail}]
    return list(successor_faults(document, versions, today, config().demo))


def review_proposal(
    proposal_id: str, review: Mapping[str, Any], verifier_id: str, now: datetime
) -> dict[str, Any]:
    """Keep an expert's review {reviewer_name, organisation, verdict, statement, answers}; the same again is a `_hit`.

    Every warning needs an answer {pointer, statement}. Raises Forbidden `needs-second-person` for the author, Conflict
    `proposal-decided` when it has a review or is closed.
    """
    stated = {**review, "reviewed_by": verifier_id}

    def change(case: Case) -> Case | None:
        known = case.body["review"]
        if known is not None and {**stated, "reviewed_at": known["reviewed_at"]} == known:
            return None
        check_other_person(verifier_id, case.body["submitted_by"])
        _check_state(case, SUBMITTED)
        faults = answer_faults(case.body["warnings"], review["answers"])
        if faults:
            raise InvalidInput(faults)
        state = VERDICTS[review["verdict"]]
        return with_body(case, state, review={**stated, "reviewed_at": to_text(now)})

    return _decided(proposal_id, change, now)


def approve_proposal(proposal_id: str, regulator_id: str, now: datetime) -> dict[str, Any]:
    """Publish a recommended proposal whose effect was computed; the same person again is a `_hit`.

    Raises Forbidden `needs-second-person` for author and reviewer, Refused `review-missing`, `review-objects`,
    `effect-missing`, `proposal-outdated` (too late for its first day, or its number is taken), Conflict
    `proposal-decided`. Case and catalogue change in one transaction.
    """
    case, is_hit = repeat_on_conflict(partial(_approve, proposal_id, regulator_id, now))
    methodologies.forget_registry()
    return shown_proposal(case, now) | ({"_hit": True} if is_hit else {})


def _approve(proposal_id: str, regulator_id: str, now: datetime) -> tuple[Case, bool]:
    case = read_proposal(proposal_id)
    if case.state == PUBLISHED and case.body["approved_by"] == regulator_id:
        return case, True
    _check_approvable(case, regulator_id, now)
    closed = {"closed_by": regulator_id, "closed_at": to_text(now)}
    changed = with_body(case, PUBLISHED, approved_by=regulator_id, **closed)
    tx = Transaction()
    add_published(tx, _record(changed))
    add_replacement(tx, case, changed)
    tx.commit()
    return changed, False


def _check_approvable(case: Case, regulator_id: str, now: datetime) -> None:
    body = case.body
    check_other_person(regulator_id, body["submitted_by"], (body["review"] or {}).get("reviewed_by", ""))
    if case.state == SUBMITTED:
        raise Refused("review-missing", "no expert has reviewed this proposal yet")
    if case.state == OBJECTED:
        raise Refused("review-objects", "the expert did not recommend this proposal")
    _check_state(case, RECOMMENDED)
    if body["effect"] is None or body["effect"]["digest"] != body["digest"]:
        raise Refused("effect-missing", "the effect of exactly this document has not been computed yet")
    today = local_day(now, current_profile().tz)
    is_fresh = date.fromisoformat(body["effect"]["to_on"]) >= today - timedelta(days=EFFECT_DAYS_MAX)
    if not is_fresh or body["effect"]["table"]["failed"]:
        detail = "the effect is too old, or some residents failed; have it computed again"
        raise Refused("effect-outdated", detail, effect_days_max=EFFECT_DAYS_MAX)
    try:
        _check(body["document"], today)
    except InvalidInput as error:
        detail = "this proposal can no longer be published: " + error.detail
        raise Refused("proposal-outdated", detail, errors=error.facts["errors"]) from None


def _record(case: Case) -> dict[str, Any]:
    body = case.body
    kept = {
        name: body[name] for name in ("document", "digest", "ref", "submitted_by", "review", "approved_by")
    }
    return {**kept, "proposal_id": case.case_id, "published_at": body["closed_at"]}


def reject_proposal(proposal_id: str, reason: str, regulator_id: str, now: datetime) -> dict[str, Any]:
    """Close a proposal with the regulator's reason; Conflict `proposal-decided` when it is closed otherwise."""

    def change(case: Case) -> Case | None:
        check_other_person(regulator_id, case.body["submitted_by"])
        return _closed(case, REJECTED, regulator_id, reason, now)

    return _decided(proposal_id, change, now)


def withdraw_proposal(proposal_id: str, operator_id: str, now: datetime) -> dict[str, Any]:
    """Take a proposal back before it is published; Forbidden `proposal-of-others` for anybody but its author."""

    def change(case: Case) -> Case | None:
        if case.body["submitted_by"] != operator_id:
            raise Forbidden("proposal-of-others", "only the author may withdraw a proposal")
        return _closed(case, WITHDRAWN, operator_id, None, now)

    return _decided(proposal_id, change, now)


def _closed(case: Case, state: str, by: str, reason: str | None, now: datetime) -> Case | None:
    if (case.state, case.body["closed_by"], case.body["closing_reason"]) == (state, by, reason):
        return None
    _check_state(case, *OPEN_STATES)
    return with_body(case, state, closed_by=by, closed_at=to_text(now), closing_reason=reason)


def _check_state(case: Case, *allowed: str) -> None:
    if case.state not in allowed:
        raise Conflict("proposal-decided", "this proposal does not wait for that", state=case.state)


def _decided(proposal_id: str, change: Callable[[Case], Case | None], now: datetime) -> dict[str, Any]:
    case, is_hit = decide(partial(read_proposal, proposal_id), change)
    return shown_proposal(case, now) | ({"_hit": True} if is_hit else {})
