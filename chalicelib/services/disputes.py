"""Owns disputes about lines of statements: opened once a line by the merchant, decided once by an operator.

Must not change a statement: what is corrected is booked now and stands, naming the dispute, in the statement of its own
day. A decision is written down before it is carried out, so that one cut off is carried on as it was decided.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from chalicelib.domain.days import from_text, local_day, to_text
from chalicelib.domain.pages import Page
from chalicelib.domain.statements import CHARGE, DISPUTE_PREFIX, VOUCHER, Line
from chalicelib.domain.vouchers import Staff
from chalicelib.domain.webhooks import DISPUTE_DECIDED, Event
from chalicelib.errors import Conflict, InvalidInput, NotFound, Refused, TanhuiError
from chalicelib.profiles import current_profile
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.services.statements import find_line, line_view
from chalicelib.services.webhook_deliveries import tell
from chalicelib.store import cases
from chalicelib.store import statements as store
from chalicelib.store.cases import Case
from chalicelib.store.transactions import Transaction

KIND = "dispute"
OPEN, DECIDING, REJECTED, CORRECTED = "open", "deciding", "rejected", "corrected"
REJECT, TAKE_BACK, ADJUST = "reject", "take-back", "adjust"
OVERDUE_COUNTED_MAX = 1000
_PAGE = 100
_ID_CHARS = 20
_SAID = ("action", "reason", "fen", "points")


def open_dispute(merchant_id: str, asked: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    """Dispute one line of a statement; the same again: the same answer (`_hit`).

    NotFound `statement-unknown`, `statement-line-unknown`; Conflict `dispute-exists` when the line was disputed for
    another reason; Refused `dispute-too-late`.
    """
    store_id, on, line_no = asked["store_id"], asked["on"], asked["line_no"]
    line = find_line(merchant_id, store_id, on, line_no)
    dispute_id = _dispute_id(merchant_id, store_id, on, line_no)
    body = {
        "merchant_id": merchant_id,
        "store_id": store_id,
        "on": on,
        "line_no": line_no,
        "line": line_view(line),
        "reason": asked["reason"],
        "opened_by": by,
        "decision": None,
    }
    known = cases.find_case(dispute_id, KIND)
    profile = current_profile()
    last_on = date.fromisoformat(on) + timedelta(days=profile.dispute_days)
    if known is None and local_day(now, profile.tz) > last_on:
        raise Refused("dispute-too-late", "this statement is too old", days_max=profile.dispute_days)
    due_at = to_text(now + timedelta(days=profile.dispute_answer_days))
    case = Case(dispute_id, KIND, OPEN, merchant_id, to_text(now), due_at, body)
    if known is None and cases.add_case(case):
        return dispute_view(cases.case_fields(case), now)
    stands = known or cases.get_case(dispute_id, KIND)
    if stands.body["reason"] != asked["reason"]:
        raise Conflict("dispute-exists", "this line is disputed already", dispute_id=dispute_id)
    return {**dispute_view(cases.case_fields(stands), now), "_hit": True}


def _dispute_id(*line: str | int) -> str:
    """Return the id of the only dispute that a line may have."""
    return DISPUTE_PREFIX + sha256("|".join(map(str, line)).encode()).hexdigest()[:_ID_CHARS]


def list_disputes_of(merchant_id: str, limit: int, cursor: str | None, now: datetime) -> Page:
    """Return a page of a merchant's disputes, newest first."""
    return _views(cases.list_cases_of(merchant_id, KIND, limit, cursor), now)


def list_disputes(
    state: str, limit: int, cursor: str | None, now: datetime, is_overdue_only: bool = False
) -> Page:
    """Return a page of all disputes in one state, the most urgent first; or only those past their deadline."""
    due_by = to_text(now) if is_overdue_only else None
    return _views(cases.list_cases(KIND, state, limit, cursor, due_by), now)


def count_overdue(now: datetime) -> int:
    """Return how many disputes nobody has answered in time, counted to a thousand; the night's job tells it."""
    count, cursor = 0, None
    while count < OVERDUE_COUNTED_MAX:
        page = cases.list_cases(KIND, OPEN, _PAGE, cursor, to_text(now))
        count, cursor = count + len(page.items), page.cursor
        if cursor is None:
            break
    return count


def _views(page: Page, now: datetime) -> Page:
    return Page([dispute_view(item, now) for item in page.items], page.cursor)


