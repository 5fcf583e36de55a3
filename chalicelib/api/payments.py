"""Owns paying from the app over HTTP: scan a merchant's poster, look, pay; and the list of one's charges."""

from chalice import Blueprint

from chalicelib.api.access import RESIDENT
from chalicelib.api.answering import Answer
from chalicelib.api.charges import PAYING_PROBLEMS
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_CODE_PROBLEMS = ("merchant-code-forged", "merchant-code-revoked", "merchant-code-unknown")


@endpoint(
    bp,
    "GET",
    "/v1/me/merchant-codes/{code}",
    roles={RESIDENT},
    answers={200: "MerchantCodeOwner"},
    problems=(*_CODE_PROBLEMS, "store-unknown", "merchant-unknown"),
    summary="扫到的收款码属于哪家门店",
)
def describe_merchant_code(call: Call) -> dict[str, object]:
    """Answer with merchant and store; `code` is the scanned text without `tanhui-pay:`."""
    from chalicelib.services import merchant_codes

    return merchant_codes.describe_code(call.path["code"])


@endpoint(
    bp,
    "POST",
    "/v1/me/payments/preview",
    roles={RESIDENT},
    body="PreviewPayment",
    answers={200: "PaymentPreview"},
    problems=(*PAYING_PROBLEMS, *_CODE_PROBLEMS),
    summary="试算：这笔账单可用多少积分抵多少钱",
)
def preview_payment(call: Call) -> dict[str, object]:
    """Answer with what paying would take."""
    from chalicelib.services import payments

    return payments.preview_payment(call.subject, call.actor.works_at, call.body, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/me/payments",
    roles={RESIDENT},
    body="MakePayment",
    answers={201: "Payment", 202: "Payment"},
    problems=(
        *PAYING_PROBLEMS,
        *_CODE_PROBLEMS,
        "idempotency-key-reused",
        "charge-blocked",
        "charge-voided",
    ),
    summary="扫收款码支付：扣积分抵账单；202 表示需人工复核",
)
def make_payment(call: Call) -> Answer:
    """Pay; the same request again repeats the answer."""
    from chalicelib.services import payments

    made = payments.pay(call.subject, call.actor.works_at, call.body, call.now)
    return Answer(made, status=202 if made["state"] == "in-review" else 201)


@endpoint(
    bp,
    "GET",
    "/v1/me/payments",
    roles={RESIDENT},
    query=LIST_QUERY,
    answers={200: "Payments"},
    summary="我的积分支付，新的在前（付款码和收款码）",
)
def list_payments(call: Call) -> Page:
    """Answer with one page."""
    from chalicelib.services import payments

    return payments.list_payments(call.subject, call.limit, call.cursor)


@endpoint(
    bp,
    "GET",
    "/v1/me/payments/{redemption_id}",
    roles={RESIDENT},
    answers={200: "Payment"},
    problems=("charge-unknown",),
    summary="一笔积分支付",
)
def get_payment(call: Call) -> dict[str, object]:
    """Answer with one of the resident's own charges."""
    from chalicelib.services import payments

    return payments.get_payment(call.subject, call.path["redemption_id"])
