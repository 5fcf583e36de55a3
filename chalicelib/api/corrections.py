"""Owns corrections of past activities over HTTP: proposed, previewed, approved by another, watched."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR, REGULATOR
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, matching
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_TAG = "methodologies"
_STATE = matching("^(proposed|running|done|rejected)$", "`proposed` if absent.")
_METHODOLOGY_ID = matching("^[a-z0-9][a-z0-9-]{1,47}$", "All corrections of this methodology, newest first.")
_CHANGING = ("correction-unknown", "correction-decided", "case-changed")


@endpoint(
    bp,
    "POST",
    "/v1/operator/corrections",
    roles={OPERATOR},
    body="ProposeCorrection",
    answers={201: "CorrectionBatch"},
    problems=("idempotency-key-reused",),
    summary="提议更正过去的行为：哪个方法学、哪些日子、由哪些版本改按哪一版、为什么",
    tag=_TAG,
)
def propose_correction(call: Call) -> dict[str, object]:
    """Enter a batch."""
    from chalicelib.services import correction_batches

    return correction_batches.propose_correction(call.body, call.subject, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/operator/corrections",
    roles={OPERATOR, REGULATOR},
    query={"state": _STATE, "methodology_id": _METHODOLOGY_ID, **LIST_QUERY},
    answers={200: "CorrectionBatches"},
    summary="更正批次",
    tag=_TAG,
)
def list_corrections(call: Call) -> Page:
    """Answer with a page of batches."""
    from chalicelib.services import correction_batches

    state, methodology_id = call.query.get("state"), call.query.get("methodology_id")
    return correction_batches.list_corrections(state, methodology_id, call.limit, call.cursor)


@endpoint(
    bp,
    "GET",
    "/v1/operator/corrections/{correction_id}",
    roles={OPERATOR, REGULATOR},
    answers={200: "CorrectionBatch"},
    problems=("correction-unknown",),
    summary="一批更正：预览、进度、结果",
    tag=_TAG,
)
def get_correction(call: Call) -> dict[str, object]:
    """Answer with one batch."""
    from chalicelib.services import correction_sweeps

    return correction_sweeps.get_correction(call.path["correction_id"])


@endpoint(
    bp,
    "POST",
    "/v1/operator/corrections/{correction_id}/preview",
    roles={OPERATOR, REGULATOR},
    answers={202: "CorrectionBatch"},
    problems=_CHANGING,
    summary="预览这批更正会改变什么；没算完时重发则接着算，算完后重发则重新算",
    tag=_TAG,
)
def preview_correction(call: Call) -> dict[str, object]:
    """Have a batch previewed."""
    from chalicelib.services import correction_sweeps

    return correction_sweeps.start_preview(call.path["correction_id"], call.now)


@endpoint(
    bp,
    "POST",
    "/v1/operator/corrections/{correction_id}/approval",
    roles={OPERATOR, REGULATOR},
    body="ApproveCorrection",
    answers={202: "CorrectionBatch"},
    problems=(
        *(*_CHANGING, "needs-second-person"),
        *("preview-missing", "preview-changed", "preview-stale"),
    ),
    summary="批准并开始更正（不能是提议人；写明所看预览的摘要）",
    tag=_TAG,
)
def approve_correction(call: Call) -> dict[str, object]:
    """Approve a batch and have it run."""
    from chalicelib.services import correction_sweeps

    return correction_sweeps.start_correction(
        call.path["correction_id"], call.body["preview_digest"], call.subject, call.now
    )


@endpoint(
    bp,
    "POST",
    "/v1/operator/corrections/{correction_id}/run",
    roles={OPERATOR, REGULATOR},
    answers={202: "CorrectionBatch"},
    problems=_CHANGING,
    summary="再执行一次已完成的更正：补上失败的居民和迟到的数据；已更正的不变",
    tag=_TAG,
)
def run_correction_again(call: Call) -> dict[str, object]:
    """Have a batch run once more."""
    from chalicelib.services import correction_sweeps

    return correction_sweeps.run_again(call.path["correction_id"], call.now)


@endpoint(
    bp,
    "POST",
    "/v1/operator/corrections/{correction_id}/rejection",
    roles={OPERATOR, REGULATOR},
    body="RejectCorrection",
    answers={200: "CorrectionBatch"},
    problems=_CHANGING,
    summary="不执行这批更正并说明理由（提议人也可以）",
    tag=_TAG,
)
def reject_correction(call: Call) -> dict[str, object]:
    """Close a batch before it runs."""
    from chalicelib.services import correction_batches

    return correction_batches.reject_correction(
        call.path["correction_id"], call.body["reason"], call.subject, call.now
    )