def dispute_view(fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return a dispute as merchant and operator see it."""
    shown = {name: value for name, value in fields.items() if name not in ("case_id", "kind", "subject")}
    if shown["decision"] is not None:
        # Decisions from before a part could be taken back do not say which.
        shown["decision"] = {"points": 0, **shown["decision"]}
    is_overdue = fields["state"] == OPEN and from_text(fields["due_at"]) <= now
    return {"dispute_id": fields["case_id"], "is_overdue": is_overdue, **shown}


def decide_dispute(dispute_id: str, decision: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    """Decide: `reject`, `take-back` what is left of the redemption or a part, or `adjust` the money by `fen`; and why.

    A part is `fen` of a charge or `points` of a voucher. Decided so already: `_hit`. InvalidInput `/fen`, `/points`;
    NotFound `dispute-unknown`; Conflict `dispute-decided`; what a refund refuses leaves the dispute open.
    """
    said = {"fen": 0, "points": 0} | {name: decision[name] for name in _SAID if name in decision}
    case = cases.get_case(dispute_id, KIND)
    check_decision(said, case.body["line"]["kind"])
    if case.state != OPEN and _said(case) != said:
        raise Conflict("dispute-decided", "this dispute has another decision", state=case.state)
    if case.state in (REJECTED, CORRECTED):
        announce(case, now)
        return {**dispute_view(cases.case_fields(case), now), "_hit": True}
    if case.state == OPEN:
        noted = {**case.body, "decision": {**said, "by": by, "at": to_text(now)}}
        case = cases.replace_case(case, replace(case, state=DECIDING, body=noted))
    return dispute_view(cases.case_fields(_carried_out(case, now)), now)


def check_decision(said: Mapping[str, Any], line_kind: str) -> None:
    """Refuse an adjustment without an amount, a part of the wrong measure, and an amount with a rejection."""
    action, fen, points = said["action"], said["fen"], said["points"]
    is_part_of_charge = action == TAKE_BACK and line_kind == CHARGE and fen > 0
    if (action == ADJUST and fen == 0) or (action != ADJUST and fen != 0 and not is_part_of_charge):
        raise InvalidInput.at("/fen", "goes with `adjust`, not 0, or with `take-back` of a part of a charge")
    if points and not (action == TAKE_BACK and line_kind == VOUCHER):
        raise InvalidInput.at("/points", "goes with `take-back` of a part of a voucher")


def _said(case: Case) -> dict[str, Any]:
    decision = {"points": 0, **case.body["decision"]}
    return {name: decision[name] for name in _SAID}


def _carried_out(case: Case, now: datetime) -> Case:
    action = case.body["decision"]["action"]
    if action == REJECT:
        return _decided(case, REJECTED, now)
    if action == ADJUST:
        return repeat_on_conflict(partial(_adjusted, case, now))
    try:
        _take_back(case, now)
    except TanhuiError as refused:
        if not isinstance(refused, Refused | Conflict | NotFound):
            raise
        cases.replace_case(case, replace(case, state=OPEN, body={**case.body, "decision": None}))
        raise
    return _decided(case, CORRECTED, now)


def _decided(case: Case, state: str, now: datetime) -> Case:
    changed = cases.replace_case(case, replace(case, state=state, due_at=cases.NO_DEADLINE))
    announce(changed, now)
    return changed


def announce(case: Case, now: datetime) -> None:
    """Tell the merchant's own system, if it wants to know; the same decision again tells what was not told."""
    event_id = f"evt_{case.case_id.removeprefix(DISPUTE_PREFIX)}"
    data = dispute_view(cases.case_fields(case), now)
    tell(Event(event_id, DISPUTE_DECIDED, case.subject, case.body["decision"]["at"], data), now)


def _take_back(case: Case, now: datetime) -> None:
    """Refund the redemption behind the line, all that is left or a part, under the dispute's id: once only."""
    from chalicelib.services.charge_changes import refund_charge
    from chalicelib.services.tills import refund_voucher

    line: Line = case.body["line"]
    decision = case.body["decision"]
    operator = Staff(decision["by"], case.subject, "operator")
    if line["kind"] == CHARGE:
        fen = decision["fen"] or None
        refund_charge(operator, line["redemption_id"], case.case_id, fen, decision["reason"], now)
    elif line["kind"] == VOUCHER:
        points = decision.get("points", 0)
        refund_voucher(operator, line["redemption_id"], decision["reason"], now, case.case_id, points)
    else:
        raise Refused("dispute-not-refundable", "only a redemption can be taken back", kind=line["kind"])


def _adjusted(case: Case, now: datetime) -> Case:
    """Store the adjustment and close the case, in one transaction; its day is that of now, which is not closed."""
    line, decision = case.body["line"], case.body["decision"]
    adjustment = {
        "at": to_text(now),
        "store_id": case.body["store_id"],
        "dispute_id": case.case_id,
        "fen": decision["fen"],
        "reason": decision["reason"],
        **{name: line[name] for name in ("redemption_id", "charge_id", "offer_id")},
    }
    read = cases.get_case(case.case_id, KIND)
    if read.state == CORRECTED:
        return read
    changed = replace(read, state=CORRECTED, due_at=cases.NO_DEADLINE)
    tx = Transaction()
    cases.add_replacement(tx, read, changed)
    store.add_adjustment(tx, case.subject, local_day(now, current_profile().tz).isoformat(), adjustment)
    tx.commit()
    announce(changed, now)
    return changed
