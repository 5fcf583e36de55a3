"""Owns the published days over HTTP: roots over all accounts and totals, for anybody to read, keep and compare."""

from chalice import Blueprint

from chalicelib.api.access import PUBLIC
from chalicelib.api.answering import Answer
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, matching
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_CACHE_S = 300


@endpoint(
    bp,
    "GET",
    "/v1/public/days",
    roles={PUBLIC},
    query=LIST_QUERY,
    answers={200: "PublicDays"},
    summary="每日公布的账户总根与汇总，新的在前",
    cache_s=_CACHE_S,
)
def list_days(call: Call) -> Page:
    """Answer with one page of published days."""
    from chalicelib.services import public_days

    return public_days.list_days(call.limit, call.cursor)


@endpoint(
    bp,
    "GET",
    "/v1/public/days/{date}",
    roles={PUBLIC},
    query={"download": matching("^1$", "`1` asks for it as a file to keep.", examples=["1"])},
    answers={200: "PublicDay"},
    problems=("day-unknown",),
    summary="一天的公布文件：默克尔根、账户数、按方法学汇总；不足十人的合并",
    cache_s=_CACHE_S,
)
def get_day(call: Call) -> Answer:
    """Answer with the very bytes whose digest the next day names."""
    from chalicelib.services import public_days

    text, headers = public_days.day_text(call.path["date"]), {}
    if "download" in call.query:
        headers["Content-Disposition"] = f'attachment; filename="tanhui-day-{call.path["date"]}.json"'
    return Answer(text, headers=headers, is_encoded=True)
