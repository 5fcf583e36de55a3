"""Owns months of statements over HTTP: a merchant's own sums as JSON, CSV and PDF, any merchant's for operators."""

from typing import Any

from chalice import Blueprint

from chalicelib.api.access import MERCHANT_MANAGER, OPERATOR
from chalicelib.api.answering import Answer
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.statements import CSV, PDF

bp = Blueprint(__name__)
_OWN = "/v1/merchant/statement-months/{month}"


@endpoint(
    bp,
    "GET",
    _OWN,
    roles={MERCHANT_MANAGER},
    answers={200: "StatementMonth"},
    summary="月度汇总，按门店和合计",
    tag="statements",
)
def get_statement_month(call: Call) -> dict[str, object]:
    """Answer with a month's sums."""
    return _month(call, call.actor.merchant_id)


@endpoint(
    bp,
    "GET",
    _OWN + "/csv",
    roles={MERCHANT_MANAGER},
    answers={200: CSV},
    summary="月度汇总（CSV）：每店每天一行，门店小计，合计",
    tag="statements",
)
def get_statement_month_csv(call: Call) -> Answer:
    """Answer with the month as a table."""
    from chalicelib.services import statement_month_files as files
    from chalicelib.services import statements

    month = _month(call, call.actor.merchant_id)
    found = statements.statements_of_month(call.actor.merchant_id, month["month"])
    return _file(month, files.month_csv(month, found), "csv", CSV)


@endpoint(
    bp,
    "GET",
    _OWN + "/pdf",
    roles={MERCHANT_MANAGER},
    answers={200: PDF},
    problems=("merchant-unknown",),
    summary="月度汇总（PDF，A4）",
    tag="statements",
)
def get_statement_month_pdf(call: Call) -> Answer:
    """Answer with the month to print."""
    from chalicelib.services import merchants, statements
    from chalicelib.services import statement_month_files as files

    name = merchants.get_merchant(call.actor.merchant_id, call.now)["name"]
    month = _month(call, call.actor.merchant_id)
    found = statements.statements_of_month(call.actor.merchant_id, month["month"])
    return _file(month, files.month_pdf(month, found, name), "pdf", PDF)


@endpoint(
    bp,
    "GET",
    "/v1/operator/statement-months/{month}/{merchant_id}",
    roles={OPERATOR},
    answers={200: "StatementMonth"},
    summary="任一商户的月度汇总",
    tag="statements",
)
def get_statement_month_of(call: Call) -> dict[str, object]:
    """Answer with a month's sums of any merchant."""
    return _month(call, call.path["merchant_id"])


def _month(call: Call, merchant_id: str) -> dict[str, Any]:
    from chalicelib.services import statements

    return statements.month_of(merchant_id, statements.check_month(call.path["month"]), call.now)


def _file(month: dict[str, Any], text: str, ending: str, media: str) -> Answer:
    name = f"{month['merchant_id']}-{month['month']}.{ending}"
    return Answer(text, headers={"Content-Disposition": f'attachment; filename="{name}"'}, media=media)
