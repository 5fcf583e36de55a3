"""Owns a resident's months over HTTP: totals for a chart, activities for a filter."""

from chalice import Blueprint

from chalicelib.api.access import RESIDENT
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, matching, whole_number
from chalicelib.domain.months import parse_month
from chalicelib.domain.pages import Page
from chalicelib.errors import InvalidInput

bp = Blueprint(__name__)
_COUNT = {"count": whole_number(1, 12, "So many months; 6 if absent.")}
_SCENARIO = {"scenario": matching("^[衣食住行用]$", "Only this scenario.")}


@endpoint(
    bp,
    "GET",
    "/v1/me/months",
    roles={RESIDENT},
    query=_COUNT,
    answers={200: "Months"},
    summary="我最近几个月的减排量和积分，按月",
)
def list_months(call: Call) -> dict[str, object]:
    """Answer with the last months, the current one last."""
    from chalicelib.services import months

    return {"items": months.list_months(call.subject, call.query.get("count", 6), call.now)}


@endpoint(
    bp,
    "GET",
    "/v1/me/months/{month}/activities",
    roles={RESIDENT},
    query={**_SCENARIO, **LIST_QUERY},
    answers={200: "Activities"},
    summary="我某个月的低碳行为，可按场景筛选，新的在前",
)
def list_month_activities(call: Call) -> Page:
    """Answer with one page of a month."""
    from chalicelib.services import months

    try:
        first = parse_month(call.path["month"])
    except ValueError:
        raise InvalidInput.at("/path/month", "must be a month, YYYY-MM") from None
    scenario = call.query.get("scenario")
    return months.list_month_activities(call.subject, first, scenario, call.limit, call.cursor)
