"""Owns the way of a methodology version into force over HTTP: operators, verifiers, regulators each do their part."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR, REGULATOR, VERIFIER
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, matching
from chalicelib.domain.pages import Page
from chalicelib.domain.proposals import STATES

bp = Blueprint(__name__)
_STATE = matching(f"^({'|'.join(STATES)})$", "Without it, all that wait for somebody, on one page.")
_METHODOLOGY_ID = matching("^[a-z0-9][a-z0-9-]{1,47}$", "All proposals of this methodology, newest first.")
_CHANGING = ("proposal-unknown", "proposal-decided", "case-changed")


@endpoint(
    bp,
    "POST",
    "/v1/operator/methodologies",
    roles={OPERATOR},
    body="SubmitProposal",
    answers={201: "Proposal"},
    problems=("methodology-implausible", "idempotency-key-reused"),
    summary="提交方法学的下一版；检查不通过时逐项指出，警告须由评审专家答复",
)
def submit_proposal(call: Call) -> dict[str, object]:
    """Enter a proposal."""
    from chalicelib.services import methodology_proposals

    asked = call.body
    return methodology_proposals.submit_proposal(
        asked["proposal_id"], asked["document"], call.subject, call.now
    )


@endpoint(
    bp,
    "GET",
    "/v1/operator/methodologies",
    roles={OPERATOR, VERIFIER, REGULATOR},
    query={"state": _STATE, "methodology_id": _METHODOLOGY_ID, **LIST_QUERY},
    answers={200: "Proposals"},
    summary="方法学提案，最先到期的在前",
)
def list_proposals(call: Call) -> Page:
    """Answer with a page of proposals."""
    from chalicelib.services import proposal_views

    state, methodology_id = call.query.get("state"), call.query.get("methodology_id")
    return proposal_views.list_proposals(state, methodology_id, call.limit, call.cursor, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/operator/methodologies/{proposal_id}",
    roles={OPERATOR, VERIFIER, REGULATOR},
    answers={200: "Proposal"},
    problems=("proposal-unknown",),
    summary="一份提案：文件、警告、评审意见、影响测算",
)
def get_proposal(call: Call) -> dict[str, object]:
    """Answer with one proposal."""
    from chalicelib.services import proposal_views

    return proposal_views.get_proposal(call.path["proposal_id"], call.now)


@endpoint(
    bp,
    "POST",
    "/v1/operator/methodologies/{proposal_id}/effect",
    roles={OPERATOR, VERIFIER, REGULATOR},
    answers={202: "Proposal"},
    problems=_CHANGING,
    summary="测算影响：用新旧两版重算最近 30 天的行为，逐日比较；当天重发则接着算",
)
def compute_effect(call: Call) -> dict[str, object]:
    """Have the effect of a proposal computed."""
    from chalicelib.services import methodology_effects

    return methodology_effects.start_effect(call.path["proposal_id"], call.now)


@endpoint(
    bp,
    "POST",
    "/v1/operator/methodologies/{proposal_id}/withdrawal",
    roles={OPERATOR},
    answers={200: "Proposal"},
    problems=(*_CHANGING, "proposal-of-others"),
    summary="发布前撤回自己的提案",
)
def withdraw_proposal(call: Call) -> dict[str, object]:
    """Take a proposal back."""
    from chalicelib.services import methodology_proposals

    return methodology_proposals.withdraw_proposal(call.path["proposal_id"], call.subject, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/verifier/methodologies/{proposal_id}/review",
    roles={VERIFIER},
    body="ReviewProposal",
    answers={200: "Proposal"},
    problems=(*_CHANGING, "needs-second-person"),
    summary="专家评审：结论、意见、对每条警告的答复（不能是提交人）",
)
def review_proposal(call: Call) -> dict[str, object]:
    """Keep an expert's review."""
    from chalicelib.services import methodology_proposals

    return methodology_proposals.review_proposal(call.path["proposal_id"], call.body, call.subject, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/regulator/methodologies/{proposal_id}/approval",
    roles={REGULATOR},
    answers={200: "Proposal"},
    problems=(
        *("proposal-unknown", "proposal-decided", "needs-second-person", "too-busy"),
        *("review-missing", "review-objects", "effect-missing", "effect-outdated", "proposal-outdated"),
    ),
    summary="批准并发布（不能是提交人或评审专家；须先测算影响）",
)
def approve_proposal(call: Call) -> dict[str, object]:
    """Publish a proposal."""
    from chalicelib.services import methodology_proposals

    return methodology_proposals.approve_proposal(call.path["proposal_id"], call.subject, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/regulator/methodologies/{proposal_id}/rejection",
    roles={REGULATOR},
    body="RejectProposal",
    answers={200: "Proposal"},
    problems=(*_CHANGING, "needs-second-person"),
    summary="驳回提案并说明理由",
)
def reject_proposal(call: Call) -> dict[str, object]:
    """Turn a proposal down."""
    from chalicelib.services import methodology_proposals

    return methodology_proposals.reject_proposal(
        call.path["proposal_id"], call.body["reason"], call.subject, call.now
    )
