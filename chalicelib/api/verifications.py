"""Owns verification over HTTP: what waits, one by one, and batches judged by a sample. Nobody's name is shown."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR, REGULATOR, VERIFIER
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import BATCH_STATE, DAY, ID, LIST_QUERY, PENDING_ID, SOURCE
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_PENDING = "/v1/verifier/pending"
_BATCHES = "/v1/verifier/batches"
_INDEPENDENT = ("verifier-is-source", "verifier-without-organisation")
_DECIDED = (
    *("activity-unknown", "activity-not-pending", "verification-decided", "sheet-full", "too-busy"),
    *_INDEPENDENT,
)
_BATCH = ("verification-unknown", "verification-decided", *_INDEPENDENT, "too-busy")


@endpoint(
    bp,
    "GET",
    _PENDING,
    roles={VERIFIER},
    query={"methodology_id": ID, "source": SOURCE, "from_on": DAY, "to_on": DAY, **LIST_QUERY},
    answers={200: "PendingActivities"},
    summary="等待核证的行为；一页可能不满，以 next_cursor 为准",
)
def list_pending(call: Call) -> Page:
    """Answer with a page of what waits."""
    from chalicelib.services import pending

    asked = call.query
    wanted = pending.wanted_of(
        asked.get("methodology_id"), asked.get("source"), asked.get("from_on"), asked.get("to_on"), call.now
    )
    return pending.list_pending(wanted, call.limit, call.cursor)


@endpoint(
    bp,
    "POST",
    f"{_PENDING}/decide",
    roles={VERIFIER},
    body="DecidePending",
    answers={200: "DecidedActivity"},
    problems=_DECIDED,
    summary="核证一条行为：通过或不通过",
)
def decide_pending(call: Call) -> dict[str, object]:
    """Confirm or reject one activity; the same decision again repeats the answer."""
    from chalicelib.services import pending
    from chalicelib.services.accreditations import Verifier

    asked = call.body
    verifier = Verifier(call.subject, call.actor.merchant_id)
    return pending.decide_pending(
        asked["pending_id"], asked["decision"], asked.get("note", ""), verifier, call.now
    )


@endpoint(
    bp,
    "GET",
    f"{_PENDING}/photo",
    roles={VERIFIER},
    query={"pending_id": PENDING_ID},
    answers={200: "PhotoLink"},
    problems=("activity-unknown", "photo-unknown", *_INDEPENDENT),
    summary="一条待核证行为所附的照片（地址 5 分钟有效）",
)
def get_pending_photo(call: Call) -> dict[str, object]:
    """Answer with a link to the photo of one activity."""
    from chalicelib.services import pending
    from chalicelib.services.accreditations import Verifier

    verifier = Verifier(call.subject, call.actor.merchant_id)
    return pending.pending_photo(call.query.get("pending_id", ""), verifier)


@endpoint(
    bp,
    "POST",
    _BATCHES,
    roles={VERIFIER},
    body="OpenBatch",
    answers={201: "VerificationBatch"},
    problems=(*_INDEPENDENT, "idempotency-key-reused", "verification-overlaps", "too-busy"),
    summary="开始一批核证：从等待核证的行为中随机抽样（种子公开，可重抽核对）",
)
def open_batch(call: Call) -> dict[str, object]:
    """Ask for a sample; the same batch again repeats the answer."""
    from chalicelib.services import verifications
    from chalicelib.services.accreditations import Verifier

    verifier = Verifier(call.subject, call.actor.merchant_id)
    return verifications.open_batch(call.body, verifier, call.now)


@endpoint(
    bp,
    "GET",
    _BATCHES,
    roles={VERIFIER, OPERATOR, REGULATOR},
    query={"state": BATCH_STATE, **LIST_QUERY},
    answers={200: "VerificationBatches"},
    summary="某一状态的核证批次，最紧急的在前；默认为可判定的",
)
def list_batches(call: Call) -> Page:
    """Answer with a page of batches."""
    from chalicelib.services import verifications

    return verifications.list_batches(call.query.get("state", verifications.OPEN), call.limit, call.cursor)


@endpoint(
    bp,
    "GET",
    f"{_BATCHES}/{{batch_id}}",
    roles={VERIFIER, REGULATOR},
    answers={200: "VerificationBatch"},
    problems=("verification-unknown",),
    summary="一批核证及其样本",
)
def get_batch(call: Call) -> dict[str, object]:
    """Answer with one batch and its sample as it stands."""
    from chalicelib.services import verifications

    return verifications.get_batch(call.path["batch_id"])


@endpoint(
    bp,
    "GET",
    f"{_BATCHES}/{{batch_id}}/population",
    roles={VERIFIER, REGULATOR},
    answers={200: "PopulationLink"},
    problems=("verification-unknown", "file-missing"),
    summary="抽样所依据的行为编号清单，供重抽核对（地址 15 分钟有效）",
)
def get_population(call: Call) -> dict[str, object]:
    """Answer with a link to the list that the sample was drawn from."""
    from chalicelib.services import verifications

    return verifications.population_link(call.path["batch_id"])


@endpoint(
    bp,
    "PUT",
    f"{_BATCHES}/{{batch_id}}/samples/{{number}}",
    roles={VERIFIER},
    body="JudgeSample",
    answers={200: "VerificationBatch"},
    problems=(*_BATCH, "sample-unknown"),
    summary="判定样本中的一条：相符或不相符，附说明",
)
def judge_sample(call: Call) -> dict[str, object]:
    """Note what was found out about one activity of the sample."""
    from chalicelib.services import verifications
    from chalicelib.services.accreditations import Verifier

    verifier = Verifier(call.subject, call.actor.merchant_id)
    return verifications.judge_sample(
        call.path["batch_id"],
        _number(call.path["number"]),
        call.body["result"],
        call.body.get("note", ""),
        verifier,
        call.now,
    )


@endpoint(
    bp,
    "GET",
    f"{_BATCHES}/{{batch_id}}/samples/{{number}}/photo",
    roles={VERIFIER},
    answers={200: "PhotoLink"},
    problems=("verification-unknown", "sample-unknown", "photo-unknown", *_INDEPENDENT),
    summary="样本中一条行为所附的照片（地址 5 分钟有效）",
)
def get_sample_photo(call: Call) -> dict[str, object]:
    """Answer with a link to the photo of one activity of the sample."""
    from chalicelib.services import verifications
    from chalicelib.services.accreditations import Verifier

    verifier = Verifier(call.subject, call.actor.merchant_id)
    return verifications.sample_photo(call.path["batch_id"], _number(call.path["number"]), verifier)


@endpoint(
    bp,
    "POST",
    f"{_BATCHES}/{{batch_id}}/confirm",
    roles={VERIFIER},
    answers={200: "VerificationBatch"},
    problems=(*_BATCH, "sample-not-judged"),
    summary="通过整批：除样本中不相符的以外全部计入（后台执行）",
)
def confirm_batch(call: Call) -> dict[str, object]:
    """Confirm a batch; again, no change."""
    from chalicelib.services import verifications
    from chalicelib.services.accreditations import Verifier

    verifier = Verifier(call.subject, call.actor.merchant_id)
    return verifications.confirm_batch(call.path["batch_id"], verifier, call.now)


@endpoint(
    bp,
    "POST",
    f"{_BATCHES}/{{batch_id}}/reject",
    roles={VERIFIER},
    body="RejectBatch",
    answers={200: "VerificationBatch"},
    problems=_BATCH,
    summary="不通过整批，须说明理由（后台执行）",
)
def reject_batch(call: Call) -> dict[str, object]:
    """Reject a batch; again, no change."""
    from chalicelib.services import verifications
    from chalicelib.services.accreditations import Verifier

    verifier = Verifier(call.subject, call.actor.merchant_id)
    return verifications.reject_batch(call.path["batch_id"], call.body["reason"], verifier, call.now)


@endpoint(
    bp,
    "POST",
    f"{_BATCHES}/{{batch_id}}/withdraw",
    roles={VERIFIER},
    body="WithdrawBatch",
    answers={200: "VerificationBatch"},
    problems=(*_BATCH, "sample-judged"),
    summary="撤回还没有开始判定的一批，须说明理由；其中的行为留待下一批",
)
def withdraw_batch(call: Call) -> dict[str, object]:
    """Give up a batch nobody has looked at; again, no change."""
    from chalicelib.services import verifications
    from chalicelib.services.accreditations import Verifier

    verifier = Verifier(call.subject, call.actor.merchant_id)
    return verifications.withdraw_batch(call.path["batch_id"], call.body["reason"], verifier, call.now)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
