"""Owns residents' photos over HTTP: a link to upload one, a link to see it again."""

from chalice import Blueprint

from chalicelib.api.access import RESIDENT
from chalicelib.api.frame import Call, endpoint

bp = Blueprint(__name__)


@endpoint(
    bp,
    "POST",
    "/v1/me/photos",
    roles={RESIDENT},
    body="RequestPhoto",
    answers={201: "PhotoUpload"},
    summary="为将要申报的行为上传照片：得到上传地址（PUT，15 分钟有效）；照片仅本人和核证人可见，180 天后删除",
)
def request_photo(call: Call) -> dict[str, object]:
    """Answer with a link that takes the photo."""
    from chalicelib.services import photos

    asked = call.body
    return photos.request_photo(
        call.subject, asked["event_id"], asked["content_type"], asked["size_bytes"], call.now
    )


@endpoint(
    bp,
    "GET",
    "/v1/activities/{activity_id}/photo",
    roles={RESIDENT},
    answers={200: "PhotoLink"},
    problems=("activity-unknown", "photo-unknown"),
    summary="我申报时所附的照片（地址 5 分钟有效）",
)
def get_own_photo(call: Call) -> dict[str, object]:
    """Answer with a link to the photo of one of the resident's own activities."""
    from chalicelib.services import explaining, photos

    found = explaining.get_activity(call.subject, call.path["activity_id"])
    return photos.photo_link(call.subject, str(found["activity_id"]).partition("-")[2])
