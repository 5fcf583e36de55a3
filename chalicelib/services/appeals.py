"""Owns appeals: a resident objects to how an activity or an entry of theirs stands, an operator upholds or rejects it.

Must not correct anything itself; what is upheld about an activity is restored by `services.corrections`, with the
appeal as its cause. Upholding takes two writes around that correction: the first fixes who decided what, the last
closes the appeal. Killed between them, it still stands among the open ones, and upholding it again goes on.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.domain.activities import OVERLAP, SAME_EVENT
from chalicelib.domain.corrections import RESTORE
from chalicelib.domain.days import day_start, local_day, to_text
from chalicelib.domain.entries import parse_entry
from chalicelib.domain.pages import Page
from chalicelib.domain.profiles import Profile
from chalicelib.domain.recording import SHEET_FULL
from chalicelib.domain.sheets import REJECTED, REVERSED, activity_id
from chalicelib.errors import Conflict, InvalidInput, NotFound, Refused
from chalicelib.keys import keyed_digest
from chalicelib.profiles import current_profile
from chalicelib.services.corrections import restore_activity
from chalicelib.services.explaining import get_activity
from chalicelib.services.independence import check_unconcerned
from chalicelib.services.messages import add_message
from chalicelib.store import cases
from chalicelib.store.cases import Case
from chalicelib.store.entries import find_entry_body

KIND = "appeal"
OPEN, UPHELD, REJECTED_APPEAL = "open", "upheld", "rejected"
UPHOLD, REJECT = "uphold", "reject"
OPEN_MAX = 20
_RESTORABLE = frozenset({REVERSED, REJECTED, SAME_EVENT, OVERLAP})
_UNDECIDED = {"decision": None, "decided_by": None, "decided_at": None, "reason": None, "result": None}


def open_appeal(account_id: str, asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Object to one activity or entry {appeal_id, activity_id or entry_seq, text}; the same again is a `_hit`.

    InvalidInput unless exactly one is named; NotFound `activity-unknown`, `entry-unknown`; Conflict `appeal-open` when
    an appeal about the same waits already, `idempotency-key-reused`; Refused `appeals-too-many`.
    """
    case_id = f"apl_{keyed_digest('appeal', account_id, asked['appeal_id'])}"
    known = cases.find_case(case_id, KIND)
    if known is not None:
        return _as_opened(known, asked)
    about = _about(account_id, asked)
    _check_room(account_id, about)
    profile = current_profile()
    due_at = to_text(_due_at(profile, now))
    body = {"appeal_id": asked["appeal_id"], "about": about, "text": asked["text"], **_UNDECIDED}
    case = Case(case_id, KIND, OPEN, account_id, to_text(now), due_at, body)
    if not cases.add_case(case):
        return _as_opened(cases.get_case(case_id, KIND), asked)
    return _own_view(cases.case_fields(case))


def list_own_appeals(account_id: str, limit: int, cursor: str | None) -> Page:
    """Return a page of a resident's appeals, newest first."""
    page = cases.list_cases_of(account_id, KIND, limit, cursor)
    return Page([_own_view(item) for item in page.items], page.cursor)


def list_appeals(state: str, limit: int, cursor: str | None, now: datetime) -> Page:
    """Return a page of all appeals in one state, the first deadline first, with whether it has passed."""
    page = cases.list_cases(KIND, state, limit, cursor)
    return Page([_operator_view(item, now) for item in page.items], page.cursor)


def decide_appeal(
    case_id: str, decision: str, reason: str, operator_id: str, now: datetime, own_account_id: str = ""
) -> dict[str, Any]:
    """Uphold or reject an appeal; upheld, an activity that was reversed, rejected or held to be told twice is restored.

    The same decision again by the same operator is a `_hit`; an upholding that was cut off anybody may go on with.
    `own_account_id` is the operator's own as a resident. NotFound `appeal-unknown`; Conflict `appeal-decided` with how
    and by whom, `case-changed`; Forbidden `appeal-not-independent` for whoever stands behind what is objected to.
    """
    case = cases.get_case(case_id, KIND)
    is_same = (case.body["decision"], case.body["decided_by"], case.body["reason"]) == (
        decision,
        operator_id,
        reason,
    )
    if case.state != OPEN and is_same:
        _tell(case, now)
        return _operator_view(cases.case_fields(case), now) | {"_hit": True}
    is_cut_off = case.state == OPEN and case.body["decision"] == decision
    if case.state != OPEN or (case.body["decision"] is not None and not is_cut_off):
        facts = {"decision": case.body["decision"], "decided_at": case.body["decided_at"]}
        raise Conflict("appeal-decided", "this appeal has been decided already", **facts)
    if case.body["decision"] is None:
        _check_independent(case, operator_id, own_account_id)
        decided = {
            "decision": decision,
            "decided_by": operator_id,
            "decided_at": to_text(now),
            "reason": reason,
        }
        state = OPEN if decision == UPHOLD else REJECTED_APPEAL
        case = cases.replace_case(case, replace(case, state=state, body=case.body | decided))
    if decision == UPHOLD:
        result = _restored(case, now)
        case = cases.replace_case(case, replace(case, state=UPHELD, body=case.body | {"result": result}))
    _tell(case, now)
    return _operator_view(cases.case_fields(case), now)


def _check_independent(case: Case, operator_id: str, own_account_id: str) -> None:
    wanted_id = case.body["about"].get("activity_id")
    check_unconcerned(case.subject, wanted_id, operator_id, own_account_id)


