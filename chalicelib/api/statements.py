"""Owns statements over HTTP: a merchant's own for its manager, everybody's for operators, the key for anybody.

A manager never names a merchant: it is that of the token.
"""

from dataclasses import replace
from typing import Any

from chalice import Blueprint

from chalicelib.api.access import MERCHANT_MANAGER, OPERATOR, PUBLIC, TILL
from chalicelib.api.answering import Answer
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import DAY, ID, LIST_QUERY, matching
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
PDF, CSV = "application/pdf", "text/csv; charset=utf-8"
_MONTH = matching("^20[0-9]{2}-(0[1-9]|1[0-2])$", "Only days of this month.", examples=["2026-11"])
_ON = replace(DAY, description="Only this day.")
_LIST_QUERY = {
    **LIST_QUERY,
    "store_id": ID,
    "month": _MONTH,
}
_OWN = "/v1/merchant/statements"
_OWN_ONE = _OWN + "/{store_id}/{on}"
_OF = "/v1/operator/statements/{merchant_id}"
_OF_ONE = _OF + "/{store_id}/{on}"
_UNKNOWN = ("statement-unknown",)


@endpoint(
    bp,
    "GET",
    "/v1/merchant/today",
    roles=set(TILL),
    query={"store_id": ID},
    answers={200: "Today"},
    problems=("store-of-others",),
    summary="今日：到此刻为止的核销、撤销和退款（未结）",
)
def get_today(call: Call) -> dict[str, object]:
    """Answer with the running figures of the stores where the caller works; a manager sees all of the merchant's."""
    from chalicelib.api.proof import staff_at
    from chalicelib.services import statements

    staff = staff_at(call.actor, call.query.get("store_id"))
    store_ids = [call.query["store_id"]] if "store_id" in call.query else list(call.actor.store_ids)
    is_whole = "store_id" not in call.query and call.actor.role == MERCHANT_MANAGER
    return statements.today_of(staff.merchant_id, None if is_whole else store_ids, call.now)


@endpoint(
    bp,
    "GET",
    _OWN,
    roles={MERCHANT_MANAGER},
    query=_LIST_QUERY,
    answers={200: "Statements"},
    summary="日结单，新的在前",
)
def list_statements(call: Call) -> Page:
    """Answer with a page of the own merchant's statements."""
    return _listed(call, call.actor.merchant_id)


@endpoint(
    bp,
    "GET",
    _OWN_ONE,
    roles={MERCHANT_MANAGER},
    answers={200: "Statement"},
    problems=_UNKNOWN,
    summary="一份日结单：数字、摘要和签名",
)
def get_statement(call: Call) -> dict[str, Any]:
    """Answer with one statement as it was signed."""
    return _one(call, call.actor.merchant_id)


@endpoint(
    bp,
    "GET",
    _OWN_ONE + "/lines",
    roles={MERCHANT_MANAGER},
    query=LIST_QUERY,
    answers={200: "StatementLines"},
    problems=_UNKNOWN,
    summary="日结单的每一笔",
)
def list_statement_lines(call: Call) -> Page:
    """Answer with a page of lines."""
    return _lines(call, call.actor.merchant_id)


@endpoint(
    bp,
    "GET",
    _OWN_ONE + "/csv",
    roles={MERCHANT_MANAGER},
    answers={200: CSV},
    problems=_UNKNOWN,
    summary="日结单的每一笔（CSV，Excel 可直接打开）",
)
def get_statement_csv(call: Call) -> Answer:
    """Answer with the lines as CSV."""
    from chalicelib.profiles import current_profile
    from chalicelib.services import statement_files, statements

    lines = statements.all_lines(_one(call, call.actor.merchant_id))
    return _file(call, statement_files.csv_text(lines, current_profile().tz), "csv", CSV)


@endpoint(
    bp,
    "GET",
    _OWN_ONE + "/pdf",
    roles={MERCHANT_MANAGER},
    answers={200: PDF},
    problems=(*_UNKNOWN, "merchant-unknown"),
    summary="日结单（PDF，A4）",
)
def get_statement_pdf(call: Call) -> Answer:
    """Answer with the statement to print."""
    from chalicelib.profiles import current_profile
    from chalicelib.services import statement_files, statements

    statement = _one(call, call.actor.merchant_id)
    names, lines = statements.names_of(statement), statements.all_lines(statement)
    pdf = statement_files.statement_pdf(statement, lines, names, current_profile().tz)
    return _file(call, pdf, "pdf", PDF)


@endpoint(
    bp,
    "GET",
    "/v1/operator/statements",
    roles={OPERATOR},
    query={**LIST_QUERY, "month": _MONTH, "on": _ON},
    answers={200: "Statements"},
    summary="全部商户的日结单，新的在前；缺省为最近一天所在的月",
)
def list_all_statements(call: Call) -> Page:
    """Answer with a page of everybody's statements of a month or day."""
    from chalicelib.services import statements

    month, on = call.query.get("month"), call.query.get("on")
    return statements.list_all_statements(month, on, call.limit, call.cursor, call.now)


@endpoint(
    bp,
    "GET",
    _OF,
    roles={OPERATOR},
    query=_LIST_QUERY,
    answers={200: "Statements"},
    summary="任一商户的日结单，新的在前",
)
def list_statements_of(call: Call) -> Page:
    """Answer with a page of a merchant's statements."""
    return _listed(call, call.path["merchant_id"])


@endpoint(
    bp,
    "GET",
    _OF_ONE,
    roles={OPERATOR},
    answers={200: "Statement"},
    problems=_UNKNOWN,
    summary="任一商户的一份日结单",
)
def get_statement_of(call: Call) -> dict[str, Any]:
    """Answer with one statement."""
    return _one(call, call.path["merchant_id"])


@endpoint(
    bp,
    "GET",
    _OF_ONE + "/lines",
    roles={OPERATOR},
    query=LIST_QUERY,
    answers={200: "StatementLines"},
    problems=_UNKNOWN,
    summary="任一商户日结单的每一笔",
)
def list_statement_lines_of(call: Call) -> Page:
    """Answer with a page of lines."""
    return _lines(call, call.path["merchant_id"])


@endpoint(
    bp,
    "GET",
    "/v1/public/statement-keys",
    roles={PUBLIC},
    answers={200: "Keys"},
    summary="验证日结单签名的公钥（JWKS）",
    cache_s=300,
)
def get_statement_keys(call: Call) -> dict[str, object]:
    """Answer with the public keys of statements."""
    from chalicelib.services import statement_seals

    return statement_seals.public_keys()


def _listed(call: Call, merchant_id: str) -> Page:
    from chalicelib.services import statements

    store_id, month = call.query.get("store_id"), call.query.get("month")
    return statements.list_statements(merchant_id, store_id, month, call.limit, call.cursor)


def _one(call: Call, merchant_id: str) -> dict[str, Any]:
    from chalicelib.services import statements

    return statements.get_statement(merchant_id, call.path["store_id"], call.path["on"])


def _lines(call: Call, merchant_id: str) -> Page:
    from chalicelib.services import statements

    return statements.list_lines(merchant_id, call.path["store_id"], call.path["on"], call.limit, call.cursor)


def _file(call: Call, text: str, ending: str, media: str) -> Answer:
    name = f"{call.path['store_id']}-{call.path['on']}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Answer(text, headers=headers, media=media)
