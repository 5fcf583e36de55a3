"""What the tests of methodology versions share: a next version, and the three who bring it into force."""

import copy
from datetime import UTC, date, datetime
from typing import Any

from chalicelib.services.methodologies import versions_of
from chalicelib.services.methodology_proposals import approve_proposal, review_proposal, submit_proposal
from chalicelib.services.proposal_views import read_proposal
from chalicelib.store.cases import replace_case

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
FIRST_DAY = date(2026, 11, 22)
AUTHOR, EXPERT, REGULATOR = "stf_author", "stf_expert", "stf_regulator"
PROPOSAL = "prp_bicycle_02"
REVIEW = {
    "reviewer_name": "陈教授",
    "organisation": "宁夏大学",
    "verdict": "recommended",
    "statement": "因子来源清楚，取值合理。",
}


def next_version(methodology_id: str = "shared-bicycle", **changes: Any) -> dict[str, Any]:
    """Return the document of the version after the newest, from the first day that is possible at NOW."""
    newest = versions_of(methodology_id)[0]
    document = copy.deepcopy(dict(newest.document))
    del document["approval"]
    return {
        **document,
        "version": newest.version + 1,
        "valid_from": FIRST_DAY.isoformat(),
        **changes,
    }


def with_factor(document: dict[str, Any], name: str, **fields: Any) -> dict[str, Any]:
    """Return the document with fields of one factor changed."""
    factors = {**document["factors"], name: {**document["factors"][name], **fields}}
    return {**document, "factors": factors}


def faster_bicycle(**changes: Any) -> dict[str, Any]:
    """Return the next version of the shared bicycle, at 60 grams a kilometre instead of 40."""
    return with_factor(next_version(**changes), "grams_per_unit", value="60")


def submit(
    document: dict[str, Any] | None = None, proposal_id: str = PROPOSAL, now: datetime = NOW, by=AUTHOR
):
    """Submit a proposal."""
    return submit_proposal(proposal_id, document or faster_bicycle(), by, now)


def review(proposal_id: str = PROPOSAL, now: datetime = NOW, by=EXPERT, **changes: Any):
    """Review a proposal, with an answer to every warning."""
    warnings = read_proposal(proposal_id).body["warnings"]
    answers = [{"pointer": w["pointer"], "statement": "已核对，可以接受。"} for w in warnings]
    return review_proposal(proposal_id, {**REVIEW, "answers": answers, **changes}, by, now)


def pretend_effect(proposal_id: str = PROPOSAL, **changes: Any) -> None:
    """Enter an effect as if it had been computed."""
    case = read_proposal(proposal_id)
    effect = {
        "digest": case.body["digest"],
        "from_on": "2026-10-22",
        "to_on": "2026-11-20",
        "computed_at": "2026-11-21T03:00:00.000Z",
        "table": {"failed": 0},
        **changes,
    }
    replace_case(case, type(case)(**{**_fields(case), "body": {**case.body, "effect": effect}}))


def _fields(case: Any) -> dict[str, Any]:
    return {name: getattr(case, name) for name in case.__dataclass_fields__}


def approve(proposal_id: str = PROPOSAL, now: datetime = NOW, by=REGULATOR):
    """Approve a proposal."""
    return approve_proposal(proposal_id, by, now)


def publish(document: dict[str, Any] | None = None, proposal_id: str = PROPOSAL, now: datetime = NOW):
    """Bring a document into force all the way; return the proposal."""
    submit(document, proposal_id, now)
    review(proposal_id, now)
    pretend_effect(proposal_id)
    return approve(proposal_id, now)
