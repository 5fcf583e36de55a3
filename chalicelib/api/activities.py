"""Owns a resident's activities, entries and balance over HTTP."""

from chalice import Blueprint

from chalicelib.api.access import RESIDENT
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import DAY, LIST_QUERY
from chalicelib.domain.days import parse_instant
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)


@endpoint(
    bp, "GET", "/v1/me", roles={RESIDENT}, answers={200: "Me"}, summary="我的账户：积分、减排量、到期日"
)
def get_me(call: Call) -> dict[str, object]:
    """Answer with the balance and the city."""
    from chalicelib.profiles import current_profile
    from chalicelib.services import balances

    profile = current_profile()
    city = {"id": profile.id, "name": profile.name, "timezone": profile.timezone}
    balance = balances.read_balance(call.subject, call.now)
    return {"account_id": call.subject, "profile": city, "balance": balance}


@endpoint(
    bp,
    "GET",
    "/v1/me/activities",
    roles={RESIDENT},
    query={"on": DAY, **LIST_QUERY},
    answers={200: "Activities"},
    summary="我的低碳行为，按天，新的在前",
)
def list_activities(call: Call) -> Page:
    """Answer with one page, newest day first."""
    from chalicelib.services import activities

    return activities.list_activities(call.subject, call.now, call.query.get("on"), call.limit, call.cursor)


@endpoint(
    bp,
    "GET",
    "/v1/me/refusals",
    roles={RESIDENT},
    answers={200: "Refusals"},
    summary="近 31 天没有计入的记录及原因",
)
def list_refusals(call: Call) -> dict[str, object]:
    """Answer with what was refused lately; at most 20 a day are noted."""
    from chalicelib.services import refusals

    return {"items": refusals.list_refusals(call.subject, call.now)}


@endpoint(
    bp,
    "POST",
    "/v1/me/activities",
    roles={RESIDENT},
    body="DeclareActivity",
    answers={201: "DeclaredActivity"},
    problems=(
        "unknown-methodology",
        "methodology-not-valid",
        "in-the-future",
        "outside-window",
        "evidence-not-accepted",
        "wrong-inputs",
        "quantity-out-of-range",
        "evidence-missing",
        "evidence-invalid",
        "source-not-accredited",
        "sheet-full",
        "idempotency-key-reused",
    ),
    summary="自行申报一次低碳行为",
)
def declare_activity(call: Call) -> dict[str, object]:
    """Record what the resident declares; the same event again repeats the answer."""
    from chalicelib.services import activities

    body = call.body
    occurred_at = parse_instant(body["occurred_at"])
    return activities.declare_activity(
        call.subject,
        body["methodology_id"],
        body["inputs"],
        body["event_id"],
        occurred_at,
        call.now,
        body.get("photo_id"),
    )


@endpoint(
    bp,
    "GET",
    "/v1/activities/{activity_id}",
    roles={RESIDENT},
    answers={200: "Activity"},
    problems=("activity-unknown",),
    summary="一次低碳行为",
)
def get_activity(call: Call) -> dict[str, object]:
    """Answer with one of the resident's own activities."""
    from chalicelib.services import explaining

    return explaining.get_activity(call.subject, call.path["activity_id"])


@endpoint(
    bp,
    "GET",
    "/v1/activities/{activity_id}/explain",
    roles={RESIDENT},
    answers={200: "Explanation"},
    problems=("activity-unknown",),
    summary="这次行为的减排量是怎么算出来的",
)
def explain_activity(call: Call) -> dict[str, object]:
    """Answer with inputs, methodology, factors and arithmetic in words."""
    from chalicelib.services import explaining

    return explaining.explain_activity(call.subject, call.path["activity_id"])


@endpoint(
    bp,
    "GET",
    "/v1/me/entries",
    roles={RESIDENT},
    query=LIST_QUERY,
    answers={200: "Entries"},
    summary="我的账目，新的在前",
)
def list_entries(call: Call) -> Page:
    """Answer with one page of the journal."""
    from chalicelib.services import entries

    return entries.list_entries(call.subject, call.limit, call.cursor)
