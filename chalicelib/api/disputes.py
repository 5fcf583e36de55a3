"""Owns disputes about statements over HTTP: opened by a merchant's manager, decided by operators."""

from chalice import Blueprint

from chalicelib.api.access import MERCHANT_MANAGER, OPERATOR
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, one_of
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_STATES = ("open", "deciding", "rejected", "corrected")


@endpoint(
    bp,
    "POST",
    "/v1/merchant/disputes",
    roles={MERCHANT_MANAGER},
    body="OpenDispute",
    answers={201: "Dispute"},
    problems=("statement-unknown", "statement-line-unknown", "dispute-exists", "dispute-too-late"),
    summary="对日结单的一笔提出争议；期限和答复天数由城市规定",
    tag="statements",
)
def open_dispute(call: Call) -> dict[str, object]:
    """Dispute a line of an own statement."""
    from chalicelib.services import disputes

    return disputes.open_dispute(call.actor.merchant_id, call.body, call.subject, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/merchant/disputes",
    roles={MERCHANT_MANAGER},
    query=LIST_QUERY,
    answers={200: "Disputes"},
    summary="我的争议，新的在前",
    tag="statements",
)
def list_own_disputes(call: Call) -> Page:
    """Answer with a page of the own disputes."""
    from chalicelib.services import disputes

    return disputes.list_disputes_of(call.actor.merchant_id, call.limit, call.cursor, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/operator/disputes",
    roles={OPERATOR},
    query={
        **LIST_QUERY,
        "state": one_of(*_STATES, description="open if absent."),
        "overdue": one_of("true", description="Only those that nobody answered in time."),
    },
    answers={200: "Disputes"},
    summary="争议，最急的在前；overdue=true 只看逾期未答复的",
    tag="statements",
)
def list_disputes(call: Call) -> Page:
    """Answer with a page of all disputes in one state."""
    from chalicelib.services import disputes

    state, is_overdue_only = call.query.get("state", "open"), "overdue" in call.query
    return disputes.list_disputes(state, call.limit, call.cursor, call.now, is_overdue_only)


@endpoint(
    bp,
    "POST",
    "/v1/operator/disputes/{dispute_id}/decision",
    roles={OPERATOR},
    body="DecideDispute",
    answers={200: "Dispute"},
    problems=(
        "dispute-unknown",
        "dispute-decided",
        "dispute-not-refundable",
        "case-changed",
        "charge-unknown",
        "charge-not-refundable",
        "voucher-unknown",
        "voucher-not-redeemed",
        "voucher-of-other-merchant",
        "idempotency-key-reused",
        "refund-too-late",
        "refund-above-charge",
        "refund-too-small",
        "too-busy",
    ),
    summary="答复争议：驳回、退回全部或部分、只调整金额；更正记入当天的日结单",
    tag="statements",
)
def decide_dispute(call: Call) -> dict[str, object]:
    """Decide a dispute and correct what is wrong."""
    from chalicelib.services import disputes

    return disputes.decide_dispute(call.path["dispute_id"], call.body, call.subject, call.now)
