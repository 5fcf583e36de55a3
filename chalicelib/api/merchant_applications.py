"""Owns how a merchant joins, over HTTP: anybody applies, one operator looks it through, another approves."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR, PUBLIC
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, matching
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_ONE = "/v1/operator/merchant-applications/{application_id}"
_STATE = matching("^(submitted|reviewed|approved|rejected)$", "`submitted` if absent.")
_DECISION_PROBLEMS = ("merchant-application-unknown", "application-wrong-state", "case-changed")


@endpoint(
    bp,
    "POST",
    "/v1/merchant-applications",
    roles={PUBLIC},
    body="Apply",
    answers={201: "PublicApplication"},
    problems=(
        "application-pending",
        "credit-code-in-use",
        "idempotency-key-reused",
        "too-many-applications",
        "too-busy",
    ),
    summary="申请加入碳惠联盟",
    tag="merchants",
)
def apply(call: Call) -> dict[str, object]:
    """Keep an application; the same id again repeats the answer."""
    from chalicelib.services import merchant_applications

    application_id, source = call.body["application_id"], call.source_ip
    return merchant_applications.submit_application(application_id, call.body, call.now, source)


@endpoint(
    bp,
    "GET",
    "/v1/merchant-applications/{application_id}",
    roles={PUBLIC},
    answers={200: "PublicApplication"},
    problems=("merchant-application-unknown",),
    summary="我的申请到了哪一步",
    tag="merchants",
)
def get_own_application(call: Call) -> dict[str, object]:
    """Answer whoever knows the application's id."""
    from chalicelib.services import merchant_applications

    return merchant_applications.get_public_application(call.path["application_id"])


@endpoint(
    bp,
    "GET",
    "/v1/operator/merchant-applications",
    roles={OPERATOR},
    query={"state": _STATE, **LIST_QUERY},
    answers={200: "Applications"},
    summary="商户申请，最急的在前",
    tag="merchants",
)
def list_applications(call: Call) -> Page:
    """Answer with a page of the applications in one state."""
    from chalicelib.services import merchant_applications

    state = call.query.get("state", "submitted")
    return merchant_applications.list_applications(state, call.limit, call.cursor)


@endpoint(
    bp,
    "GET",
    _ONE,
    roles={OPERATOR},
    answers={200: "Application"},
    problems=("merchant-application-unknown",),
    summary="一份商户申请",
    tag="merchants",
)
def get_application(call: Call) -> dict[str, object]:
    """Answer with one application."""
    from chalicelib.services import merchant_applications

    return merchant_applications.get_application(call.path["application_id"])


@endpoint(
    bp,
    "POST",
    _ONE + "/review",
    roles={OPERATOR},
    body="ReviewApplication",
    answers={200: "Application"},
    problems=(*_DECISION_PROBLEMS,),
    summary="初审通过：写明合作期和店长账号，等另一人批准",
    tag="merchants",
)
def review_application(call: Call) -> dict[str, object]:
    """Recommend approval; somebody else approves."""
    from chalicelib.services import merchant_applications

    return merchant_applications.review_application(
        call.path["application_id"], call.body, call.subject, call.now
    )


@endpoint(
    bp,
    "POST",
    _ONE + "/approval",
    roles={OPERATOR},
    answers={200: "Application"},
    problems=(
        *_DECISION_PROBLEMS,
        "needs-second-person",
        "credit-code-in-use",
        "login-taken",
        "too-busy",
    ),
    summary="批准申请（不能是初审人），商户即时生效",
    tag="merchants",
)
def approve_application(call: Call) -> dict[str, object]:
    """Enter the merchant and its first manager."""
    from chalicelib.services import merchant_applications

    return merchant_applications.approve_application(call.path["application_id"], call.subject, call.now)


@endpoint(
    bp,
    "POST",
    _ONE + "/rejection",
    roles={OPERATOR},
    body="RejectApplication",
    answers={200: "Application"},
    problems=(*_DECISION_PROBLEMS,),
    summary="驳回申请，写明原因",
    tag="merchants",
)
def reject_application(call: Call) -> dict[str, object]:
    """Reject an application; the applicant reads why."""
    from chalicelib.services import merchant_applications

    return merchant_applications.reject_application(
        call.path["application_id"], call.body["reason"], call.subject, call.now
    )
