"""Owns what a manager does about the tills over HTTP: posters and their codes, offline conflicts, what was gathered."""

from typing import Any

from chalice import Blueprint

from chalicelib.api.access import MERCHANT_MANAGER
from chalicelib.api.answering import Answer
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, one_of, whole_number
from chalicelib.api.proof import staff_at
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_CODES = "/v1/merchant/stores/{store_id}/codes"
_PDF = "application/pdf"
_STORE_PROBLEMS = ("store-of-others", "store-unknown")


@endpoint(
    bp,
    "POST",
    _CODES,
    roles={MERCHANT_MANAGER},
    body="AddMerchantCode",
    answers={201: "MerchantCode"},
    problems=(*_STORE_PROBLEMS, "merchant-codes-too-many", "merchant-code-exists"),
    summary="为门店或收银台生成收款码",
)
def add_merchant_code(call: Call) -> dict[str, object]:
    """Make the next code of a store."""
    from chalicelib.services import merchant_codes

    return merchant_codes.add_code(_own_store(call), call.body["label"], call.now)


@endpoint(
    bp,
    "GET",
    _CODES,
    roles={MERCHANT_MANAGER},
    answers={200: "MerchantCodes"},
    problems=_STORE_PROBLEMS,
    summary="门店的收款码",
)
def list_merchant_codes(call: Call) -> dict[str, object]:
    """Answer with the codes of a store, revoked ones too."""
    from chalicelib.services import merchant_codes

    return {"items": merchant_codes.list_codes(_own_store(call)["id"])}


@endpoint(
    bp,
    "DELETE",
    _CODES + "/{number}",
    roles={MERCHANT_MANAGER},
    answers={200: "MerchantCode"},
    problems=(*_STORE_PROBLEMS, "merchant-code-unknown"),
    summary="停用一个收款码（30 秒内处处失效）",
)
def revoke_merchant_code(call: Call) -> dict[str, object]:
    """Take a code out of use."""
    from chalicelib.services import merchant_codes

    return merchant_codes.revoke_code(_own_store(call)["id"], call.path["number"], call.now)


@endpoint(
    bp,
    "GET",
    "/v1/merchant/stores/{store_id}/poster",
    roles={MERCHANT_MANAGER},
    query={
        "size": one_of("A4", "A6", description="A4 if absent."),
        "number": whole_number(1, 9999, "Which code; the newest in use if absent."),
    },
    answers={200: _PDF},
    problems=(*_STORE_PROBLEMS, "merchant-code-unknown", "merchant-code-revoked", "merchant-unknown"),
    summary="收银台海报（PDF，A4 或 A6）",
)
def get_poster(call: Call) -> Answer:
    """Answer with the poster."""
    from chalicelib.api.posters import poster_pdf
    from chalicelib.services import merchant_codes

    store, code = merchant_codes.code_to_print(_own_store(call)["id"], call.query.get("number"))
    merchant = merchant_codes.merchant_of(store)
    pdf = poster_pdf(
        merchant["name"], store["name"], code["label"], code["text"], call.query.get("size", "A4")
    )
    name = {"Content-Disposition": f'inline; filename="{store["id"]}-{code["number"]}.pdf"'}
    return Answer(pdf, headers=name, media=_PDF)


@endpoint(
    bp,
    "GET",
    "/v1/merchant/holdings",
    roles={MERCHANT_MANAGER},
    query=LIST_QUERY,
    answers={200: "Holdings"},
    summary="商户累积的减排量，按日和年份，近的在前",
    description="`limit` counts days, at most 31 a page; days without movements are left out.",
)
def list_holdings(call: Call) -> Page:
    """Answer with a page of days."""
    from chalicelib.services import merchant_journal

    staff = staff_at(call.actor, None)
    return merchant_journal.list_holdings(staff.merchant_id, call.limit, call.cursor, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/merchant/conflicts",
    roles={MERCHANT_MANAGER},
    query=LIST_QUERY,
    answers={200: "OfflineConflicts"},
    summary="离线核销未成功的记录，新的在前",
)
def list_conflicts(call: Call) -> Page:
    """Answer with a page of conflicts."""
    from chalicelib.services import offline

    return offline.list_conflicts(staff_at(call.actor, None), call.limit, call.cursor)


@endpoint(
    bp,
    "POST",
    "/v1/merchant/conflicts/{case_id}/settle",
    roles={MERCHANT_MANAGER},
    body="SettleConflict",
    answers={200: "OfflineConflict"},
    problems=("offline-conflict-unknown", "case-changed"),
    summary="记下一条离线冲突如何处理",
)
def settle_conflict(call: Call) -> dict[str, object]:
    """Note what was done."""
    from chalicelib.services import offline

    staff = staff_at(call.actor, None)
    return offline.settle_conflict(staff, call.path["case_id"], call.body["note"], call.now)


def _own_store(call: Call) -> dict[str, Any]:
    """Return the store in the path, if the caller works there."""
    from chalicelib.services import merchant_codes

    staff = staff_at(call.actor, call.path["store_id"])
    return merchant_codes.own_store(staff.merchant_id, call.path["store_id"])