def _tell(case: Case, now: datetime) -> None:
    """Tell the resident what was decided, once; a decision that is repeated makes good what was cut off before."""
    facts = {
        "appeal_id": case.body["appeal_id"],
        "outcome": case.state,
        "reason": case.body["reason"],
    }
    add_message(case.subject, f"appeal/{case.case_id}/decided", "appeal-decided", facts, now)


def _restored(case: Case, now: datetime) -> dict[str, Any] | None:
    """Restore the activity that an appeal is about; None when there is nothing that could be restored.

    What could not be restored because the day has no room for another correction is worth nothing, and says so.
    """
    wanted_id = case.body["about"].get("activity_id")
    if wanted_id is None:
        return None
    view = get_activity(case.subject, wanted_id)
    made = [one for one in view["corrections"] if one["cause"] == case.case_id and one["kind"] == RESTORE]
    if not made and view["outcome"] not in _RESTORABLE:
        return None
    _, _, event_key = wanted_id.partition("-")
    on = date.fromisoformat(view["on"])
    try:
        correction = restore_activity(case.subject, on, event_key, case.case_id, now)
    except Refused as error:
        return {"grams_co2e": 0, "millipoints": 0, "reason": error.code}
    if correction is None:
        return None
    return {
        "grams_co2e": correction.grams_co2e,
        "millipoints": correction.millipoints,
        "reason": correction.reason,
    }


def _about(account_id: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an appeal is about, found among the resident's own, with how it stood when they objected."""
    wanted_id, seq = asked.get("activity_id"), asked.get("entry_seq")
    if (wanted_id is None) == (seq is None):
        raise InvalidInput.at("", "names either activity_id or entry_seq")
    if wanted_id is not None:
        return _about_activity(account_id, wanted_id)
    assert isinstance(seq, int), "the body's model has checked it"
    body = find_entry_body(account_id, seq)
    if body is None:
        raise NotFound("entry-unknown", "you have no such entry", seq=seq)
    facts = parse_entry(body).facts
    if "key" not in facts:
        return {"entry_seq": seq}
    # A correction's entry stands for the activity it corrected: upholding the objection restores that.
    corrected_id = activity_id(date.fromisoformat(facts["day"]), facts["key"])
    return {"entry_seq": seq, **_about_activity(account_id, corrected_id)}


def _about_activity(account_id: str, wanted_id: str) -> dict[str, Any]:
    return {"activity_id": wanted_id, "outcome": get_activity(account_id, wanted_id)["outcome"]}


def _check_room(account_id: str, about: Mapping[str, Any]) -> None:
    """Refuse a second open appeal about the same, and very many of one resident."""
    own = cases.list_cases_of(account_id, KIND, 100).items
    waiting = [item for item in own if item["state"] == OPEN]
    names = ("activity_id",) if "activity_id" in about else ("entry_seq",)
    if any(all(item["about"].get(name) == about[name] for name in names) for item in waiting):
        raise Conflict("appeal-open", "an appeal about this is waiting for its decision already")
    if len(waiting) >= OPEN_MAX:
        raise Refused("appeals-too-many", "too many appeals are waiting", appeals_open_max=OPEN_MAX)


def _due_at(profile: Profile, now: datetime) -> datetime:
    """Return the end of the last calendar day on which an appeal opened now has to be decided."""
    last_on = local_day(now, profile.tz) + timedelta(days=profile.appeal_days)
    return day_start(last_on + timedelta(days=1), profile.tz)


def _as_opened(known: Case, asked: Mapping[str, Any]) -> dict[str, Any]:
    subject = {name: asked[name] for name in ("activity_id", "entry_seq") if asked.get(name) is not None}
    if known.body["text"] != asked["text"] or not subject.items() <= known.body["about"].items():
        raise Conflict("idempotency-key-reused", "this key stands for another request")
    return _own_view(cases.case_fields(known)) | {"_hit": True}


def _own_view(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return an appeal as its resident sees it: never who decided."""
    return {
        "appeal_id": fields["appeal_id"],
        "case_id": fields["case_id"],
        "state": fields["state"],
        "state_text": _state_text(fields),
        "activity_id": fields["about"].get("activity_id"),
        "entry_seq": fields["about"].get("entry_seq"),
        "text": fields["text"],
        "opened_at": fields["opened_at"],
        "due_at": fields["due_at"],
        "decided_at": fields["decided_at"] if fields["state"] != OPEN else None,
        "reason": fields["reason"] if fields["state"] != OPEN else None,
        "result": fields["result"],
    }


def _operator_view(fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        **_own_view(fields),
        "account_id": fields["subject"],
        "outcome": fields["about"].get("outcome"),
        "is_overdue": fields["state"] == OPEN and fields["due_at"] <= to_text(now),
        "decided_by": fields["decided_by"],
        "is_cut_off": fields["state"] == OPEN and fields["decision"] is not None,
    }


def _state_text(fields: Mapping[str, Any]) -> str:
    if fields["state"] == OPEN:
        return "已收到，等待运营人员处理"
    if fields["state"] == REJECTED_APPEAL:
        return "申诉未获支持"
    if fields["result"] is None:
        return "申诉成立"
    if fields["result"]["reason"] == SHEET_FULL:
        return "申诉成立，但当日记录已满，无法再恢复计入；如需补偿请联系运营人员"
    is_counted = fields["result"]["grams_co2e"] > 0
    return "申诉成立，已恢复计入" if is_counted else "申诉成立，但当日已达上限，不再增加积分"
