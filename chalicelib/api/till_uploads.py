"""Owns what tills without a network do over HTTP: upload what they scanned, fetch what is no longer good."""

from chalice import Blueprint

from chalicelib.api.access import TILL
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import INSTANT
from chalicelib.api.proof import staff_at

bp = Blueprint(__name__)


@endpoint(
    bp,
    "POST",
    "/v1/pos/vouchers/uploads",
    roles=set(TILL),
    body="UploadVouchers",
    answers={200: "Uploaded"},
    problems=("store-of-others",),
    summary="补传离线扫描的优惠券（至多 100 张），逐张回答结果",
)
def upload_vouchers(call: Call) -> dict[str, object]:
    """Post each; what does not go through is kept for the manager."""
    from chalicelib.api.problem_titles import TITLES
    from chalicelib.services import offline

    items = call.body["items"]
    for store_id in {item["store_id"] for item in items}:
        staff_at(call.actor, store_id)
    answer = offline.upload_vouchers(staff_at(call.actor, None), items, call.now)
    results = [{**result, "title": TITLES.get(result["code"])} for result in answer["results"]]
    return {**answer, "results": results}


@endpoint(
    bp,
    "GET",
    "/v1/pos/vouchers/closed",
    roles=set(TILL),
    query={"since": INSTANT},
    answers={200: "ClosedVouchers"},
    summary="某时刻起一天内已核销或已退回的优惠券编号，供离线核对",
)
def list_closed_vouchers(call: Call) -> dict[str, object]:
    """Answer with the ids that are no longer good."""
    from chalicelib.services import merchant_journal

    staff = staff_at(call.actor, None)
    since = merchant_journal.since_of(call.query.get("since"), call.now)
    return merchant_journal.list_closed_vouchers(staff.merchant_id, since, call.now)
