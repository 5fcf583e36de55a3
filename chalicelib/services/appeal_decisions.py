"""Owns the decision of an appeal: by one operator or, when much is at stake, two; what is upheld is carried out.

Must not correct anything itself: what is upheld about an activity is restored by `services.corrections`, a missing
behaviour is recorded by `services.activities`, each with the appeal as its cause. Upholding takes two writes around
that: the first fixes who decided what, the last closes the appeal. Killed between them, it still waits, and
upholding it again goes on.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from chalicelib.domain.activities import Observation, Recorded
from chalicelib.domain.appeals import (
    KIND,
    OPEN,
    PROPOSED,
    REJECT,
    REJECTED,
    RESTORABLE,
    UPHELD,
    UPHOLD,
    WAITING,
    needs_second,
)
from chalicelib.domain.corrections import RESTORE, Correction
from chalicelib.domain.days import from_text, to_text
from chalicelib.domain.methodologies import check_inputs, quantify
from chalicelib.errors import Conflict, Forbidden, InvalidInput, Refused
from chalicelib.profiles import current_profile
from chalicelib.services.activities import record_day
from chalicelib.services.appeal_talks import check_waiting
from chalicelib.services.appeals import is_cut_off, operator_view
from chalicelib.services.checking import Backfill
from chalicelib.services.corrections import restore_activity
from chalicelib.services.explaining import full_millipoints, get_activity
from chalicelib.services.independence import check_unconcerned
from chalicelib.services.messages import add_message
from chalicelib.services.methodologies import version_on
from chalicelib.store import cases
from chalicelib.store.cases import Case

SOURCE = "appeal"


def decide_appeal(
    case_id: str,
    asked: Mapping[str, Any],
    operator_id: str,
    now: datetime,
    is_regulator: bool = False,
    own_account_id: str = "",
) -> dict[str, Any]:
    """Uphold or reject an appeal {decision, reason, record}; upheld, the activity counts again or is recorded.

    What is worth more than the profile lets one person uphold waits as `proposed` for another operator, who upholds
    or rejects it. A regulator decides only what is overdue, and alone. The same decision again by the same operator
    is a `_hit`; an upholding that was cut off anybody may go on with. `own_account_id` is the operator's own as a
    resident. NotFound `appeal-unknown`; InvalidInput for a `record` that cannot count; Refused `appeal-not-overdue`;
    Forbidden `appeal-not-independent` for whoever stands behind what is objected to; Conflict `appeal-decided`,
    `case-changed`.
    """
    case = cases.get_case(case_id, KIND)
    fields = cases.case_fields(case)
    if _is_same(case, asked, operator_id) and not is_cut_off(fields):
        if case.state not in WAITING:
            _tell(case, now)
        return operator_view(fields, now) | {"_hit": True}
    check_waiting(case)
    if is_cut_off(fields):
        _check_goes_on(case, asked)
    else:
        if is_regulator and fields["due_at"] > to_text(now):
            raise Refused("appeal-not-overdue", "until its deadline it is for the operators to decide")
        about = case.body["about"].get("activity_id")
        check_unconcerned(case.subject, about, operator_id, own_account_id)
        case = cases.replace_case(case, _decided(case, asked, operator_id, is_regulator, now))
    if is_cut_off(cases.case_fields(case)):
        body = case.body | {"result": _carried_out(case, now)}
        case = cases.replace_case(case, replace(case, state=UPHELD, body=body))
    if case.state not in WAITING:
        _tell(case, now)
    return operator_view(cases.case_fields(case), now)


def _is_same(case: Case, asked: Mapping[str, Any], operator_id: str) -> bool:
    """Say whether this operator has decided just this already, first or second."""
    body = case.body
    if body["decision"] != asked["decision"]:
        return False
    if body.get("seconded_by"):
        return bool(body["seconded_by"] == operator_id)
    return (body["decided_by"], body["reason"]) == (operator_id, asked["reason"])


def _check_goes_on(case: Case, asked: Mapping[str, Any]) -> None:
    if asked["decision"] != UPHOLD:
        facts = {"decision": case.body["decision"], "decided_at": case.body["decided_at"]}
        raise Conflict("appeal-decided", "this appeal is upheld already, and being carried out", **facts)


def _decided(
    case: Case, asked: Mapping[str, Any], operator_id: str, is_regulator: bool, now: datetime
) -> Case:
    """Return the case with this decision: closed when rejected, else open still, or proposed to a second person."""
    own = {
        "decision": asked["decision"],
        "decided_by": operator_id,
        "decided_at": to_text(now),
        "reason": asked["reason"],
    }
    if asked["decision"] == REJECT:
        return replace(case, state=REJECTED, body=case.body | own)
    if case.state == PROPOSED:
        if case.body["decided_by"] == operator_id:
            raise Forbidden(
                "needs-second-person", "somebody else has to approve this", proposed_by=operator_id
            )
        return replace(case, body=case.body | {"seconded_by": operator_id, "seconded_at": to_text(now)})
    record = _record_of(case, asked)
    own["record"] = record
    worth = _worth_of(case, record)
    state = PROPOSED if needs_second(current_profile(), worth) and not is_regulator else OPEN
    return replace(case, state=state, body=case.body | own)


def _record_of(case: Case, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what is to be recorded {inputs, evidence}, checked; None unless a behaviour was missing."""
    missing, record = case.body["about"].get("missing"), asked.get("record")
    if missing is None:
        if record is not None:
            raise InvalidInput.at("/record", "is for a missing behaviour only")
        return None
    if record is None:
        raise InvalidInput.at("/record", "says what is to be recorded: inputs and evidence")
    methodology = version_on(missing["methodology_id"], date.fromisoformat(missing["on"]))
    fault = "methodology-not-valid"
    if methodology is not None:
        fault = check_inputs(methodology, record["inputs"], record["evidence"]) or ""
    if fault:
        raise InvalidInput.at("/record", fault)
    return {"inputs": dict(record["inputs"]), "evidence": record["evidence"]}


