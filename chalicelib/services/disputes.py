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

from chalicelib.domain.days import local_day, to_text
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
OPEN_WITHIN = timedelta(days=60)
DECIDE_WITHIN = timedelta(days=10)
_ID_CHARS = 20


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
    if known is None and local_day(now, current_profile().tz) > date.fromisoformat(on) + OPEN_WITHIN:
        raise Refused("dispute-too-late", "this statement is too old", days_max=OPEN_WITHIN.days)
    case = Case(dispute_id, KIND, OPEN, merchant_id, to_text(now), to_text(now + DECIDE_WITHIN), body)
    if known is None and cases.add_case(case):
        return dispute_view(cases.case_fields(case))
    stands = known or cases.get_case(dispute_id, KIND)
    if stands.body["reason"] != asked["reason"]:
        raise Conflict("dispute-exists", "this line is disputed already", dispute_id=dispute_id)
    return {**dispute_view(cases.case_fields(stands)), "_hit": True}


def _dispute_id(*line: str | int) -> str:
    """Return the id of the only dispute that a line may have."""
    return DISPUTE_PREFIX + sha256("|".join(map(str, line)).encode()).hexdigest()[:_ID_CHARS]


def list_disputes_of(merchant_id: str, limit: int, cursor: str | None) -> Page:
    """Return a page of a merchant's disputes, newest first."""
    return _views(cases.list_cases_of(merchant_id, KIND, limit, cursor))


def list_disputes(state: str, limit: int, cursor: str | None) -> Page:
    """Return a page of all disputes in one state, the most urgent first."""
    return _views(cases.list_cases(KIND, state, limit, cursor))


def _views(page: Page) -> Page:
    return Page([dispute_view(item) for item in page.items], page.cursor)


def dispute_view(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a dispute as merchant and operator see it."""
    return {
        "dispute_id": fields["case_id"],
        **{name: value for name, value in fields.items() if name not in ("case_id", "kind", "subject")},
    }


def decide_dispute(dispute_id: str, decision: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    """Decide: `reject`, `take-back` what is left of the redemption, or `adjust` the money by `fen`, with a reason.

    Decided so already: `_hit`. NotFound `dispute-unknown`; Conflict `dispute-decided`; what a refund refuses leaves
    the dispute open.
    """
    check_decision(decision)
    said = {"action": decision["action"], "reason": decision["reason"], "fen": decision.get("fen", 0)}
    case = cases.get_case(dispute_id, KIND)
    if case.state != OPEN and _said(case) != said:
        raise Conflict("dispute-decided", "this dispute has another decision", state=case.state)
    if case.state in (REJECTED, CORRECTED):
        announce(case, now)
        return {**dispute_view(cases.case_fields(case)), "_hit": True}
    if case.state == OPEN:
        noted = {**case.body, "decision": {**said, "by": by, "at": to_text(now)}}
        case = cases.replace_case(case, replace(case, state=DECIDING, body=noted))
    return dispute_view(cases.case_fields(_carried_out(case, now)))


def check_decision(decision: Mapping[str, Any]) -> None:
    """Refuse an adjustment without an amount, and an amount with anything else."""
    if (decision["action"] == ADJUST) != bool(decision.get("fen")):
        raise InvalidInput.at("/fen", "goes with `adjust`, and is not 0 there")


def _said(case: Case) -> dict[str, Any]:
    decision = case.body["decision"]
    return {name: decision[name] for name in ("action", "reason", "fen")}


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
    data = dispute_view(cases.case_fields(case))
    tell(Event(event_id, DISPUTE_DECIDED, case.subject, case.body["decision"]["at"], data), now)


def _take_back(case: Case, now: datetime) -> None:
    """Refund what is left of the redemption behind the line, under the dispute's id: again changes nothing."""
    from chalicelib.services.charge_changes import refund_charge
    from chalicelib.services.tills import refund_voucher

    line: Line = case.body["line"]
    decision = case.body["decision"]
    operator = Staff(decision["by"], case.subject, "operator")
    if line["kind"] == CHARGE:
        refund_charge(operator, line["redemption_id"], case.case_id, None, decision["reason"], now)
    elif line["kind"] == VOUCHER:
        refund_voucher(operator, line["redemption_id"], decision["reason"], now, case.case_id)
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
