"""Owns how a merchant joins: it applies, one operator looks it through, another approves it.

Must not change merchants in force (`services.merchants`). An approval enters the merchant, its credit code and its
first manager in one transaction with the decision.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import merchant_applications as rules
from chalicelib.domain.attempts import APPLICATIONS, check_applications
from chalicelib.domain.canonical import digest_of
from chalicelib.domain.credit_codes import fault_in
from chalicelib.domain.days import to_text
from chalicelib.domain.merchants import LEFT, check_may, state_of
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict, Forbidden, InvalidInput
from chalicelib.keys import keyed_digest
from chalicelib.services.merchants import check_period
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.services.staff import MANAGER, new_member
from chalicelib.store import attempts, cases
from chalicelib.store import staff as staff_store
from chalicelib.store.cases import Case
from chalicelib.store.catalogue import get_document
from chalicelib.store.credit_codes import add_credit_code, merchant_with
from chalicelib.store.transactions import Transaction, TransactionLost
from chalicelib.store.versions import Change, add_version

KIND = "merchant-application"
DECIDED_WITHIN = timedelta(days=5)
_OWN = ("credit_code", "name", "contact_name", "contact_phone", "scenarios")


def submit_application(
    application_id: str, fields: Mapping[str, Any], now: datetime, source: str = ""
) -> dict[str, Any]:
    """Keep an application {credit_code, name, contact_name, contact_phone, scenarios} for review.

    `application_id` is made by the applicant; the same again: the same answer (`_hit`). `source` is the network address
    it came from, of which a digest is counted for some days. InvalidInput `/credit_code`; Conflict
    `application-pending`, `credit-code-in-use`, `idempotency-key-reused`; TooMany `too-many-applications`.
    """
    fault = fault_in(fields["credit_code"])
    if fault is not None:
        raise InvalidInput.at("/credit_code", fault)
    return repeat_on_conflict(lambda: _submit_once(_new_case(application_id, fields, now), source, now))


def _submit_once(case: Case, source: str, now: datetime) -> dict[str, Any]:
    known = cases.find_case(case.case_id, KIND)
    if known is not None:
        return _submitted_before(known, case)
    _check_is_free(case.body["credit_code"], now)
    tx = Transaction()
    _add_count(tx, source, now)
    cases.add_new_case(tx, case)
    try:
        tx.commit()
    except TransactionLost as lost:
        is_taken = lost.labels == {"case"} and not lost.conflict
        if is_taken and cases.find_case(case.case_id, KIND) is None:
            raise _reused() from None
        raise
    return public_view(case)


def _submitted_before(known: Case, case: Case) -> dict[str, Any]:
    if known.body["request_digest"] != case.body["request_digest"]:
        raise _reused()
    return {**public_view(replace(case, opened_at=known.opened_at)), "_hit": True}


def _reused() -> Conflict:
    return Conflict("idempotency-key-reused", "this application id was used for something else")


def _add_count(tx: Transaction, source: str, now: datetime) -> None:
    """Count one application from an address, in the transaction that keeps it; nothing is counted of no address."""
    if not source:
        return
    name = f"applications#{keyed_digest('application-source', source)}"
    full_at_s, now_s = attempts.find_count(name), int(now.timestamp())
    check_applications(full_at_s, now_s)
    changed = APPLICATIONS.after(full_at_s, now_s)
    attempts.add_count(tx, name, full_at_s, changed, changed)


def _new_case(application_id: str, fields: Mapping[str, Any], now: datetime) -> Case:
    body = {name: fields[name] for name in _OWN} | {"request_digest": digest_of(dict(fields))}
    opened_at, due_at = to_text(now), to_text(now + DECIDED_WITHIN)
    return Case(application_id, KIND, rules.SUBMITTED, fields["credit_code"], opened_at, due_at, body)


def _check_is_free(credit_code: str, now: datetime) -> None:
    earlier = cases.list_cases_of(credit_code, KIND, 20).items
    if any(item["state"] in rules.PENDING for item in earlier):
        raise Conflict("application-pending", "an application of this enterprise is waiting already")
    merchant_id = merchant_with(credit_code)
    if merchant_id is not None and state_of(get_document("merchant", merchant_id), now) != LEFT:
        raise Conflict("credit-code-in-use", "this enterprise is in the alliance already")


def get_public_application(application_id: str) -> dict[str, Any]:
    """Return what an applicant may see of an application; who knows its id is the applicant."""
    return public_view(cases.get_case(application_id, KIND))


def get_application(application_id: str) -> dict[str, Any]:
    """Return an application as operators see it; NotFound `merchant-application-unknown`."""
    return _view(cases.get_case(application_id, KIND))


def list_applications(state: str, limit: int, cursor: str | None) -> Page:
    """Return a page of the applications in one state, the most urgent first."""
    page = cases.list_cases(KIND, state, limit, cursor)
    return Page([_fields_view(item) for item in page.items], page.cursor)


def review_application(
    application_id: str, terms: Mapping[str, Any], by: str, now: datetime
) -> dict[str, Any]:
    """Recommend approval under `terms` {contract_from, contract_to, manager: {subject, name}}; another one approves.

    The same again: the same answer (`_hit`). Conflict `application-wrong-state`.
    """
    check_period(terms["contract_from"], terms["contract_to"])
    read = cases.get_case(application_id, KIND)
    known = read.body.get("review")
    if read.state == rules.REVIEWED and known and known["by"] == by and terms == known["terms"]:
        return {**_view(read), "_hit": True}
    review = {"by": by, "at": to_text(now), "terms": dict(terms)}
    return _view(cases.replace_case(read, _moved(read, "review", review=review)))


def reject_application(application_id: str, reason: str, by: str, now: datetime) -> dict[str, Any]:
    """Reject an application for a reason that the applicant reads; rejected already by this operator: `_hit`."""
    read = cases.get_case(application_id, KIND)
    decision = {"by": by, "at": to_text(now), "reason": reason}
    known = read.body.get("decision")
    if read.state == rules.REJECTED and known and (known["by"], known["reason"]) == (by, reason):
        return {**_view(read), "_hit": True}
    return _view(cases.replace_case(read, _moved(read, "reject", decision=decision)))


def approve_application(application_id: str, by: str, now: datetime) -> dict[str, Any]:
    """Enter the merchant, by somebody else than who looked the application through; approved by them already: `_hit`.

    Raises Forbidden `needs-second-person`; Conflict `application-wrong-state`, `credit-code-in-use`, `login-taken`.
    """
    return repeat_on_conflict(lambda: _approve_once(application_id, by, now))


def _approve_once(application_id: str, by: str, now: datetime) -> dict[str, Any]:
    read = cases.get_case(application_id, KIND)
    if read.state == rules.APPROVED and read.body["decision"]["by"] == by:
        return {**_view(read), "_hit": True}
    decision = {"by": by, "at": to_text(now), "reason": None}
    changed = _moved(read, "approve", decision=decision)
    review = read.body["review"]
    if review["by"] == by:
        raise Forbidden("needs-second-person", "somebody else has to approve this", reviewed_by=by)
    tx = Transaction()
    merchant = _add_merchant(tx, read, review["terms"], by, now)
    _add_manager(tx, merchant["id"], review["terms"]["manager"], by, now)
    changed = replace(changed, body=changed.body | {"merchant_id": merchant["id"]})
    cases.add_replacement(tx, read, changed)
    tx.commit()
    return _view(changed)


def _add_merchant(
    tx: Transaction, case: Case, terms: Mapping[str, Any], by: str, now: datetime
) -> dict[str, Any]:
    """Enter the merchant, or, when its credit code has left the alliance before, renew the merchant it was."""
    credit_code = case.body["credit_code"]
    merchant = {
        **{name: case.body[name] for name in _OWN},
        "id": f"mer_{credit_code.lower()}",
        "version": 1,
        "contract_from": terms["contract_from"],
        "contract_to": terms["contract_to"],
        "application_id": case.case_id,
        "joined_at": to_text(now),
    }
    known_id = merchant_with(credit_code)
    if known_id is None:
        add_credit_code(tx, credit_code, merchant["id"])
    else:
        before = get_document("merchant", known_id)
        if state_of(before, now) != LEFT:
            raise Conflict("credit-code-in-use", "this enterprise is in the alliance already")
        check_may(before, "rejoin", now)
        merchant |= {"id": known_id, "version": before.get("version", 1) + 1}
    add_version(tx, "merchant", merchant, Change(by, to_text(now), "join"))
    return merchant


def _add_manager(
    tx: Transaction, merchant_id: str, manager: Mapping[str, Any], by: str, now: datetime
) -> None:
    read = staff_store.find_login(manager["subject"], MANAGER)
    if read is not None and read["merchant_id"] != merchant_id and not read.get("removed_at"):
        raise Conflict("login-taken", "this login works for another merchant already")
    kept = read["store_ids"] if read is not None and read["merchant_id"] == merchant_id else []
    fields = {**manager, "role": MANAGER, "store_ids": kept}
    staff_store.add_staff(tx, new_member(merchant_id, fields, by, now), read)


def _moved(read: Case, action: str, **body: Any) -> Case:
    state = rules.moved(read.state, action)
    due_at = read.due_at if state in rules.PENDING else cases.NO_DEADLINE
    return replace(read, state=state, due_at=due_at, body=read.body | body)


def public_view(case: Case) -> dict[str, Any]:
    """Return an application without contacts and without who decided it."""
    decision = case.body.get("decision") or {}
    return {
        "application_id": case.case_id,
        "state": case.state,
        "name": case.body["name"],
        "submitted_at": case.opened_at,
        "decided_at": decision.get("at"),
        "reason": decision.get("reason"),
        "merchant_id": case.body.get("merchant_id"),
    }


def _view(case: Case) -> dict[str, Any]:
    return _fields_view(cases.case_fields(case))


def _fields_view(fields: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: fields[name] for name in (*_OWN, "state", "due_at")}
    later = {name: fields.get(name) for name in ("review", "decision", "merchant_id")}
    return {
        "application_id": fields["case_id"],
        "submitted_at": fields["opened_at"],
        **shown,
        **later,
    }
