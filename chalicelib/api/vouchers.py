"""Owns a resident's vouchers over HTTP: take, show, give back; `api.tills` has the merchant's side."""

from chalice import Blueprint

from chalicelib.api.access import RESIDENT
from chalicelib.api.answering import Answer
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_SVG = "image/svg+xml"
_ONE = "/v1/me/vouchers/{redemption_id}"


@endpoint(
    bp,
    "GET",
    "/v1/me/vouchers",
    roles={RESIDENT},
    query=LIST_QUERY,
    answers={200: "Vouchers"},
    summary="我的优惠券",
)
def list_vouchers(call: Call) -> Page:
    """Answer with one page, newest first."""
    from chalicelib.services import vouchers

    return vouchers.list_vouchers(call.subject, call.limit, call.cursor, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/me/vouchers",
    roles={RESIDENT},
    body="TakeVoucher",
    answers={201: "Voucher"},
    problems=(
        "offer-unknown",
        "offer-not-live",
        "offer-ended",
        "offer-sold-out",
        "offer-limit-per-resident",
        "offer-limit-per-day",
        "offer-budget-spent",
        "offer-not-eligible",
        "merchant-unknown",
        "merchant-suspended",
        "merchant-left",
        "merchant-contract-over",
        "points-insufficient",
        "account-frozen",
        "idempotency-key-reused",
        "too-busy",
    ),
    summary="领取一张优惠券：预留积分和库存",
)
def take_voucher(call: Call) -> dict[str, object]:
    """Hold the points and take from the stock; the same id again repeats the answer."""
    from chalicelib.services import vouchers

    return vouchers.take_voucher(call.subject, call.body["redemption_id"], call.body["offer_id"], call.now)


@endpoint(
    bp,
    "GET",
    _ONE,
    roles={RESIDENT},
    answers={200: "Voucher"},
    problems=("voucher-unknown",),
    summary="一张优惠券",
)
def get_voucher(call: Call) -> dict[str, object]:
    """Answer with one of the resident's own vouchers."""
    from chalicelib.services import vouchers

    return vouchers.get_voucher(call.subject, call.path["redemption_id"], call.now)


@endpoint(
    bp,
    "GET",
    _ONE + "/token",
    roles={RESIDENT},
    answers={200: "VoucherToken"},
    problems=("voucher-unknown", "voucher-not-open"),
    summary="优惠券的签名凭证（JWT，可离线验证）",
)
def get_voucher_token(call: Call) -> dict[str, object]:
    """Answer with the signed token that the QR code holds."""
    from chalicelib.services import vouchers

    return {"token": vouchers.voucher_token(call.subject, call.path["redemption_id"], call.now)}


@endpoint(
    bp,
    "GET",
    _ONE + "/qr",
    roles={RESIDENT},
    answers={200: _SVG},
    problems=("voucher-unknown", "voucher-not-open"),
    summary="优惠券二维码（SVG）",
)
def get_voucher_qr(call: Call) -> Answer:
    """Answer with the token as a QR code."""
    from chalicelib.api.qr import qr_svg
    from chalicelib.services import vouchers

    token = vouchers.voucher_token(call.subject, call.path["redemption_id"], call.now)
    return Answer(qr_svg(token), media=_SVG)


@endpoint(
    bp,
    "POST",
    _ONE + "/void",
    roles={RESIDENT},
    answers={200: "Voucher"},
    problems=("voucher-unknown", "voucher-not-open", "too-busy"),
    summary="退回未使用的优惠券，积分原路返回",
)
def void_voucher(call: Call) -> dict[str, object]:
    """Give an unused voucher back."""
    from chalicelib.services import vouchers

    return vouchers.void_voucher(call.subject, call.path["redemption_id"], call.now)
