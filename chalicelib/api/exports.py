"""Owns a resident's export over HTTP."""

from chalice import Blueprint

from chalicelib.api.access import RESIDENT
from chalicelib.api.answering import Answer
from chalicelib.api.frame import Call, endpoint

bp = Blueprint(__name__)


@endpoint(
    bp,
    "GET",
    "/v1/me/export",
    roles={RESIDENT},
    answers={200: "Export"},
    problems=("export-too-large",),
    summary="导出我的全部账目、行为与证明；用 python -m chalicelib.proof verify 核对",
)
def export_account(call: Call) -> Answer:
    """Answer with the sealed export, whose bytes are checked as they are."""
    from chalicelib.services import exports

    text = exports.export_account(call.subject, call.now)
    headers = {"Content-Disposition": 'attachment; filename="tanhui-export.json"'}
    return Answer(text, headers=headers, is_encoded=True)
