"""Owns what operators decide about offers over HTTP: approve or give back a draft, end an offer, keep one for some."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, matching
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_ANY = "/v1/operator/offer-drafts/{draft_id}"
_DECISION_PROBLEMS = ("offer-draft-unknown", "offer-wrong-state", "case-changed")
_STATE = matching("^(draft|review|published|discarded)$", "`review` if absent.")


@endpoint(
    bp,
    "GET",
    "/v1/operator/offer-drafts",
    roles={OPERATOR},
    query={"state": _STATE, **LIST_QUERY},
    answers={200: "OfferDrafts"},
    summary="优惠草稿，默认待审核的，最急的在前",
    tag="offers",
)
def list_drafts(call: Call) -> Page:
    """Answer with a page of the drafts in one state."""
    from chalicelib.services import offer_drafts

    return offer_drafts.list_drafts(call.query.get("state", "review"), call.limit, call.cursor)


@endpoint(
    bp,
    "GET",
    _ANY,
    roles={OPERATOR},
    answers={200: "OfferDraft"},
    problems=("offer-draft-unknown",),
    summary="一份优惠草稿",
    tag="offers",
)
def get_draft(call: Call) -> dict[str, object]:
    """Answer with one draft."""
    from chalicelib.services import offer_drafts

    return offer_drafts.get_draft(call.path["draft_id"])


@endpoint(
    bp,
    "POST",
    _ANY + "/approval",
    roles={OPERATOR},
    answers={200: "OfferDraft"},
    problems=(
        *_DECISION_PROBLEMS,
        "needs-second-person",
        "merchant-unknown",
        "merchant-suspended",
        "merchant-left",
        "merchant-contract-over",
        "offer-exists",
        "offer-ended",
        "too-busy",
    ),
    summary="批准优惠，即时生效（不能是起草人）",
    tag="offers",
)
def approve_draft(call: Call) -> dict[str, object]:
    """Put a submitted draft in force."""
    from chalicelib.services import offer_drafts

    return offer_drafts.approve_draft(call.path["draft_id"], call.subject, call.now)


@endpoint(
    bp,
    "POST",
    _ANY + "/rejection",
    roles={OPERATOR},
    body="Reason",
    answers={200: "OfferDraft"},
    problems=(*_DECISION_PROBLEMS,),
    summary="退回优惠，写明原因",
    tag="offers",
)
def reject_draft(call: Call) -> dict[str, object]:
    """Give a submitted draft back."""
    from chalicelib.services import offer_drafts

    return offer_drafts.reject_draft(call.path["draft_id"], call.body["reason"], call.subject, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/operator/offers/{offer_id}/end",
    roles={OPERATOR},
    body="Reason",
    answers={200: "PublishedOffer"},
    problems=(
        "offer-unknown",
        "too-busy",
    ),
    summary="结束一项优惠；已领取的优惠券照常使用",
    tag="offers",
)
def end_offer(call: Call) -> dict[str, object]:
    """End any offer now."""
    from chalicelib.services import offer_drafts

    return offer_drafts.end_offer(call.path["offer_id"], call.body["reason"], call.subject, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/operator/audiences",
    roles={OPERATOR},
    body="MakeAudience",
    answers={201: "Audience"},
    problems=("audience-exists",),
    summary="建立一个人群，例如某期榜单的获奖者",
    tag="offers",
)
def make_audience(call: Call) -> dict[str, object]:
    """Enter an audience without members."""
    from chalicelib.services import audiences

    return audiences.make_audience(call.body["id"], call.body["title"], call.subject, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/operator/audiences/{audience_id}/members",
    roles={OPERATOR},
    body="AdmitMembers",
    answers={200: "AdmittedAudience"},
    problems=("audience-unknown", "too-busy"),
    summary="把居民加入人群（可重复提交）",
    tag="offers",
)
def admit_members(call: Call) -> dict[str, object]:
    """Add residents to an audience."""
    from chalicelib.services import audiences

    return audiences.admit(call.path["audience_id"], call.body["account_ids"])
