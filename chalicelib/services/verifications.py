"""Owns verification batches: a random sample of what waits is judged, then all of it is credited or rejected at once.

Must not draw or apply; `services.verification_runs` does, as queued work. A batch is a case, its states are: `drawing`,
then `open` (or `empty`, `too-large`), then `confirming` or `rejecting`, in the end `confirmed` or `rejected`; one that
nobody has looked at yet may be `withdrawn`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from chalicelib import ids
from chalicelib.domain.days import to_text
from chalicelib.domain.pages import Page
from chalicelib.domain.verifying import NOT_OK, SAMPLE_MAX
from chalicelib.errors import Conflict, NotFound, Unavailable
from chalicelib.services import photos
from chalicelib.services.accreditations import Verifier, check_independent
from chalicelib.services.pending import pending_view, wanted_of
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.services.verification_claims import add_batch
from chalicelib.store import cases, files, queues
from chalicelib.store.cases import NO_DEADLINE, Case
from chalicelib.store.client import pause
from chalicelib.store.sheet_index import Place, read_sheets

KIND = "verification"
DRAWING, OPEN, EMPTY, TOO_LARGE = "drawing", "open", "empty", "too-large"
CONFIRMING, REJECTING, CONFIRMED, REJECTED = "confirming", "rejecting", "confirmed", "rejected"
WITHDRAWN = "withdrawn"
AT_WORK = (DRAWING, CONFIRMING, REJECTING)
CLOSED = (EMPTY, TOO_LARGE, CONFIRMED, REJECTED, WITHDRAWN)
STATES = (*AT_WORK, OPEN, *CLOSED)
DUE_AFTER = timedelta(days=14)
_ATTEMPTS_MAX = 5
_SHOWN = (
    *("methodology_id", "source", "from_on", "to_on", "sample_size", "seed", "opened_by", "population"),
    *("reason", "decided_by", "decided_at", "result"),
)


def open_batch(asked: Mapping[str, Any], verifier: Verifier, now: datetime) -> dict[str, Any]:
    """Ask for a sample of `sample_size` of what waits: {batch_id, methodology_id, source, from_on, to_on, sample_size}.

    `batch_id` is the client's own; the same again is the batch that stands (`_hit`). Raises InvalidInput for an unknown
    methodology or an impossible range, Forbidden `verifier-is-source`, Conflict `idempotency-key-reused`, and
    `verification-overlaps` while a batch of this methodology and source is open over some of the same days.
    """
    check_independent(verifier, asked["source"])
    from_on, to_on = date.fromisoformat(asked["from_on"]), date.fromisoformat(asked["to_on"])
    wanted_of(asked["methodology_id"], asked["source"], from_on, to_on, now)
    assert 0 < asked["sample_size"] <= SAMPLE_MAX, "a sample has 1 to 200 activities"
    body = {name: asked[name] for name in ("methodology_id", "source", "from_on", "to_on", "sample_size")}
    facts = {
        "seed": ids.new_id("seed"),
        "opened_by": verifier.staff_id,
        "population": 0,
        "cursor": 0,
        "parts": [],
    }
    undecided = dict.fromkeys(("reason", "decided_by", "decided_at", "result"))
    case = Case(
        case_id=f"ver_{asked['batch_id']}",
        kind=KIND,
        state=DRAWING,
        subject=asked["methodology_id"],
        opened_at=to_text(now),
        due_at=to_text(now + DUE_AFTER),
        body={**body, **facts, **undecided, "sample": []},
    )
    is_new = repeat_on_conflict(partial(add_batch, case, frozenset(CLOSED)))
    if not is_new:
        known = cases.find_case(case.case_id, KIND)
        if known is None or not body.items() <= known.body.items():
            raise Conflict("idempotency-key-reused", "this batch id stands for another batch")
        case = known
    _hand_on(case)
    return batch_view(case) | {"_hit": not is_new}


def get_batch(case_id: str) -> dict[str, Any]:
    """Return a batch with its sample as it stands; NotFound `verification-unknown`."""
    return batch_view(cases.get_case(case_id, KIND))


def list_batches(state: str, limit: int, cursor: str | None) -> Page:
    """Return a page of the batches in one state, the most urgent first, without their samples."""
    page = cases.list_cases(KIND, state, limit, cursor)
    return Page([_summary(item["case_id"], item["state"], item) for item in page.items], page.cursor)


def judge_sample(
    case_id: str, number: int, result: str, note: str, verifier: Verifier, now: datetime
) -> dict[str, Any]:
    """Note what a verifier found out about one activity of the sample; may be changed until the batch is decided.

    Raises NotFound `verification-unknown` or `sample-unknown`, Conflict `verification-decided`.
    """

    def judged(case: Case) -> Case:
        _must_be_open(case)
        sample = list(case.body["sample"])
        place = _place_in(case, number)
        sample[place] |= {
            "result": result,
            "note": note,
            "judged_by": verifier.staff_id,
            "judged_at": to_text(now),
        }
        return replace(case, body=case.body | {"sample": sample})

    return batch_view(_changed(case_id, verifier, judged))


def sample_photo(case_id: str, number: int, verifier: Verifier) -> dict[str, Any]:
    """Return a link to the photo of one activity of the sample; NotFound `photo-unknown` when it has none."""
    case = cases.get_case(case_id, KIND)
    check_independent(verifier, case.body["source"])
    drawn = case.body["sample"][_place_in(case, number)]
    return photos.photo_link(drawn["account_id"], drawn["event_key"])


def confirm_batch(case_id: str, verifier: Verifier, now: datetime) -> dict[str, Any]:
    """Credit everything of the batch but what failed in the sample, which is rejected. Again: no change (`_hit`).

    Raises Conflict `sample-not-judged` with how many are left, `verification-decided` when it was rejected or is not
    open.
    """

    def confirmed(case: Case) -> Case:
        left = sum(drawn["result"] is None for drawn in case.body["sample"])
        if left:
            raise Conflict(
                "sample-not-judged", "every activity of the sample must be judged first", left=left
            )
        return _decided(case, CONFIRMING, None, verifier, now)

    return _decide(case_id, verifier, (CONFIRMING, CONFIRMED), confirmed)


def reject_batch(case_id: str, reason: str, verifier: Verifier, now: datetime) -> dict[str, Any]:
    """Reject everything of the batch, for a reason. Again: no change (`_hit`). Conflict `verification-decided`."""
    return _decide(
        case_id,
        verifier,
        (REJECTING, REJECTED),
        lambda case: _decided(case, REJECTING, reason, verifier, now),
    )


def withdraw_batch(case_id: str, reason: str, verifier: Verifier, now: datetime) -> dict[str, Any]:
    """Give up a batch that was asked for by mistake; what is in it waits for another. Again: no change (`_hit`).

    Nobody draws until the sample pleases: once an activity of it was judged, Conflict `sample-judged`. Conflict
    `verification-decided` when it is decided or closed.
    """

    def withdrawn(case: Case) -> Case:
        if case.state != DRAWING:
            _must_be_open(case)
        if any(drawn["result"] is not None for drawn in case.body["sample"]):
            raise Conflict("sample-judged", "what was judged is decided, not drawn again")
        facts = {"reason": reason, "decided_by": verifier.staff_id, "decided_at": to_text(now)}
        return replace(case, state=WITHDRAWN, due_at=NO_DEADLINE, body=case.body | facts)

    return _decide(case_id, verifier, (WITHDRAWN,), withdrawn)


def population_link(case_id: str) -> dict[str, Any]:
    """Return a link to the list the sample was drawn from, activity ids only, good for 15 minutes.

    NotFound `file-missing` while it is being drawn, or when nothing waited.
    """
    case = cases.get_case(case_id, KIND)
    if not case.body["sample"]:
        raise NotFound("file-missing", "there is no list yet")
    link = files.download_link(population_key(case_id), f"{case_id}.txt")
    return {"population_url": link, "valid_s": files.LINK_S}


def population_key(case_id: str) -> str:
    """Return where the list of activity ids is kept that the sample of a batch was drawn from."""
    return f"verifications/{case_id}/population.txt"


def batch_view(case: Case) -> dict[str, Any]:
    """Return a batch as verifiers see it: nobody's account, each activity of the sample as it stands now."""
    drawn = case.body["sample"]
    places = [Place(date.fromisoformat(one["on"]), one["account_id"]) for one in drawn]
    sheets = {Place(sheet.on, sheet.account_id): sheet for sheet in read_sheets(places)}
    shown = []
    for number, (one, place) in enumerate(zip(drawn, places, strict=True), 1):
        activity = sheets[place].activities[one["event_key"]]
        judgement = {name: one[name] for name in ("result", "note", "judged_by", "judged_at")}
        shown.append({"number": number, **pending_view(sheets[place], activity), **judgement})
    due_at = None if case.due_at == NO_DEADLINE else case.due_at
    fields = {**case.body, "opened_at": case.opened_at, "due_at": due_at}
    return _summary(case.case_id, case.state, fields) | {"sample": shown}


