"""Owns charges over HTTP: a till previews, charges, asks, voids, refunds; for our cashier pages and any POS alike."""

from chalice import Blueprint

from chalicelib.api.access import MERCHANT_MANAGER, TERMINAL, TILL
from chalicelib.api.answering import Answer
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import INSTANT, whole_number
from chalicelib.api.proof import staff_at

bp = Blueprint(__name__)
_ONE = "/v1/pos/charges/{charge_id}"
PAYING_PROBLEMS = (
    "amount-not-whole",
    "amount-not-positive",
    "amount-too-large",
    "account-frozen",
    "points-insufficient",
    "charge-above-share",
    "bill-too-small",
    "store-unknown",
    "store-closed",
    "merchant-suspended",
    "merchant-contract-over",
    "merchant-unknown",
    "too-busy",
)
_CODE_PROBLEMS = (
    "wallet-code-foreign",
    "wallet-code-unknown",
    "wallet-code-expired",
    "wallet-code-ahead",
    "wallet-code-used",
    "wallet-device-revoked",
    "too-many-codes",
    "store-of-others",
)


@endpoint(
    bp,
    "POST",
    "/v1/pos/charges/preview",
    roles=set(TILL),
    body="PreviewCharge",
    answers={200: "ChargePreview"},
    problems=(*PAYING_PROBLEMS, *_CODE_PROBLEMS),
    summary="扫付款码试算：可抵多少，不扣款",
)
def preview_charge(call: Call) -> dict[str, object]:
    """Answer with what charging would take."""
    from chalicelib.services import charges

    return charges.preview_charge(staff_at(call.actor, call.body["store_id"]), call.body, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/pos/charges",
    roles=set(TILL),
    body="MakeCharge",
    answers={201: "Charge", 202: "Charge"},
    problems=(
        *PAYING_PROBLEMS,
        *_CODE_PROBLEMS,
        "idempotency-key-reused",
        "charge-blocked",
        "charge-voided",
    ),
    summary="扫付款码扣积分抵账单；202 表示需人工复核，积分已冻结但尚未支付",
    description="An unclear answer is resolved by asking (GET) or by voiding; see docs/pos.md.",
)
def make_charge(call: Call) -> Answer:
    """Take the points; the same request again repeats the answer."""
    from chalicelib.services import charges

    made = charges.charge(staff_at(call.actor, call.body["store_id"]), call.body, call.now)
    return Answer(made, status=202 if made["state"] == "in-review" else 201)


@endpoint(
    bp,
    "GET",
    "/v1/pos/charges",
    roles=set(TILL),
    query={"since": INSTANT, "limit": whole_number(1, 100, "At most so many; 20 if absent.")},
    answers={200: "Movements"},
    summary="本店最近的收款、核销、撤销和退款，新的在前（至多两天）",
)
def list_movements(call: Call) -> dict[str, object]:
    """Answer with what happened at the caller's stores."""
    from chalicelib.services import merchant_journal

    staff = staff_at(call.actor, None)
    since = merchant_journal.since_of(call.query.get("since"), call.now)
    items = merchant_journal.list_movements(
        staff.merchant_id, call.actor.store_ids, since, call.limit, call.now
    )
    return {"items": items, "as_of": merchant_journal.as_of(call.now)}


@endpoint(
    bp,
    "GET",
    _ONE,
    roles=set(TILL),
    answers={200: "Charge"},
    problems=("charge-unknown",),
    summary="查询一笔收款的状态",
)
def get_charge(call: Call) -> dict[str, object]:
    """Answer with how the charge stands."""
    from chalicelib.services import charges

    return charges.get_charge(staff_at(call.actor, None), call.path["charge_id"])


@endpoint(
    bp,
    "POST",
    _ONE + "/void",
    roles=set(TILL),
    answers={200: "Charge"},
    problems=("charge-unknown", "charge-refunded", "charge-void-too-late", "too-busy"),
    summary="撤销一笔收款；未收到的编号撤销后永久作废",
)
def void_charge(call: Call) -> dict[str, object]:
    """Take the charge back whole, or block its id."""
    from chalicelib.services import charge_changes

    return charge_changes.void_charge(staff_at(call.actor, None), call.path["charge_id"], call.now)


@endpoint(
    bp,
    "POST",
    _ONE + "/refund",
    roles={MERCHANT_MANAGER, TERMINAL},
    body="RefundCharge",
    answers={200: "Charge"},
    problems=(
        "charge-unknown",
        "charge-not-refundable",
        "refund-too-late",
        "refund-above-charge",
        "refund-too-small",
        "amount-not-whole",
        "amount-not-positive",
        "amount-too-large",
        "idempotency-key-reused",
        "too-busy",
    ),
    summary="部分或全部退款：积分按原批次、原有效期退回",
)
def refund_charge(call: Call) -> dict[str, object]:
    """Take a part of the charge back."""
    from chalicelib.domain.charge_terms import check_amount
    from chalicelib.services import charge_changes

    body = call.body
    fen = check_amount(body["fen"], "/fen") if "fen" in body else None
    staff = staff_at(call.actor, None)
    return charge_changes.refund_charge(
        staff, call.path["charge_id"], body["refund_id"], fen, body["reason"], call.now
    )
