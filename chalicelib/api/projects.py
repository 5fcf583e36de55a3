"""Owns registered projects over HTTP: operators enter them and their assets; verifiers and regulators look."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR, REGULATOR, VERIFIER
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)


@endpoint(
    bp,
    "POST",
    "/v1/operator/projects",
    roles={OPERATOR},
    body="RegisterProject",
    answers={201: "Project"},
    problems=("project-exists",),
    summary="登记已在其他登记机构注册的减排项目",
)
def register_project(call: Call) -> dict[str, object]:
    """Enter a project; the very same again repeats the answer."""
    from chalicelib.services import projects

    return projects.register_project(call.body, call.subject, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/operator/projects",
    roles={OPERATOR, VERIFIER, REGULATOR},
    query=LIST_QUERY,
    answers={200: "Projects"},
    summary="已登记的减排项目，按编号",
)
def list_projects(call: Call) -> Page:
    """Answer with a page of projects."""
    from chalicelib.services import projects

    return projects.list_projects(call.limit, call.cursor)


@endpoint(
    bp,
    "PUT",
    "/v1/operator/projects/{project_id}/assets/{batch_no}",
    roles={OPERATOR},
    body="ClaimAssets",
    answers={200: "ClaimedAssets"},
    problems=("project-unknown", "idempotency-key-reused"),
    summary="提交项目的资产清单（充电桩、电表、车辆），分批 1 至 100，每批至多 500 个；只保存编号的密钥摘要",
)
def claim_assets(call: Call) -> dict[str, object]:
    """Claim one batch of a project's assets; the same batch again repeats the answer."""
    from chalicelib.services import projects

    batch_no = call.path["batch_no"]
    number = int(batch_no) if batch_no.isascii() and batch_no.isdigit() and len(batch_no) <= 3 else 0
    return projects.claim_assets(call.path["project_id"], number, call.body["assets"], call.now)
