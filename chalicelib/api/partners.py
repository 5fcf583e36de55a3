"""Owns what data partners do over HTTP: deliver activities and files, follow their imports. Signed, not logged in."""

from chalice import Blueprint

from chalicelib.api.access import PARTNER
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)


@endpoint(
    bp,
    "POST",
    "/v1/partner/activities",
    roles={PARTNER},
    body="SubmitActivities",
    answers={200: "Submitted"},
    problems=("idempotency-key-reused", "too-busy", "store-busy"),
    summary="成批提交行为（至多 500 条），逐条回答结果",
)
def submit_activities(call: Call) -> dict[str, object]:
    """Record a batch; every row gets its outcome."""
    from chalicelib.services import partner_deliveries

    key = call.headers["idempotency-key"]
    return partner_deliveries.submit_activities(call.subject, call.body["rows"], key, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/partner/files",
    roles={PARTNER},
    body="AnnounceFile",
    answers={201: "AnnouncedImport"},
    problems=(
        "idempotency-key-reused",
        "backfill-unknown",
        "backfill-not-approved",
        "backfill-expired",
        "import-unknown",
    ),
    summary="登记一个文件，得到上传地址（PUT，15 分钟有效）",
)
def announce_file(call: Call) -> dict[str, object]:
    """Answer with the import and a link that takes the file."""
    from chalicelib.services import partner_deliveries

    return partner_deliveries.request_upload(
        call.subject,
        call.body["file_name"],
        call.body["size_bytes"],
        call.body["sha256"],
        call.body.get("backfill_id"),
        call.headers["idempotency-key"],
        call.now,
    )


@endpoint(
    bp,
    "GET",
    "/v1/partner/imports",
    roles={PARTNER},
    query=LIST_QUERY,
    answers={200: "Imports"},
    summary="我的导入，最近的在前",
)
def list_own_imports(call: Call) -> Page:
    """Answer with a page of the partner's imports."""
    from chalicelib.services import imports

    return imports.list_imports(call.subject, call.limit, call.cursor)


@endpoint(
    bp,
    "GET",
    "/v1/partner/imports/{import_id}",
    roles={PARTNER},
    answers={200: "Import"},
    problems=("import-unknown",),
    summary="一次导入的进度与结果",
)
def get_own_import(call: Call) -> dict[str, object]:
    """Answer with one of the partner's imports."""
    from chalicelib.services import imports

    return imports.get_import(call.path["import_id"], call.subject)


@endpoint(
    bp,
    "GET",
    "/v1/partner/imports/{import_id}/report",
    roles={PARTNER},
    answers={200: "ReportLink"},
    problems=("import-unknown", "import-not-done"),
    summary="逐行报告的下载地址（15 分钟有效）",
)
def get_own_report(call: Call) -> dict[str, object]:
    """Answer with a link to the report."""
    from chalicelib.services import imports

    return imports.report_link(call.path["import_id"], call.subject)
