"""Owns appeals: a resident objects to an activity, to an entry, or that a behaviour is missing; how that is shown.

Must not decide (`services.appeal_decisions`) nor carry messages (`services.appeal_talks`).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from chalicelib.domain import appeals as rules
from chalicelib.domain.appeals import ASKED, KIND, OPEN, PROPOSED, REJECTED, UPHOLD, WAITING, WITHDRAWN
from chalicelib.domain.days import from_text, local_day, parse_instant, to_text
from chalicelib.domain.entries import parse_entry
from chalicelib.domain.pages import Page
from chalicelib.domain.recording import SHEET_FULL
from chalicelib.domain.sheets import activity_id
from chalicelib.errors import Conflict, InvalidInput, NotFound, Refused
from chalicelib.keys import keyed_digest
from chalicelib.profiles import current_profile
from chalicelib.services import appeal_deadlines as deadlines
from chalicelib.services.appeal_photos import check_photos
from chalicelib.services.explaining import get_activity
from chalicelib.services.methodologies import version_on
from chalicelib.store import cases
from chalicelib.store.cases import Case
from chalicelib.store.entries import find_entry_body

_NAMES = ("activity_id", "entry_seq", "missing")
_UNDECIDED: dict[str, Any] = {
    **dict.fromkeys(("decision", "decided_by", "decided_at", "reason", "result", "seconded_by", "record")),
    "asked_at": None,
    "messages": [],
}


def open_appeal(account_id: str, asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Object {appeal_id, activity_id or entry_seq or missing, text, photos}; the same again is a `_hit`.

    InvalidInput unless exactly one is named, or for a photo that is none; NotFound `activity-unknown`,
    `entry-unknown`; Conflict `appeal-open` when an appeal about the same waits already, `idempotency-key-reused`;
    Refused `appeals-too-many`.
    """
    case_id = case_id_of(account_id, asked["appeal_id"])
    known = cases.find_case(case_id, KIND)
    if known is not None:
        return _as_opened(known, asked)
    about = _about(account_id, asked, now)
    photos = list(asked.get("photos") or ())
    check_photos(account_id, photos)
    _check_room(account_id, about)
    due_at = to_text(deadlines.due_at(current_profile(), now))
    own = {"appeal_id": asked["appeal_id"], "about": about, "text": asked["text"], "photos": photos}
    case = Case(case_id, KIND, OPEN, account_id, to_text(now), due_at, own | _UNDECIDED)
    if not cases.add_case(case):
        return _as_opened(cases.get_case(case_id, KIND), asked)
    return own_view(cases.case_fields(case))


def case_id_of(account_id: str, appeal_id: str) -> str:
    """Return the id of the case behind a resident's appeal."""
    return f"apl_{keyed_digest('appeal', account_id, appeal_id)}"


def get_own_case(account_id: str, appeal_id: str) -> Case:
    """Return the case of a resident's own appeal; NotFound `appeal-unknown`."""
    return cases.get_case(case_id_of(account_id, appeal_id), KIND)


def get_own_appeal(account_id: str, appeal_id: str) -> dict[str, Any]:
    """Return one of a resident's appeals; NotFound `appeal-unknown`."""
    return own_view(own_fields(account_id, appeal_id))


def own_fields(account_id: str, appeal_id: str) -> dict[str, Any]:
    """Return all fields of a resident's own appeal; NotFound `appeal-unknown`."""
    return cases.case_fields(get_own_case(account_id, appeal_id))


def case_fields_of(case_id: str) -> dict[str, Any]:
    """Return all fields of an appeal; NotFound `appeal-unknown`."""
    return cases.case_fields(cases.get_case(case_id, KIND))


def list_own_appeals(account_id: str, limit: int, cursor: str | None) -> Page:
    """Return a page of a resident's appeals, newest first."""
    page = cases.list_cases_of(account_id, KIND, limit, cursor)
    return Page([own_view(item) for item in page.items], page.cursor)


def get_appeal(case_id: str, now: datetime) -> dict[str, Any]:
    """Return one appeal as operators see it; NotFound `appeal-unknown`."""
    return operator_view(case_fields_of(case_id), now)


def list_appeals(state: str, is_overdue_only: bool, limit: int, cursor: str | None, now: datetime) -> Page:
    """Return a page of all appeals in one state, the first deadline first, or only those whose deadline has passed."""
    due_by = to_text(now) if is_overdue_only else None
    page = cases.list_cases(KIND, state, limit, cursor, due_by)
    return Page([operator_view(item, now) for item in page.items], page.cursor)


