"""Owns what is said about an appeal while it waits: an operator asks, its resident answers or takes it back.

Must not decide. A question does not stop the clock: the deadline stays, the answer has its own, and an appeal whose
question stayed unanswered waits for its decision again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.appeals import ASKED, MESSAGES_MAX, OPEN, PROPOSED, WAITING, WITHDRAWN
from chalicelib.domain.days import to_text
from chalicelib.errors import Conflict, Refused
from chalicelib.services.appeal_photos import check_photos
from chalicelib.services.appeals import get_own_case, is_cut_off, operator_view, own_view
from chalicelib.services.messages import add_message
from chalicelib.store import cases
from chalicelib.store.cases import Case

RESIDENT, OPERATOR = "resident", "operator"


def answer_appeal(account_id: str, appeal_id: str, asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Add a resident's message {message_id, text, photos}; a question that was open is answered. Again is a `_hit`.

    NotFound `appeal-unknown`; InvalidInput for a photo that is none; Conflict `appeal-decided`, `case-changed`,
    `idempotency-key-reused`; Refused `messages-too-many`.
    """
    case = get_own_case(account_id, appeal_id)
    if _is_said(case, RESIDENT, asked):
        return own_view(cases.case_fields(case)) | {"_hit": True}
    check_waiting(case)
    photos = list(asked.get("photos") or ())
    check_photos(account_id, photos)
    state = OPEN if case.state == ASKED else case.state
    changed = _with_message(case, state, RESIDENT, asked, photos, now)
    return own_view(cases.case_fields(cases.replace_case(case, changed)))


def ask_resident(case_id: str, asked: Mapping[str, Any], operator_id: str, now: datetime) -> dict[str, Any]:
    """Ask the resident something {message_id, text}, who is told; again is a `_hit`.

    NotFound `appeal-unknown`; Conflict `appeal-decided` when it is decided or waits for a second operator only,
    `case-changed`, `idempotency-key-reused`; Refused `messages-too-many`.
    """
    case = cases.get_case(case_id, "appeal")
    is_said = _is_said(case, OPERATOR, asked)
    if not is_said:
        check_waiting(case)
        if case.state == PROPOSED or is_cut_off(cases.case_fields(case)):
            raise Conflict(
                "appeal-decided", "what was decided is being carried out, or waits for a second person"
            )
        changed = _with_message(case, ASKED, OPERATOR, {**asked, "from": operator_id}, (), now)
        changed = replace(changed, body=changed.body | {"asked_at": to_text(now)})
        case = cases.replace_case(case, changed)
    facts = {"appeal_id": case.body["appeal_id"]}
    add_message(case.subject, f"appeal/{case_id}/{asked['message_id']}", "appeal-asked", facts, now)
    return operator_view(cases.case_fields(case), now) | ({"_hit": True} if is_said else {})


def withdraw_appeal(account_id: str, appeal_id: str, now: datetime) -> dict[str, Any]:
    """Take an appeal back; again is a `_hit`. NotFound `appeal-unknown`; Conflict `appeal-decided`, `case-changed`."""
    case = get_own_case(account_id, appeal_id)
    if case.state == WITHDRAWN:
        return own_view(cases.case_fields(case)) | {"_hit": True}
    check_waiting(case)
    if is_cut_off(cases.case_fields(case)):
        raise Conflict("appeal-decided", "it is upheld already, and being carried out")
    changed = replace(case, state=WITHDRAWN, body=case.body | {"decided_at": to_text(now)})
    return own_view(cases.case_fields(cases.replace_case(case, changed)))


def check_waiting(case: Case) -> None:
    """Raise Conflict `appeal-decided` unless the appeal still waits."""
    if case.state not in WAITING:
        facts = {"decision": case.body["decision"], "decided_at": case.body["decided_at"]}
        raise Conflict("appeal-decided", "this appeal has been decided already", **facts)


def _is_said(case: Case, by: str, asked: Mapping[str, Any]) -> bool:
    said = [one for one in case.body.get("messages", ()) if one["message_id"] == asked["message_id"]]
    if not said:
        return False
    if (said[0]["by"], said[0]["text"], said[0]["photos"]) != (by, asked["text"], asked.get("photos") or []):
        raise Conflict("idempotency-key-reused", "this key stands for another request")
    return True


def _with_message(
    case: Case, state: str, by: str, asked: Mapping[str, Any], photos: Sequence[str], now: datetime
) -> Case:
    said = case.body.get("messages", [])
    if len(said) >= MESSAGES_MAX:
        raise Refused("messages-too-many", "no more can be said about this appeal", messages_max=MESSAGES_MAX)
    own = {"message_id": asked["message_id"], "by": by, "text": asked["text"], "photos": list(photos)}
    own |= {"at": to_text(now), "from": asked.get("from")}
    return replace(case, state=state, body=case.body | {"messages": [*said, own]})
