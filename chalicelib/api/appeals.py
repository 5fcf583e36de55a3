"""Owns appeals over HTTP as residents use them: object, add, take back, look; and the counts for the public."""

from chalice import Blueprint

from chalicelib.api.access import PUBLIC, RESIDENT
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)


@endpoint(
    bp,
    "POST",
    "/v1/me/appeals",
    roles={RESIDENT},
    body="OpenAppeal",
    answers={201: "Appeal"},
    problems=(
        "activity-unknown",
        "entry-unknown",
        "appeal-open",
        "idempotency-key-reused",
        "appeals-too-many",
    ),
    summary="对一次行为或一条账目提出申诉，或申请补记缺少的行为",
)
def open_appeal(call: Call) -> dict[str, object]:
    """Enter an objection."""
    from chalicelib.services import appeals

    return appeals.open_appeal(call.subject, call.body, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/me/appeals",
    roles={RESIDENT},
    query=LIST_QUERY,
    answers={200: "Appeals"},
    summary="我的申诉与处理结果，新的在前",
)
def list_own_appeals(call: Call) -> Page:
    """Answer with a page of the resident's appeals."""
    from chalicelib.services import appeals

    return appeals.list_own_appeals(call.subject, call.limit, call.cursor)


@endpoint(
    bp,
    "GET",
    "/v1/me/appeals/{appeal_id}",
    roles={RESIDENT},
    answers={200: "Appeal"},
    problems=("appeal-unknown",),
    summary="我的一件申诉：进展、往来说明、期限",
)
def get_own_appeal(call: Call) -> dict[str, object]:
    """Answer with one of the resident's appeals."""
    from chalicelib.services import appeals

    return appeals.get_own_appeal(call.subject, call.path["appeal_id"])


@endpoint(
    bp,
    "POST",
    "/v1/me/appeals/{appeal_id}/messages",
    roles={RESIDENT},
    body="SayOnAppeal",
    answers={201: "Appeal"},
    problems=(
        "appeal-unknown",
        "appeal-decided",
        "case-changed",
        "idempotency-key-reused",
        "messages-too-many",
    ),
    summary="补充说明，或答复运营人员的询问",
)
def answer_appeal(call: Call) -> dict[str, object]:
    """Add what the resident says."""
    from chalicelib.services import appeal_talks

    return appeal_talks.answer_appeal(call.subject, call.path["appeal_id"], call.body, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/me/appeals/{appeal_id}/withdrawal",
    roles={RESIDENT},
    answers={200: "Appeal"},
    problems=(
        "appeal-unknown",
        "appeal-decided",
        "case-changed",
    ),
    summary="撤回申诉",
)
def withdraw_appeal(call: Call) -> dict[str, object]:
    """Take an appeal back."""
    from chalicelib.services import appeal_talks

    return appeal_talks.withdraw_appeal(call.subject, call.path["appeal_id"], call.now)


@endpoint(
    bp,
    "POST",
    "/v1/me/appeal-photos",
    roles={RESIDENT},
    body="RequestAppealPhoto",
    answers={201: "PhotoUpload"},
    summary="为申诉上传照片：得到上传地址（PUT，15 分钟有效）；照片仅本人和处理人员可见，180 天后删除",
)
def request_appeal_photo(call: Call) -> dict[str, object]:
    """Answer with a link that takes the photo."""
    from chalicelib.services import appeal_photos

    asked = call.body
    return appeal_photos.request_photo(
        call.subject, asked["photo_id"], asked["content_type"], asked["size_bytes"]
    )


@endpoint(
    bp,
    "GET",
    "/v1/me/appeals/{appeal_id}/photos/{photo_id}",
    roles={RESIDENT},
    answers={200: "PhotoLink"},
    problems=(
        "appeal-unknown",
        "photo-unknown",
    ),
    summary="我的申诉所附的照片（地址 5 分钟有效）",
)
def get_own_appeal_photo(call: Call) -> dict[str, object]:
    """Answer with a link to a photo of the resident's own appeal."""
    from chalicelib.services import appeal_photos, appeals

    fields = appeals.own_fields(call.subject, call.path["appeal_id"])
    return appeal_photos.photo_link(fields, call.path["photo_id"])


@endpoint(
    bp,
    "GET",
    "/v1/public/appeals",
    roles={PUBLIC},
    answers={200: "AppealMonths"},
    summary="申诉处理情况公示：按月件数、成立数、办理工作日（少于 10 件的月份不列明细）",
    cache_s=300,
)
def list_appeal_months(call: Call) -> dict[str, object]:
    """Answer with the counts of the last 24 months."""
    from chalicelib.services import appeal_clock

    return {"items": appeal_clock.public_counts()}
