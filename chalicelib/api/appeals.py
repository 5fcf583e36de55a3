"""Owns appeals over HTTP: residents object and see what became of it, operators decide by urgency."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR, RESIDENT
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, matching
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_STATE = matching("^(open|upheld|rejected)$", "`open` if absent.", examples=["open"])


@endpoint(
    bp,
    "POST",
    "/v1/me/appeals",
    roles={RESIDENT},
    body="OpenAppeal",
    answers={201: "Appeal"},
    problems=(
        "activity-unknown",
        "entry-unknown",
        "appeal-open",
        "idempotency-key-reused",
        "appeals-too-many",
    ),
    summary="对一次行为或一条账目提出申诉",
)
def open_appeal(call: Call) -> dict[str, object]:
    """Enter an objection."""
    from chalicelib.services import appeals

    return appeals.open_appeal(call.subject, call.body, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/me/appeals",
    roles={RESIDENT},
    query=LIST_QUERY,
    answers={200: "Appeals"},
    summary="我的申诉与处理结果，新的在前",
)
def list_own_appeals(call: Call) -> Page:
    """Answer with a page of the resident's appeals."""
    from chalicelib.services import appeals

    return appeals.list_own_appeals(call.subject, call.limit, call.cursor)


@endpoint(
    bp,
    "GET",
    "/v1/operator/appeals",
    roles={OPERATOR},
    query={"state": _STATE, **LIST_QUERY},
    answers={200: "AppealCases"},
    summary="居民申诉，最急的在前",
)
def list_appeals(call: Call) -> Page:
    """Answer with a page of all appeals in one state."""
    from chalicelib.services import appeals

    return appeals.list_appeals(call.query.get("state", appeals.OPEN), call.limit, call.cursor, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/operator/appeals/{case_id}/decision",
    roles={OPERATOR},
    body="DecideAppeal",
    answers={200: "AppealCase"},
    problems=(
        *("appeal-unknown", "appeal-decided", "appeal-not-independent", "case-changed"),
        *("correction-not-possible", "too-busy"),
    ),
    summary="支持或驳回申诉；支持时恢复被冲回、被否或被判为重复的行为",
)
def decide_appeal(call: Call) -> dict[str, object]:
    """Decide an appeal."""
    from chalicelib.services import appeals

    asked = call.body
    return appeals.decide_appeal(
        call.path["case_id"],
        asked["decision"],
        asked["reason"],
        call.subject,
        call.now,
        call.actor.account_id,
    )
