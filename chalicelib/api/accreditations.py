"""Owns the accreditation of sources over HTTP: verifiers grant and revoke, everybody may read the public list."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR, PUBLIC, REGULATOR, VERIFIER
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, SOURCE
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)


@endpoint(
    bp,
    "POST",
    "/v1/verifier/accreditations",
    roles={VERIFIER},
    body="AccreditSource",
    answers={201: "Accreditation"},
    problems=("partner-unknown", "verifier-is-source", "verifier-without-organisation", "too-busy"),
    summary="认可一个数据来源：方法学、证据等级、有效期、依据文件",
)
def accredit_source(call: Call) -> dict[str, object]:
    """Grant an accreditation; the very same again repeats the answer."""
    from chalicelib.services import accreditations

    verifier = accreditations.Verifier(call.subject, call.actor.merchant_id)
    return accreditations.accredit_source(call.body, verifier, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/verifier/accreditations",
    roles={VERIFIER, OPERATOR, REGULATOR},
    query={"source": SOURCE, **LIST_QUERY},
    answers={200: "Accreditations"},
    summary="来源认可记录，按编号",
)
def list_accreditations(call: Call) -> Page:
    """Answer with a page of accreditations."""
    from chalicelib.services import accreditations

    return accreditations.list_accreditations(call.query.get("source"), call.limit, call.cursor, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/verifier/accreditations/{accreditation_id}/revoke",
    roles={VERIFIER},
    body="RevokeAccreditation",
    answers={200: "Accreditation"},
    problems=(
        "accreditation-unknown",
        "accreditation-revoked",
        "verifier-is-source",
        "verifier-without-organisation",
    ),
    summary="自某日起撤销一项认可（30 秒内处处生效；已计入的不变）",
)
def revoke_accreditation(call: Call) -> dict[str, object]:
    """Revoke an accreditation from a day on."""
    from chalicelib.services import accreditations

    verifier = accreditations.Verifier(call.subject, call.actor.merchant_id)
    return accreditations.revoke_accreditation(
        call.path["accreditation_id"], call.body["from_on"], call.body["reason"], verifier, call.now
    )


@endpoint(
    bp,
    "GET",
    "/v1/public/sources",
    roles={PUBLIC},
    answers={200: "Sources"},
    summary="数据来源、证据等级与认可有效期",
    cache_s=60,
)
def list_sources(call: Call) -> dict[str, object]:
    """Answer with every accredited source."""
    from chalicelib.services import accreditations

    return {"items": accreditations.list_sources(call.now)}