def own_view(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return an appeal as its resident sees it: never who decided or asked."""
    is_over = fields["state"] not in WAITING
    return {
        "appeal_id": fields["appeal_id"],
        "case_id": fields["case_id"],
        "state": fields["state"],
        "state_text": _state_text(fields),
        "activity_id": fields["about"].get("activity_id"),
        "entry_seq": fields["about"].get("entry_seq"),
        "missing": fields["about"].get("missing"),
        "text": fields["text"],
        "photos": fields.get("photos", []),
        "messages": [_said(one) for one in fields.get("messages", ())],
        "opened_at": fields["opened_at"],
        "due_at": fields["due_at"],
        "answer_by": _answer_by(fields),
        "decided_at": fields["decided_at"] if is_over else None,
        "reason": fields["reason"] if is_over else None,
        "result": fields["result"],
    }


def operator_view(fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return an appeal as operators see it, with what is proposed, by whom, and how urgent it is."""
    is_waiting = fields["state"] in WAITING
    urgent_at = deadlines.urgent_at(current_profile(), from_text(fields["due_at"]))
    return {
        **own_view(fields),
        "account_id": fields["subject"],
        "outcome": fields["about"].get("outcome"),
        "is_urgent": is_waiting and urgent_at <= now,
        "is_overdue": is_waiting and fields["due_at"] <= to_text(now),
        "proposed_reason": fields["reason"] if fields["state"] == PROPOSED else None,
        "record": fields.get("record"),
        "decided_by": fields["decided_by"],
        "seconded_by": fields.get("seconded_by"),
        "is_cut_off": is_cut_off(fields),
    }


def is_cut_off(fields: Mapping[str, Any]) -> bool:
    """Say whether upholding was decided for good but not carried out to its end; anybody may go on with it."""
    is_for_good = fields["state"] == OPEN or bool(fields.get("seconded_by"))
    return fields["state"] in WAITING and fields["decision"] == UPHOLD and is_for_good


def _said(message: Mapping[str, Any]) -> dict[str, Any]:
    return {name: message[name] for name in ("message_id", "by", "text", "photos", "at")}


def _answer_by(fields: Mapping[str, Any]) -> str | None:
    if fields["state"] != ASKED:
        return None
    return to_text(deadlines.answer_ends_at(current_profile(), from_text(fields["asked_at"])))


def _about(account_id: str, asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what an appeal is about, found among the resident's own, with how it stood when they objected."""
    if sum(asked.get(name) is not None for name in _NAMES) != 1:
        raise InvalidInput.at("", "names exactly one of activity_id, entry_seq and missing")
    if asked.get("missing") is not None:
        return {"missing": _missing(asked["missing"], now)}
    if asked.get("activity_id") is not None:
        return _about_activity(account_id, asked["activity_id"])
    seq = asked["entry_seq"]
    body = find_entry_body(account_id, seq)
    if body is None:
        raise NotFound("entry-unknown", "you have no such entry", seq=seq)
    facts = parse_entry(body).facts
    if "key" not in facts:
        return {"entry_seq": seq}
    # A correction's entry stands for the activity it corrected: upholding the objection restores that.
    corrected_id = activity_id(date.fromisoformat(facts["day"]), facts["key"])
    return {"entry_seq": seq, **_about_activity(account_id, corrected_id)}


def _missing(asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return {methodology_id, on, occurred_at} of a behaviour that is said to be missing."""
    profile = current_profile()
    occurred_at = parse_instant(asked["occurred_at"])
    on = local_day(occurred_at, profile.tz)
    if not rules.may_be_missing_on(profile, on, local_day(now, profile.tz)):
        detail = f"must be a day that is over, at most {profile.appeals.missing_days} days ago"
        raise InvalidInput.at("/missing/occurred_at", detail)
    if version_on(asked["methodology_id"], on) is None:
        raise InvalidInput.at("/missing/methodology_id", "this behaviour did not count on that day")
    return {
        "methodology_id": asked["methodology_id"],
        "on": on.isoformat(),
        "occurred_at": to_text(occurred_at),
    }


def _about_activity(account_id: str, wanted_id: str) -> dict[str, Any]:
    return {"activity_id": wanted_id, "outcome": get_activity(account_id, wanted_id)["outcome"]}


def _check_room(account_id: str, about: Mapping[str, Any]) -> None:
    """Refuse a second waiting appeal about the same, and very many of one resident."""
    own = cases.list_cases_of(account_id, KIND, 100).items
    waiting = [item for item in own if item["state"] in WAITING]
    names = next([name] for name in _NAMES if name in about)
    if any(all(item["about"].get(name) == about[name] for name in names) for item in waiting):
        raise Conflict("appeal-open", "an appeal about this is waiting for its decision already")
    if len(waiting) >= rules.OPEN_MAX:
        raise Refused("appeals-too-many", "too many appeals are waiting", appeals_open_max=rules.OPEN_MAX)


def _as_opened(known: Case, asked: Mapping[str, Any]) -> dict[str, Any]:
    photos: Sequence[str] = asked.get("photos") or []
    is_same = known.body["text"] == asked["text"] and known.body.get("photos", []) == photos
    about = known.body["about"]
    for name in ("activity_id", "entry_seq"):
        is_same = is_same and (asked.get(name) is None or about.get(name) == asked[name])
    if asked.get("missing") is not None:
        told, wanted = about.get("missing") or {}, asked["missing"]
        is_same = is_same and (told.get("methodology_id"), told.get("occurred_at")) == (
            wanted["methodology_id"],
            to_text(parse_instant(wanted["occurred_at"])),
        )
    if not is_same:
        raise Conflict("idempotency-key-reused", "this key stands for another request")
    return own_view(cases.case_fields(known)) | {"_hit": True}


def _state_text(fields: Mapping[str, Any]) -> str:
    state, result = fields["state"], fields["result"]
    if state in _WAITING_TEXTS:
        return _WAITING_TEXTS[state]
    if result is None:
        return "申诉成立"
    if result["reason"] == SHEET_FULL:
        return "申诉成立，但当日记录已满，无法再恢复计入；如需补偿请联系运营人员"
    if result["grams_co2e"] > 0:
        return "申诉成立，已补记" if "missing" in fields["about"] else "申诉成立，已恢复计入"
    return "申诉成立，但当日已达上限或已有同一记录，不再增加积分"


_WAITING_TEXTS = {
    OPEN: "已收到，等待运营人员处理",
    ASKED: "运营人员请您补充说明",
    PROPOSED: "已核实，等待复核",
    REJECTED: "申诉未获支持",
    WITHDRAWN: "您已撤回申诉",
}
