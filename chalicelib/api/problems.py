"""Owns how failures look over HTTP: RFC 9457 problem documents, one table from code or class to status and title.

Must not decide that something failed; errors carry their code, sentence and facts.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib import errors
from chalicelib.api.problem_titles import CLASS_BY_CODE, TITLES

MEDIA = "application/problem+json"
STATUS_BY_CLASS: tuple[tuple[type[errors.TanhuiError], int, str], ...] = (
    (errors.InvalidInput, 400, "提交的内容有误"),
    (errors.Unauthenticated, 401, "请先登录"),
    (errors.Forbidden, 403, "没有权限"),
    (errors.NotFound, 404, "没有找到"),
    (errors.Conflict, 409, "当前状态不允许这样做"),
    (errors.Refused, 422, "规则不允许"),
    (errors.TooMany, 429, "操作太频繁，请稍后再试"),
    (errors.Unavailable, 503, "服务暂时不可用，请稍后再试"),
)
STATUS_BY_CODE: Mapping[str, int] = {
    "body-too-large": 413,
    "unsupported-media-type": 415,
    "method-not-allowed": 405,
}
RESERVED = frozenset({"type", "title", "status", "detail", "instance", "code"})
_CHALICE_CODES = {400: "invalid-input", 403: "role-not-allowed", 404: "not-found", 405: "method-not-allowed"}


def status_of(error: errors.TanhuiError) -> int:
    """Return the HTTP status of `error`."""
    by_code = STATUS_BY_CODE.get(error.code)
    return by_code or next(status for kind, status, _ in STATUS_BY_CLASS if isinstance(error, kind))


def status_by_code(code: str) -> int:
    """Return the HTTP status of a listed code, for documents."""
    if code == "internal":
        return 500
    kind = CLASS_BY_CODE[code]
    return STATUS_BY_CODE.get(code) or next(s for k, s, _ in STATUS_BY_CLASS if issubclass(kind, k))


def title_of(error: errors.TanhuiError) -> str:
    """Return the short Chinese sentence for people."""
    title = TITLES.get(error.code)
    return title or next(title for kind, _, title in STATUS_BY_CLASS if isinstance(error, kind))


def to_problem(error: errors.TanhuiError, request_id: str) -> dict[str, Any]:
    """Return the problem document of `error`; its facts stand beside the standard members."""
    assert not RESERVED & set(error.facts), f"facts of {error.code} shadow {RESERVED & set(error.facts)}"
    return {
        "type": f"/problems/{error.code}",
        "title": title_of(error),
        "status": status_of(error),
        "detail": error.detail,
        "instance": request_id,
        "code": error.code,
        **error.facts,
    }


def headers_of(error: errors.TanhuiError) -> dict[str, str]:
    """Return the headers that the status demands."""
    if isinstance(error, errors.Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, errors.TooMany):
        return {"Retry-After": str(error.facts["retry_after_s"])}
    if isinstance(error, errors.Unavailable):
        return {"Retry-After": "1"}
    if error.code == "method-not-allowed":
        return {"Allow": ", ".join(error.facts["allow"])}
    return {}


def internal_problem(request_id: str) -> dict[str, Any]:
    """Return the fixed text for a failure nobody foresaw; the log has the cause under the same id."""
    return plain_problem(500, "internal", "something went wrong on our side", request_id)


def frame_problem(status: int, request_id: str) -> dict[str, Any]:
    """Return the problem for an error answer that the web frame itself gave, known only by `status`."""
    if status >= 500:
        return internal_problem(request_id)
    code = _CHALICE_CODES.get(status, "invalid-input")
    return plain_problem(status, code, "the request was refused before it was read", request_id)


def plain_problem(status: int, code: str, detail: str, request_id: str) -> dict[str, Any]:
    """Return a problem that no domain error stands behind."""
    members = {"type": f"/problems/{code}", "title": TITLES[code], "status": status, "detail": detail}
    return {**members, "instance": request_id, "code": code}