def _worth_of(case: Case, record: Mapping[str, Any] | None) -> int:
    """Return the millipoints that upholding gives at most, before caps."""
    about = case.body["about"]
    if record is not None:
        missing = about["missing"]
        methodology = version_on(missing["methodology_id"], date.fromisoformat(missing["on"]))
        assert methodology is not None, "the record was checked"
        return quantify(methodology, record["inputs"], record["evidence"]).millipoints
    if "activity_id" in about and _is_restorable(case):
        return full_millipoints(case.subject, about["activity_id"])
    return 0


def _carried_out(case: Case, now: datetime) -> dict[str, Any] | None:
    """Restore or record what an appeal is about; None when there is nothing to do."""
    if "missing" in case.body["about"]:
        return _recorded(case, now)
    wanted_id = case.body["about"].get("activity_id")
    if wanted_id is None or not _is_restorable(case):
        return None
    on, _, event_key = wanted_id.partition("-")
    try:
        correction = restore_activity(case.subject, date.fromisoformat(on), event_key, case.case_id, now)
    except Refused as error:
        # The day has no room for another correction: that is worth nothing, and says so.
        return {"grams_co2e": 0, "millipoints": 0, "reason": error.code}
    return _result_of(correction) if correction is not None else None


def _result_of(made: Correction | Recorded) -> dict[str, Any]:
    """Return what was restored or recorded, and why that is less than it was or nothing."""
    return {"grams_co2e": made.grams_co2e, "millipoints": made.millipoints, "reason": made.reason or ""}


def _is_restorable(case: Case) -> bool:
    view = get_activity(case.subject, case.body["about"]["activity_id"])
    made = [one for one in view["corrections"] if one["cause"] == case.case_id and one["kind"] == RESTORE]
    return bool(made) or view["outcome"] in RESTORABLE


def _recorded(case: Case, now: datetime) -> dict[str, Any]:
    """Record the missing behaviour on its day, opened for this alone; the case's id makes it count once."""
    missing, record = case.body["about"]["missing"], case.body["record"]
    on = date.fromisoformat(missing["on"])
    observation = Observation(
        source=SOURCE,
        source_event_id=case.case_id,
        methodology_id=missing["methodology_id"],
        inputs=record["inputs"],
        occurred_at=from_text(missing["occurred_at"]),
        evidence=record["evidence"],
        batch_id="",
    )
    (made,) = record_day(case.subject, on, [observation], now, Backfill(case.case_id, on, on))
    # What was checked before can be refused only because the day is full meanwhile: that is worth nothing.
    return _result_of(made)


def _tell(case: Case, now: datetime) -> None:
    """Tell the resident what was decided, once; a decision that is repeated makes good what was cut off before."""
    facts = {
        "appeal_id": case.body["appeal_id"],
        "outcome": case.state,
        "reason": case.body["reason"],
    }
    add_message(case.subject, f"appeal/{case.case_id}/decided", "appeal-decided", facts, now)
