"""Owns the till over HTTP: a merchant's staff look at a voucher, redeem it, take a redemption back."""

from chalice import Blueprint

from chalicelib.api.access import MERCHANT_MANAGER, TERMINAL, TILL
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.proof import staff_at

bp = Blueprint(__name__)
_SCAN_PROBLEMS = (
    "voucher-unknown",
    "voucher-forged",
    "voucher-already-redeemed",
    "voucher-not-open",
    "voucher-expired",
    "voucher-wrong-store",
    "voucher-of-other-merchant",
    "store-of-others",
    "account-frozen",
    "store-closed",
    "offer-not-today",
    "merchant-suspended",
    "merchant-left",
)


@endpoint(
    bp,
    "POST",
    "/v1/pos/vouchers/preview",
    roles=set(TILL),
    body="PreviewVoucher",
    answers={200: "Voucher"},
    problems=_SCAN_PROBLEMS,
    summary="扫码查看优惠券，不核销",
)
def preview_voucher(call: Call) -> dict[str, object]:
    """Answer with what redeeming would give."""
    from chalicelib.services import tills

    store_id = call.body["store_id"]
    return tills.preview_voucher(staff_at(call.actor, store_id), call.body["token"], store_id, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/pos/vouchers/redeem",
    roles=set(TILL),
    body="RedeemVoucher",
    answers={200: "Voucher"},
    problems=(*_SCAN_PROBLEMS, "too-busy"),
    summary="核销优惠券：扣除积分，减排量转给商户",
)
def redeem_voucher(call: Call) -> dict[str, object]:
    """Spend the voucher; the same scan again repeats the answer, another is told time and place of the first."""
    from chalicelib.services import tills

    store_id = call.body["store_id"]
    staff = staff_at(call.actor, store_id)
    return tills.redeem_voucher(staff, call.body["token"], store_id, call.body["scan_id"], call.now)


@endpoint(
    bp,
    "POST",
    "/v1/pos/vouchers/{redemption_id}/refund",
    roles={MERCHANT_MANAGER, TERMINAL},
    body="RefundVoucher",
    answers={200: "Voucher"},
    problems=(
        "voucher-unknown",
        "voucher-of-other-merchant",
        "voucher-not-redeemed",
        "refund-too-late",
        "refund-above-charge",
        "idempotency-key-reused",
        "too-busy",
    ),
    summary="撤销核销，全部或部分：积分和减排量原路返回",
)
def refund_voucher(call: Call) -> dict[str, object]:
    """Take a redemption, or a part of it, back."""
    from chalicelib.services import tills

    staff, body = staff_at(call.actor, None), call.body
    part = (body.get("refund_id", tills.WHOLE), body.get("points", 0))
    return tills.refund_voucher(staff, call.path["redemption_id"], body["reason"], call.now, *part)
