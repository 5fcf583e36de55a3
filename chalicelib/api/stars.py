"""Owns the stars over HTTP: the honour board for anybody, objections by residents, review by operators."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR, PUBLIC, RESIDENT
from chalicelib.api.answering import Answer
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, one_of
from chalicelib.domain.pages import Page
from chalicelib.domain.periods import PATTERN

bp = Blueprint(__name__)
_CSV = "text/csv; charset=utf-8"
_ONE = "/v1/operator/stars/{star_id}"
_STATE = one_of(
    "proposed", "confirmed", "published", "awarded", "declined", "revoked", description="不填为待审核。"
)
_OBJECTION_STATE = one_of("open", "dismissed", "upheld", description="不填为待处理。")


@endpoint(
    bp,
    "GET",
    "/v1/communities/{community_id}/stars",
    roles={PUBLIC},
    query=LIST_QUERY,
    answers={200: "Stars"},
    problems=("community-unknown",),
    summary="社区荣誉榜：低碳之星，新的在前；撤销的注明原因",
    cache_s=60,
)
def list_community_stars(call: Call) -> Page:
    """Answer with a page of a community's honour board."""
    from chalicelib.services import stars

    return stars.honour_board(call.path["community_id"], call.limit, call.cursor)


@endpoint(
    bp,
    "POST",
    "/v1/stars/{star_id}/objections",
    roles={RESIDENT},
    body="ObjectToStar",
    answers={201: "StarObjection"},
    problems=("star-unknown", "objection-too-late", "too-busy"),
    summary="公示期内提出异议",
)
def object_to_star(call: Call) -> dict[str, object]:
    """Enter an objection."""
    from chalicelib.services import star_bonuses

    return star_bonuses.object_to(call.path["star_id"], call.subject, call.body["reason"], call.now)


@endpoint(
    bp,
    "GET",
    "/v1/operator/stars",
    roles={OPERATOR},
    query={**LIST_QUERY, "state": _STATE},
    answers={200: "OperatorStars"},
    summary="低碳之星，最急的在前",
)
def list_operator_stars(call: Call) -> Page:
    """Answer with a page of the stars in one state."""
    from chalicelib.services import stars

    return stars.list_stars(call.query.get("state", "proposed"), call.limit, call.cursor)


@endpoint(
    bp,
    "POST",
    _ONE + "/confirmation",
    roles={OPERATOR},
    answers={200: "OperatorStar"},
    problems=("star-unknown", "star-decided", "star-withdrawn", "case-changed"),
    summary="同意授予；第二位人员同意后即公布，进入公示期",
)
def confirm_star(call: Call) -> dict[str, object]:
    """Confirm a star, the second time by somebody else: publish it."""
    from chalicelib.services import stars

    return stars.confirm(call.path["star_id"], call.subject, call.now)


@endpoint(
    bp,
    "POST",
    _ONE + "/decline",
    roles={OPERATOR},
    body="DecideStar",
    answers={200: "OperatorStar"},
    problems=("star-unknown", "star-decided", "case-changed"),
    summary="不予授予（公布之前）",
)
def decline_star(call: Call) -> dict[str, object]:
    """Do not award a star."""
    from chalicelib.services import stars

    return stars.decline(call.path["star_id"], call.subject, call.body["reason"], call.now)


@endpoint(
    bp,
    "POST",
    _ONE + "/revocation",
    roles={OPERATOR},
    body="DecideStar",
    answers={200: "OperatorStar"},
    problems=("star-unknown", "star-decided", "too-busy"),
    summary="撤销（公布之后）：原因公开，奖励中未用的积分收回",
)
def revoke_star(call: Call) -> dict[str, object]:
    """Take a star back."""
    from chalicelib.services import star_bonuses

    return star_bonuses.revoke(call.path["star_id"], call.subject, call.body["reason"], call.now)


@endpoint(
    bp,
    "GET",
    "/v1/operator/star-objections",
    roles={OPERATOR},
    query={**LIST_QUERY, "state": _OBJECTION_STATE},
    answers={200: "StarObjections"},
    summary="公示期异议，最急的在前",
)
def list_objections(call: Call) -> Page:
    """Answer with a page of the objections in one state."""
    from chalicelib.services import star_bonuses

    return star_bonuses.list_objections(call.query.get("state", "open"), call.limit, call.cursor)


@endpoint(
    bp,
    "POST",
    "/v1/operator/star-objections/{objection_id}/decision",
    roles={OPERATOR},
    body="DecideObjection",
    answers={200: "StarObjection"},
    problems=("star-objection-unknown", "objection-decided", "star-decided", "too-busy"),
    summary="答复异议：不成立，或成立并撤销荣誉",
)
def decide_objection(call: Call) -> dict[str, object]:
    """Answer an objection."""
    from chalicelib.services import star_bonuses

    is_upheld = call.body["outcome"] == "upheld"
    return star_bonuses.decide_objection(
        call.path["objection_id"], is_upheld, call.subject, call.body["reason"], call.now
    )


@endpoint(
    bp,
    "GET",
    "/v1/operator/civic-awards/{period}",
    roles={OPERATOR},
    answers={200: _CSV},
    problems=("board-unknown",),
    summary="文明家庭评选名单（CSV）：一期的低碳之星，只含同意公开的居民",
)
def get_civic_awards(call: Call) -> Answer:
    """Answer with one period's stars as a file."""
    import re

    from chalicelib.errors import NotFound
    from chalicelib.services import civic_awards

    period = call.path["period"]
    if not re.fullmatch(PATTERN, period):
        raise NotFound("board-unknown", "there is no such period")
    headers = {"Content-Disposition": f'attachment; filename="tanhui-stars-{period}.csv"'}
    return Answer(civic_awards.awards_csv(period), headers=headers, media=_CSV)
