"""Owns what is known of merchants over HTTP, and what operators decide about those in force."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR, PUBLIC
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_ONE = "/v1/operator/merchants/{merchant_id}"


@endpoint(
    bp,
    "GET",
    "/v1/merchants/{merchant_id}",
    roles={PUBLIC},
    answers={200: "PublicMerchant"},
    problems=("merchant-unknown",),
    summary="一个商户：门店、状态、关于未用优惠券的通知",
)
def get_public_merchant(call: Call) -> dict[str, object]:
    """Answer with what anybody may know."""
    from chalicelib.services import merchants

    return merchants.get_public_merchant(call.path["merchant_id"], call.now)


@endpoint(
    bp,
    "GET",
    "/v1/operator/merchants",
    roles={OPERATOR},
    answers={200: "Merchants"},
    summary="全部商户",
)
def list_merchants(call: Call) -> Page:
    """Answer with all merchants."""
    from chalicelib.services import merchants

    return merchants.list_merchants(call.now)


@endpoint(
    bp,
    "GET",
    _ONE,
    roles={OPERATOR},
    answers={200: "Merchant"},
    problems=("merchant-unknown",),
    summary="一个商户",
)
def get_merchant(call: Call) -> dict[str, object]:
    """Answer with one merchant."""
    from chalicelib.services import merchants

    return merchants.get_merchant(call.path["merchant_id"], call.now)


@endpoint(
    bp,
    "GET",
    _ONE + "/changes",
    roles={OPERATOR},
    query=LIST_QUERY,
    answers={200: "MerchantChanges"},
    problems=("merchant-unknown",),
    summary="商户的历次变更：谁、何时、改成什么",
)
def list_merchant_changes(call: Call) -> Page:
    """Answer with a page of a merchant's versions, newest first."""
    from chalicelib.services import merchants

    return merchants.list_merchant_changes(call.path["merchant_id"], call.limit, call.cursor)


@endpoint(
    bp,
    "PUT",
    _ONE + "/contract",
    roles={OPERATOR},
    body="RenewContract",
    answers={200: "Merchant"},
    problems=(
        "merchant-unknown",
        "merchant-wrong-state",
        "too-busy",
    ),
    summary="约定合作期",
    tag="merchants",
)
def renew_contract(call: Call) -> dict[str, object]:
    """Set the contract's period."""
    from chalicelib.services import merchants

    period = (call.body["contract_from"], call.body["contract_to"])
    return merchants.renew_contract(call.path["merchant_id"], *period, call.subject, call.now)


@endpoint(
    bp,
    "POST",
    _ONE + "/suspension",
    roles={OPERATOR},
    body="Closing",
    answers={200: "Merchant"},
    problems=(
        "merchant-unknown",
        "merchant-wrong-state",
        "too-busy",
    ),
    summary="暂停商户：不再新发，未用优惠券按所选照常使用或退回",
    tag="merchants",
)
def suspend_merchant(call: Call) -> dict[str, object]:
    """Suspend a merchant."""
    from chalicelib.services import merchants

    return merchants.suspend_merchant(call.path["merchant_id"], call.body, call.subject, call.now)


@endpoint(
    bp,
    "POST",
    _ONE + "/reinstatement",
    roles={OPERATOR},
    body="Reinstate",
    answers={200: "Merchant"},
    problems=(
        "merchant-unknown",
        "merchant-wrong-state",
        "too-busy",
    ),
    summary="恢复商户",
    tag="merchants",
)
def reinstate_merchant(call: Call) -> dict[str, object]:
    """End a suspension."""
    from chalicelib.services import merchants

    reason = call.body["reason"]
    return merchants.reinstate_merchant(call.path["merchant_id"], reason, call.subject, call.now)


@endpoint(
    bp,
    "POST",
    _ONE + "/leaving",
    roles={OPERATOR},
    body="Closing",
    answers={200: "Merchant"},
    problems=(
        "merchant-unknown",
        "merchant-wrong-state",
        "too-busy",
    ),
    summary="商户退出联盟，自通知期满起",
    tag="merchants",
)
def let_merchant_leave(call: Call) -> dict[str, object]:
    """Let a merchant leave."""
    from chalicelib.services import merchants

    return merchants.let_merchant_leave(call.path["merchant_id"], call.body, call.subject, call.now)


@endpoint(
    bp,
    "GET",
    _ONE + "/staff",
    roles={OPERATOR},
    answers={200: "StaffList"},
    summary="商户的店长和收银员",
)
def list_staff_of(call: Call) -> Page:
    """Answer with all who work or worked there."""
    from chalicelib.services import staff

    return staff.list_staff(call.path["merchant_id"])


@endpoint(
    bp,
    "POST",
    _ONE + "/staff",
    roles={OPERATOR},
    body="EnterStaff",
    answers={201: "StaffMember"},
    problems=(
        "merchant-unknown",
        "login-taken",
        "too-busy",
    ),
    summary="登记商户的店长或收银员",
)
def enter_staff_of(call: Call) -> dict[str, object]:
    """Enter somebody who works for the merchant."""
    from chalicelib.services import staff

    return staff.enter_staff(call.path["merchant_id"], call.body, call.subject, call.now)


@endpoint(
    bp,
    "DELETE",
    _ONE + "/staff/{staff_id}",
    roles={OPERATOR},
    answers={200: "StaffMember"},
    problems=(
        "staff-unknown",
        "too-busy",
    ),
    summary="停用商户的店长或收银员",
)
def remove_staff_of(call: Call) -> dict[str, object]:
    """Take somebody's login away."""
    from chalicelib.services import staff

    return staff.remove_staff(call.path["merchant_id"], call.path["staff_id"], call.now)
