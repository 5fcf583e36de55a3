"""Owns appeals over HTTP as those use them who decide: operators by urgency, regulators once a deadline has passed."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR, REGULATOR
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, matching, one_of
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_STATE = matching("^(open|asked|proposed|upheld|rejected|withdrawn)$", "`open` if absent.", examples=["open"])
_OVERDUE = one_of("yes", description="Only those whose deadline has passed.")


@endpoint(
    bp,
    "GET",
    "/v1/operator/appeals",
    roles={OPERATOR, REGULATOR},
    query={"state": _STATE, "overdue": _OVERDUE, **LIST_QUERY},
    answers={200: "AppealCases"},
    summary="居民申诉，最急的在前",
)
def list_appeals(call: Call) -> Page:
    """Answer with a page of all appeals in one state."""
    from chalicelib.services import appeals

    query = call.query
    state, is_overdue_only = query.get("state", "open"), "overdue" in query
    return appeals.list_appeals(state, is_overdue_only, call.limit, call.cursor, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/operator/appeals/{case_id}",
    roles={OPERATOR, REGULATOR},
    answers={200: "AppealCase"},
    problems=("appeal-unknown",),
    summary="一件申诉的全部情况",
)
def get_appeal(call: Call) -> dict[str, object]:
    """Answer with one appeal."""
    from chalicelib.services import appeals

    return appeals.get_appeal(call.path["case_id"], call.now)


@endpoint(
    bp,
    "POST",
    "/v1/operator/appeals/{case_id}/messages",
    roles={OPERATOR},
    body="AskOnAppeal",
    answers={201: "AppealCase"},
    problems=(
        "appeal-unknown",
        "appeal-decided",
        "case-changed",
        "idempotency-key-reused",
        "messages-too-many",
    ),
    summary="请居民补充说明",
)
def ask_resident(call: Call) -> dict[str, object]:
    """Ask the resident."""
    from chalicelib.services import appeal_talks

    return appeal_talks.ask_resident(call.path["case_id"], call.body, call.subject, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/operator/appeals/{case_id}/decision",
    roles={OPERATOR, REGULATOR},
    body="DecideAppeal",
    answers={200: "AppealCase"},
    problems=(
        "appeal-unknown",
        "appeal-decided",
        "appeal-not-overdue",
        "appeal-not-independent",
        "needs-second-person",
        "case-changed",
        "correction-not-possible",
        "too-busy",
    ),
    summary="支持或驳回申诉；支持时恢复或补记行为；积分较多时须第二人复核；逾期的监管方也可决定",
)
def decide_appeal(call: Call) -> dict[str, object]:
    """Decide an appeal."""
    from chalicelib.services import appeal_decisions

    is_regulator = call.actor.role == REGULATOR
    return appeal_decisions.decide_appeal(
        call.path["case_id"], call.body, call.subject, call.now, is_regulator, call.actor.account_id
    )


@endpoint(
    bp,
    "GET",
    "/v1/operator/appeals/{case_id}/photos/{photo_id}",
    roles={OPERATOR, REGULATOR},
    answers={200: "PhotoLink"},
    problems=(
        "appeal-unknown",
        "photo-unknown",
    ),
    summary="申诉所附的照片（地址 5 分钟有效）",
)
def get_appeal_photo(call: Call) -> dict[str, object]:
    """Answer with a link to a photo."""
    from chalicelib.services import appeal_photos, appeals

    fields = appeals.case_fields_of(call.path["case_id"])
    return appeal_photos.photo_link(fields, call.path["photo_id"])
