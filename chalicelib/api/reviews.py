"""Owns what operators decide about charges and residents over HTTP: release or cancel a held charge, freeze points."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, one_of
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_ONE = "/v1/operator/reviews/{redemption_id}"
_RESIDENT = "/v1/operator/residents/{account_id}"
_DECIDING_PROBLEMS = ("hold-review-unknown", "review-decided", "too-busy")


@endpoint(
    bp,
    "GET",
    "/v1/operator/reviews",
    roles={OPERATOR},
    query={**LIST_QUERY, "state": one_of("open", "released", "cancelled", description="open if absent.")},
    answers={200: "Reviews"},
    summary="待复核的收款，最急的在前",
)
def list_reviews(call: Call) -> Page:
    """Answer with a page of reviews."""
    from chalicelib.services import reviews

    return reviews.list_reviews(call.query.get("state", "open"), call.limit, call.cursor)


@endpoint(
    bp,
    "POST",
    _ONE + "/release",
    roles={OPERATOR},
    body="Decide",
    answers={200: "Charge"},
    problems=_DECIDING_PROBLEMS,
    summary="放行：扣除冻结的积分，减排量转给商户",
)
def release_charge(call: Call) -> dict[str, object]:
    """Let a charge through."""
    from chalicelib.services import reviews

    return reviews.release_charge(call.path["redemption_id"], call.subject, call.body["reason"], call.now)


@endpoint(
    bp,
    "POST",
    _ONE + "/cancel",
    roles={OPERATOR},
    body="Decide",
    answers={200: "Charge"},
    problems=_DECIDING_PROBLEMS,
    summary="不予放行：积分原路返回",
)
def cancel_charge(call: Call) -> dict[str, object]:
    """Do not let a charge through."""
    from chalicelib.services import reviews

    return reviews.cancel_charge(call.path["redemption_id"], call.subject, call.body["reason"], call.now)


@endpoint(
    bp,
    "POST",
    _RESIDENT + "/freeze",
    roles={OPERATOR},
    body="Decide",
    answers={200: "Freezing"},
    problems=("account-empty", "too-busy"),
    summary="冻结居民积分：可获得，不可使用",
)
def freeze_resident(call: Call) -> dict[str, object]:
    """Freeze a resident's points."""
    from chalicelib.services import freezing

    return freezing.freeze(call.path["account_id"], call.subject, call.body["reason"], call.now)


@endpoint(
    bp,
    "POST",
    _RESIDENT + "/unfreeze",
    roles={OPERATOR},
    body="Decide",
    answers={200: "Freezing"},
    problems=("account-empty", "account-closed", "too-busy"),
    summary="解除冻结",
)
def unfreeze_resident(call: Call) -> dict[str, object]:
    """Let a resident's points go."""
    from chalicelib.services import freezing

    return freezing.unfreeze(call.path["account_id"], call.subject, call.body["reason"], call.now)
