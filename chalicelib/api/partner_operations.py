"""Owns what operators do about partners over HTTP: register, keys, adapters, imports, backfills."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, PARTNER_ID
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)


@endpoint(
    bp,
    "POST",
    "/v1/operator/partners",
    roles={OPERATOR},
    body="RegisterPartner",
    answers={201: "RegisteredPartner"},
    problems=("partner-exists", "partner-key-exists"),
    summary="登记数据合作方；回答里有它的第一个密钥，只显示这一次",
    tag="partners",
)
def register_partner(call: Call) -> dict[str, object]:
    """Enter a partner and make its first key."""
    from chalicelib.services import partners

    return partners.register_partner(call.body, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/operator/partners",
    roles={OPERATOR},
    answers={200: "Partners"},
    summary="全部数据合作方",
    tag="partners",
)
def list_partners(call: Call) -> Page:
    """Answer with all partners."""
    from chalicelib.services import partners

    return partners.list_partners()


@endpoint(
    bp,
    "PUT",
    "/v1/operator/partners/{partner_id}/adapter",
    roles={OPERATOR},
    body="AdapterDocument",
    answers={200: "Partner"},
    problems=("partner-unknown",),
    summary="更换合作方的文件适配文档",
    tag="partners",
)
def replace_adapter(call: Call) -> dict[str, object]:
    """Give a partner another adapter document."""
    from chalicelib.services import partners

    return partners.replace_adapter(call.path["partner_id"], call.body)


@endpoint(
    bp,
    "POST",
    "/v1/operator/partners/{partner_id}/keys",
    roles={OPERATOR},
    answers={201: "MadeKey"},
    problems=("partner-unknown", "keys-too-many", "partner-key-exists"),
    summary="给合作方再发一个密钥，只显示这一次",
    tag="partners",
)
def add_key(call: Call) -> dict[str, object]:
    """Make another key."""
    from chalicelib.services import partners

    return partners.add_key(call.path["partner_id"], call.now)


@endpoint(
    bp,
    "DELETE",
    "/v1/operator/partners/{partner_id}/keys/{key_id}",
    roles={OPERATOR},
    answers={200: "Partner"},
    problems=("partner-unknown", "partner-key-unknown"),
    summary="停用合作方的一个密钥（30 秒内处处生效）",
    tag="partners",
)
def revoke_key(call: Call) -> dict[str, object]:
    """Revoke a key."""
    from chalicelib.services import partners

    return partners.revoke_key(call.path["partner_id"], call.path["key_id"], call.now)


@endpoint(
    bp,
    "GET",
    "/v1/operator/imports",
    roles={OPERATOR},
    query={"partner_id": PARTNER_ID, **LIST_QUERY},
    answers={200: "Imports"},
    summary="文件导入，最近的在前",
    tag="partners",
)
def list_imports(call: Call) -> Page:
    """Answer with a page of one partner's imports, or the newest of all."""
    from chalicelib.services import imports

    return imports.list_imports(call.query.get("partner_id"), call.limit, call.cursor)


@endpoint(
    bp,
    "GET",
    "/v1/operator/imports/{import_id}",
    roles={OPERATOR},
    answers={200: "Import"},
    problems=("import-unknown",),
    summary="一次导入的进度与结果",
    tag="partners",
)
def get_import(call: Call) -> dict[str, object]:
    """Answer with one import of any partner."""
    from chalicelib.services import imports

    return imports.get_import(call.path["import_id"])


@endpoint(
    bp,
    "GET",
    "/v1/operator/imports/{import_id}/report",
    roles={OPERATOR},
    answers={200: "ReportLink"},
    problems=("import-unknown", "import-not-done"),
    summary="逐行报告的下载地址（15 分钟有效）",
    tag="partners",
)
def get_report(call: Call) -> dict[str, object]:
    """Answer with a link to the report."""
    from chalicelib.services import imports

    return imports.report_link(call.path["import_id"])


@endpoint(
    bp,
    "POST",
    "/v1/operator/backfills",
    roles={OPERATOR},
    body="RequestBackfill",
    answers={201: "Backfill"},
    problems=("partner-unknown",),
    summary="申请补录：为某合作方重新打开过去的日子，须另一人批准，7 天内有效",
    tag="partners",
)
def request_backfill(call: Call) -> dict[str, object]:
    """Ask for past days to be opened."""
    from chalicelib.services import backfills

    asked = call.body
    return backfills.request_backfill(
        asked["partner_id"], asked["from_on"], asked["to_on"], asked["reason"], call.subject, call.now
    )


@endpoint(
    bp,
    "GET",
    "/v1/operator/backfills",
    roles={OPERATOR},
    query=LIST_QUERY,
    answers={200: "Backfills"},
    summary="补录申请，最近的在前",
    tag="partners",
)
def list_backfills(call: Call) -> Page:
    """Answer with a page of backfills."""
    from chalicelib.services import backfills

    return backfills.list_backfills(call.limit, call.cursor, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/operator/backfills/{backfill_id}/approval",
    roles={OPERATOR},
    answers={200: "Backfill"},
    problems=(
        "backfill-unknown",
        "needs-second-person",
        "backfill-approved",
        "backfill-expired",
        "run-changed",
    ),
    summary="批准补录申请（不能是申请人自己）",
    tag="partners",
)
def approve_backfill(call: Call) -> dict[str, object]:
    """Approve what another operator asked for."""
    from chalicelib.services import backfills

    return backfills.approve_backfill(call.path["backfill_id"], call.subject, call.now)
