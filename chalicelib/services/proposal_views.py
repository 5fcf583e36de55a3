"""Owns how proposed methodology versions are found and shown to those who work on them.

Must not change one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.days import local_day
from chalicelib.domain.methodology_versions import state_on
from chalicelib.domain.pages import Page
from chalicelib.domain.proposals import OPEN_STATES
from chalicelib.errors import NotFound
from chalicelib.profiles import current_profile
from chalicelib.services import methodologies
from chalicelib.services.sweeps import progress_of
from chalicelib.store.cases import Case, case_fields, find_case, list_cases, list_cases_of
from chalicelib.store.methodologies import KIND
from chalicelib.store.runs import find_run

_ONLY_ALONE = ("document", "effect", "progress")
_CASE_FIELDS = frozenset({"case_id", "kind", "state", "subject", "opened_at", "due_at"})


def read_proposal(proposal_id: str) -> Case:
    """Return the case of a proposal; NotFound `proposal-unknown`."""
    case = find_case(proposal_id, KIND)
    if case is None:
        raise NotFound("proposal-unknown", f"there is no proposal {proposal_id!r}", id=proposal_id)
    return case


def get_proposal(proposal_id: str, now: datetime) -> dict[str, Any]:
    """Return a proposal with its document, review, effect, and how far the computing of that is.

    Raises NotFound `proposal-unknown`.
    """
    case = read_proposal(proposal_id)
    run = find_run(case.body["effect_run"]) if case.body["effect_run"] else None
    return {**shown_proposal(case, now), "progress": progress_of(run) if run else None}


def list_proposals(
    state: str | None, methodology_id: str | None, limit: int, cursor: str | None, now: datetime
) -> Page:
    """Return proposals without document and effect: those of one methodology, newest first, else those in `state`.

    The first to begin come first; without a state, all that wait for somebody, on one page.
    """
    if methodology_id is not None:
        page = list_cases_of(methodology_id, KIND, limit, cursor)
    elif state is not None:
        page = list_cases(KIND, state, limit, cursor)
    else:
        waiting = [item for one in OPEN_STATES for item in list_cases(KIND, one, limit).items]
        page = Page(sorted(waiting, key=lambda item: item["due_at"])[:limit], None)
    return Page([_summary(_shown(item, now)) for item in page.items], page.cursor)


def _summary(proposal: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in proposal.items() if name not in _ONLY_ALONE}


def shown_proposal(case: Case, now: datetime) -> dict[str, Any]:
    """Return a proposal as those who work on it see it; `version_state` says how a published one stands today."""
    return _shown(case_fields(case), now)


def _shown(fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    body = {name: value for name, value in fields.items() if name not in _CASE_FIELDS}
    return {
        "proposal_id": fields["case_id"],
        "state": fields["state"],
        "methodology_id": fields["subject"],
        "version": fields["document"]["version"],
        "valid_from": fields["document"]["valid_from"],
        "submitted_at": fields["opened_at"],
        "decide_before": fields["due_at"],
        "version_state": _version_state(fields["subject"], fields["ref"], now),
        "progress": None,
        **body,
    }


def _version_state(methodology_id: str, ref: str, now: datetime) -> str | None:
    versions = methodologies.versions_of(methodology_id)
    today = local_day(now, current_profile().tz)
    for methodology in versions:
        if methodology.ref == ref:
            return state_on(versions, methodology, today)
    return None
