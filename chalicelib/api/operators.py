"""Owns what operators do over HTTP: publish merchants, stores and offers, look at scheduled work."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)


@endpoint(
    bp,
    "POST",
    "/v1/operator/merchants",
    roles={OPERATOR},
    body="PublishMerchant",
    answers={201: "PublishedMerchant"},
    problems=("merchant-exists", "needs-second-person"),
    summary="直接登记商户（只在演示环境）",
)
def publish_merchant(call: Call) -> dict[str, object]:
    """Enter a merchant."""
    from chalicelib.services import publishing

    return publishing.publish_merchant(call.body, call.subject, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/operator/stores",
    roles={OPERATOR},
    body="PublishStore",
    answers={201: "Store"},
    problems=("store-exists",),
    summary="登记门店",
)
def publish_store(call: Call) -> dict[str, object]:
    """Enter a store of a merchant."""
    from chalicelib.services import publishing

    return publishing.publish_store(call.body, call.subject, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/operator/offers",
    roles={OPERATOR},
    body="PublishOffer",
    answers={201: "PublishedOffer"},
    problems=("offer-exists", "needs-second-person"),
    summary="直接发布优惠（只在演示环境）",
)
def publish_offer(call: Call) -> dict[str, object]:
    """Enter an offer; it is live between its two instants."""
    from chalicelib.services import publishing

    return publishing.publish_offer(call.body, call.subject, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/operator/jobs",
    roles={OPERATOR},
    answers={200: "Jobs"},
    summary="定时任务：何时再运行、运行到哪里、错过几次、进度",
)
def list_jobs(call: Call) -> dict[str, object]:
    """Answer with every job, its newest run, and how it stands in the calendar."""
    from chalicelib.services import job_calendar

    return {"items": job_calendar.show_jobs(call.now)}


@endpoint(
    bp,
    "GET",
    "/v1/operator/jobs/{job}/runs",
    roles={OPERATOR},
    query=LIST_QUERY,
    answers={200: "JobRuns"},
    problems=("job-unknown",),
    summary="一个定时任务的运行记录，新的在前",
)
def list_job_runs(call: Call) -> Page:
    """Answer with one page of a job's runs."""
    from chalicelib.services import job_runs

    return job_runs.list_job_runs(call.path["job"], call.limit, call.cursor)
