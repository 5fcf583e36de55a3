"""Owns the findings of audits over HTTP: operators read them and acknowledge what they know."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, matching
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_STATE = matching("^(open|acknowledged)$", "`open` if absent.", examples=["open"])


@endpoint(
    bp,
    "GET",
    "/v1/operator/findings",
    roles={OPERATOR},
    tag="operators",
    query={"state": _STATE, **LIST_QUERY},
    answers={200: "Findings"},
    summary="每晚核对发现的差异，最近的在前",
)
def list_findings(call: Call) -> Page:
    """Answer with a page of what audits have found."""
    from chalicelib.services import findings

    return findings.list_findings(call.query.get("state", findings.OPEN), call.limit, call.cursor)


@endpoint(
    bp,
    "POST",
    "/v1/operator/findings/{finding_id}/acknowledgement",
    roles={OPERATOR},
    tag="operators",
    body="AcknowledgeFinding",
    answers={200: "Finding"},
    problems=("finding-unknown", "finding-acknowledged", "run-changed"),
    summary="确认一条差异已知并写明缘由；以后再出现不再报警",
)
def acknowledge_finding(call: Call) -> dict[str, object]:
    """Note that an operator knows a difference."""
    from chalicelib.services import findings

    return findings.acknowledge_finding(call.path["finding_id"], call.body["why"], call.subject, call.now)
