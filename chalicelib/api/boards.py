"""Owns the boards over HTTP: communities and boards for anybody, a resident's own part in them."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR, PUBLIC, RESIDENT
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import ID, LIST_QUERY, matching
from chalicelib.domain.pages import Page
from chalicelib.domain.periods import PATTERN

bp = Blueprint(__name__)
_CACHE_S = 60
_PERIOD = matching(
    PATTERN, "周、月或年；不填为本月。只有本期和上一期可查。", examples=["2026-11", "2026-W47", "2026"]
)


@endpoint(
    bp,
    "GET",
    "/v1/communities",
    roles={PUBLIC},
    query={**LIST_QUERY, "district_id": ID},
    answers={200: "Communities"},
    summary="社区名录",
    cache_s=_CACHE_S,
)
def list_communities(call: Call) -> Page:
    """Answer with a page of communities."""
    from chalicelib.services import communities

    return communities.list_communities(call.query.get("district_id"), call.limit, call.cursor)


@endpoint(
    bp,
    "PUT",
    "/v1/operator/communities/{community_id}",
    roles={OPERATOR},
    body="PublishCommunity",
    answers={200: "Community"},
    problems=("too-busy",),
    summary="发布或更正一个社区",
)
def publish_community(call: Call) -> dict[str, object]:
    """Enter or mend a community."""
    from chalicelib.services import communities

    return communities.publish_community(call.path["community_id"], call.body, call.subject, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/boards/{level}/{id}",
    roles={PUBLIC},
    query={"period": _PERIOD},
    answers={200: "Board"},
    problems=("board-unknown",),
    summary="社区（community）、区（district）或全市（city）排行榜前一百名；不足十人不公开",
    cache_s=_CACHE_S,
)
def get_board(call: Call) -> dict[str, object]:
    """Answer with one board."""
    from chalicelib.services import boards

    return boards.read_board(call.path["level"], call.path["id"], call.query.get("period"), call.now)


@endpoint(
    bp,
    "GET",
    "/v1/me/boards",
    roles={RESIDENT},
    answers={200: "MyBoards"},
    problems=("too-busy",),
    summary="我的社区、减排量（实时）和名次",
)
def get_my_boards(call: Call) -> dict[str, object]:
    """Answer with the resident's own numbers and places."""
    from chalicelib.services import boards

    return boards.my_boards(call.subject, call.now)


@endpoint(
    bp,
    "PUT",
    "/v1/me/community",
    roles={RESIDENT},
    body="ChooseCommunity",
    answers={200: "MyParticipation"},
    problems=("community-unknown", "community-chosen-lately", "too-busy"),
    summary="选择社区；每月至多改一次，改选前的减排量不带入新社区",
)
def choose_community(call: Call) -> dict[str, object]:
    """Choose a community."""
    from chalicelib.services import participations

    return participations.choose_community(call.subject, call.body["community_id"], call.now)


@endpoint(
    bp,
    "PUT",
    "/v1/me/boards",
    roles={RESIDENT},
    body="JoinBoards",
    answers={200: "MyParticipation"},
    problems=("consent-text-changed", "changed-meanwhile", "boards-under-age", "too-busy"),
    summary="同意以昵称上榜；出生年份只用于判断是否满 14 周岁，不保存",
)
def join_boards(call: Call) -> dict[str, object]:
    """Agree to be shown under a nickname."""
    from chalicelib.services import participations

    asked = call.body
    return participations.join(
        call.subject, asked["nickname"], asked["birth_year"], asked["text_version"], call.now
    )


@endpoint(
    bp,
    "DELETE",
    "/v1/me/boards",
    roles={RESIDENT},
    answers={200: "MyParticipation"},
    problems=("changed-meanwhile", "too-busy"),
    summary="撤回同意，立即从所有榜上撤下",
)
def leave_boards(call: Call) -> dict[str, object]:
    """Withdraw the consent; the same as withdrawing it among the consents."""
    from chalicelib.services import consents, participations

    consents.withdraw_consent(call.subject, consents.BOARDS, call.now)
    return participations.shown(call.subject)
