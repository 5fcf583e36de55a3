"""Owns the addresses anybody may read about the service itself: health, documents, keys, problem pages."""

from chalice import Blueprint

from chalicelib.api.access import PUBLIC
from chalicelib.api.answering import Answer
from chalicelib.api.frame import Call, endpoint

bp = Blueprint(__name__)
_HTML = "text/html; charset=utf-8"


@endpoint(bp, "GET", "/v1/health", roles={PUBLIC}, answers={200: "Health"}, summary="服务是否可用")
def get_health(call: Call) -> dict[str, object]:
    """Answer without touching the store."""
    from chalicelib.config import config
    from chalicelib.domain.days import to_text
    from chalicelib.services.logins import enabled_logins

    return {
        "status": "ok",
        "stage": config().stage,
        "profile": config().profile_id,
        "demo": config().demo,
        "logins": list(enabled_logins()),
        "at": to_text(call.now),
    }


@endpoint(
    bp,
    "GET",
    "/v1/openapi.json",
    roles={PUBLIC},
    answers={200: "OpenApi"},
    summary="本接口的 OpenAPI 3.1 文档",
    cache_s=300,
)
def get_openapi(call: Call) -> Answer:
    """Answer with the committed document."""
    from chalicelib.api.docs_page import openapi_text

    return Answer(openapi_text(), is_encoded=True)


@endpoint(bp, "GET", "/docs", roles={PUBLIC}, answers={200: _HTML}, summary="接口说明网页", cache_s=300)
def get_docs(call: Call) -> Answer:
    """Answer with the rendered document."""
    from chalicelib.api import docs_page

    return Answer(docs_page.render_docs(), media=_HTML, headers=docs_page.HEADERS)


@endpoint(
    bp,
    "GET",
    "/problems/{code}",
    roles={PUBLIC},
    answers={200: _HTML},
    problems=("not-found",),
    summary="错误代码说明",
    cache_s=300,
)
def get_problem(call: Call) -> Answer:
    """Answer with what a problem code means."""
    from chalicelib.api import docs_page

    return Answer(docs_page.render_problem(call.path["code"]), media=_HTML, headers=docs_page.HEADERS)


@endpoint(
    bp,
    "GET",
    "/v1/keys",
    roles={PUBLIC},
    answers={200: "Keys"},
    summary="验证优惠券签名的公钥（JWKS）",
    cache_s=300,
)
def get_keys(call: Call) -> dict[str, object]:
    """Answer with the public keys of voucher tokens."""
    from chalicelib.services import voucher_tokens

    return voucher_tokens.public_keys()