def _summary(case_id: str, state: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    sample = fields["sample"]
    return {
        "batch_id": case_id,
        "state": state,
        "opened_at": fields["opened_at"],
        "due_at": fields["due_at"],
        **{name: fields[name] for name in _SHOWN},
        "drawn": len(sample),
        "judged": sum(drawn["result"] is not None for drawn in sample),
        "failures": sum(drawn["result"] == NOT_OK for drawn in sample),
    }


def _decide(
    case_id: str, verifier: Verifier, reached: tuple[str, ...], decide: Callable[[Case], Case]
) -> dict[str, Any]:
    case = cases.get_case(case_id, KIND)
    is_known = case.state in reached
    if not is_known:
        case = _changed(case_id, verifier, decide)
    _hand_on(case)
    return batch_view(case) | {"_hit": is_known}


def _decided(case: Case, state: str, reason: str | None, verifier: Verifier, now: datetime) -> Case:
    _must_be_open(case)
    facts = {
        "reason": reason,
        "decided_by": verifier.staff_id,
        "decided_at": to_text(now),
        "cursor": 0,
        "failed": 0,
        "result": dict.fromkeys(("credited", "withheld", "rejected", "decided_before", "no_room"), 0),
    }
    return replace(case, state=state, body=case.body | facts)


def _changed(case_id: str, verifier: Verifier, change: Callable[[Case], Case]) -> Case:
    """Return the case after `change`, decided again on what somebody else has made of it meanwhile."""
    for attempt in range(1, _ATTEMPTS_MAX + 1):
        case = cases.get_case(case_id, KIND)
        check_independent(verifier, case.body["source"])
        try:
            return cases.replace_case(case, change(case))
        except Conflict as error:
            if error.code != "case-changed":
                raise
        pause(attempt)
    raise Unavailable("too-busy", "too many changes at once; the same request may be sent again")


def _must_be_open(case: Case) -> None:
    if case.state != OPEN:
        raise Conflict("verification-decided", f"this batch is {case.state}", state=case.state)


def _place_in(case: Case, number: int) -> int:
    if not 1 <= number <= len(case.body["sample"]):
        raise NotFound("sample-unknown", f"the sample has no activity number {number}")
    return number - 1


def _hand_on(case: Case) -> None:
    """Put the work that a case waits for into the queue; more than once does no harm."""
    if case.state in AT_WORK:
        queues.send_message("jobs", {"verification": case.case_id})
