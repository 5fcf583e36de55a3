"""Owns offers before they are in force: a merchant drafts and submits one, an operator who did not draft it decides.

Must not touch vouchers: an approved draft is the next version of its offer, whoever holds a voucher keeps the version
it was taken at.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import offer_drafts as rules
from chalicelib.domain.days import from_text, to_text
from chalicelib.domain.offers import ENDED, LIVE
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict, Forbidden, NotFound, Refused
from chalicelib.services.merchants import check_open
from chalicelib.services.offer_publishing import add_offer_version, checked_offer
from chalicelib.services.pictures import is_ours, keep_checked
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.store import cases
from chalicelib.store.cases import Case
from chalicelib.store.catalogue import find_document, get_document
from chalicelib.store.transactions import Transaction
from chalicelib.store.versions import Change

KIND = "offer-draft"
DECIDED_WITHIN = timedelta(days=3)
_NEVER_CHANGES = ("merchant_id", "kind")


def create_draft(merchant_id: str, fields: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    """Draft an offer, or the next version of one that is live; `id` is the merchant's own.

    The same again: the same answer (`_hit`). Conflict `offer-exists` when the id is another merchant's or has another
    draft; Refused `offer-ended`; InvalidInput names every wrong field.
    """
    offer = checked_offer({**fields, "merchant_id": merchant_id})
    version = _next_version(offer, now)
    case = _new_case(offer, version, by, now)
    read = cases.find_case(case.case_id, KIND)
    if read is None:
        if cases.add_case(case):
            return _view(case)
        read = cases.get_case(case.case_id, KIND)
    if read.subject != merchant_id:
        raise Conflict("offer-exists", f"there is an offer {offer['id']!r} already", id=offer["id"])
    if read.state == rules.DISCARDED:
        again = replace(case, state=rules.moved(read.state, "create"), opened_at=read.opened_at)
        return _view(cases.replace_case(read, again))
    if read.state == rules.DRAFT and read.body["offer"] == offer:
        return {**_view(read), "_hit": True}
    raise Conflict("offer-exists", f"there is a draft of {offer['id']!r} already", id=offer["id"])


def _next_version(offer: Mapping[str, Any], now: datetime) -> int:
    known = find_document("offer", offer["id"])
    if known is None:
        return 1
    if any(known.get(name) != offer[name] for name in _NEVER_CHANGES):
        raise Conflict("offer-exists", f"there is an offer {offer['id']!r} already", id=offer["id"])
    if known["state"] == ENDED or from_text(known["ends_at"]) <= now:
        raise Refused("offer-ended", "this offer has ended; draft a new one", offer_id=offer["id"])
    return int(known["version"]) + 1


def _new_case(offer: dict[str, Any], version: int, by: str, now: datetime) -> Case:
    body = {"offer": offer, "version": version, "drafted_by": by, "decision": None}
    case_id = f"{offer['id']}.v{version}"
    merchant_id, at = offer["merchant_id"], to_text(now)
    return Case(case_id, KIND, rules.DRAFT, merchant_id, at, cases.NO_DEADLINE, body)


def edit_draft(
    merchant_id: str, draft_id: str, fields: Mapping[str, Any], by: str, now: datetime
) -> dict[str, Any]:
    """Replace what a draft says; its offer's id stays. Nothing changed: the same answer (`_hit`)."""
    read = get_own_draft(merchant_id, draft_id)
    state = rules.moved(read.state, "edit")
    offer = checked_offer({**fields, "id": read.body["offer"]["id"], "merchant_id": merchant_id})
    if offer == read.body["offer"]:
        return {**_view(read), "_hit": True}
    if read.body["version"] > 1:
        _next_version(offer, now)
    changed = read.body | {"offer": offer, "drafted_by": by}
    return _view(cases.replace_case(read, replace(read, state=state, body=changed)))


def submit_draft(merchant_id: str, draft_id: str, by: str, now: datetime) -> dict[str, Any]:
    """Hand a draft to the operators; submitted already: the same answer (`_hit`).

    An uploaded picture is looked at now and kept as it is: Refused `picture-missing`, `picture-invalid`.
    """
    due_at = to_text(now + DECIDED_WITHIN)
    read = get_own_draft(merchant_id, draft_id)
    submitted: dict[str, Any] = {"submitted_by": by, "submitted_at": to_text(now)}
    offer = read.body["offer"]
    if read.state == rules.DRAFT and is_ours(offer.get("picture")):
        submitted["offer"] = {**offer, "picture": keep_checked(offer["picture"])}
    return _move_own(read, "submit", due_at, submitted)


def withdraw_draft(merchant_id: str, draft_id: str) -> dict[str, Any]:
    """Take a draft back from review; not in review: Conflict `offer-wrong-state`, unless it is a draft (`_hit`)."""
    return _move_own(get_own_draft(merchant_id, draft_id), "withdraw", cases.NO_DEADLINE, {})


def discard_draft(merchant_id: str, draft_id: str) -> dict[str, Any]:
    """Give a draft up; given up already: the same answer (`_hit`)."""
    return _move_own(get_own_draft(merchant_id, draft_id), "discard", cases.NO_DEADLINE, {})


_AFTER = {"submit": rules.REVIEW, "withdraw": rules.DRAFT, "discard": rules.DISCARDED}


def _move_own(read: Case, action: str, due_at: str, added: Mapping[str, Any]) -> dict[str, Any]:
    if read.state == _AFTER[action]:
        return {**_view(read), "_hit": True}
    state = rules.moved(read.state, action)
    changed = replace(read, state=state, due_at=due_at, body={**read.body, **added})
    return _view(cases.replace_case(read, changed))


def approve_draft(draft_id: str, by: str, now: datetime) -> dict[str, Any]:
    """Put a submitted draft in force; approved by this operator already: the same answer (`_hit`).

    Raises Forbidden `needs-second-person`; Conflict `offer-wrong-state`; InvalidInput when what it names is no longer
    there; Refused as `services.merchants.check_open`, and `offer-ended` when the version before has ended meanwhile.
    """
    return repeat_on_conflict(lambda: _approve_once(draft_id, by, now))


def _approve_once(draft_id: str, by: str, now: datetime) -> dict[str, Any]:
    read = cases.get_case(draft_id, KIND)
    if read.state == rules.PUBLISHED and read.body["decision"]["by"] == by:
        return {**_view(read), "_hit": True}
    changed = _decided(read, "approve", by, None, now)
    if by in (read.body["drafted_by"], read.body["submitted_by"]):
        raise Forbidden("needs-second-person", "somebody else has to approve this")
    fields = read.body["offer"]
    check_open(get_document("merchant", fields["merchant_id"]), None, now)
    if _next_version(fields, now) != read.body["version"]:
        raise Conflict("offer-wrong-state", "this draft is not of the next version", state=read.state)
    offer = {**checked_offer(fields), "state": LIVE, "version": read.body["version"]}
    tx = Transaction()
    add_offer_version(tx, offer, Change(by, to_text(now), "approve"))
    cases.add_replacement(tx, read, changed)
    tx.commit()
    return _view(changed)


def reject_draft(draft_id: str, reason: str, by: str, now: datetime) -> dict[str, Any]:
    """Give a submitted draft back to its merchant for a reason; done so already by this operator: `_hit`."""
    read = cases.get_case(draft_id, KIND)
    known = read.body["decision"]
    if read.state == rules.DRAFT and known and (known["by"], known["reason"]) == (by, reason):
        return {**_view(read), "_hit": True}
    return _view(cases.replace_case(read, _decided(read, "reject", by, reason, now)))


def _decided(read: Case, action: str, by: str, reason: str | None, now: datetime) -> Case:
    decision = {"action": action, "by": by, "at": to_text(now), "reason": reason}
    state = rules.moved(read.state, action)
    return replace(read, state=state, due_at=cases.NO_DEADLINE, body=read.body | {"decision": decision})


def end_offer(
    offer_id: str, reason: str, by: str, now: datetime, merchant_id: str | None = None
) -> dict[str, Any]:
    """End an offer now, as its merchant or as an operator (`merchant_id` None): vouchers taken stay good.

    Ended already: the same answer (`_hit`). NotFound `offer-unknown`, also for another merchant's.
    """

    def once() -> dict[str, Any]:
        read = get_document("offer", offer_id)
        if merchant_id is not None and read["merchant_id"] != merchant_id:
            raise NotFound("offer-unknown", f"you have no offer {offer_id!r}", id=offer_id)
        if read["state"] == ENDED:
            return {**read, "_hit": True}
        ended = {
            "state": ENDED,
            "version": read["version"] + 1,
            "ended_at": to_text(now),
            "end_reason": reason,
        }
        offer, tx = {**read, **ended}, Transaction()
        add_offer_version(tx, offer, Change(by, to_text(now), "end"))
        tx.commit()
        return offer

    return repeat_on_conflict(once)


def get_own_draft(merchant_id: str, draft_id: str) -> Case:
    """Return a draft of this merchant; NotFound `offer-draft-unknown`, also for somebody else's."""
    found = cases.get_case(draft_id, KIND)
    if found.subject != merchant_id:
        raise NotFound("offer-draft-unknown", f"you have no draft {draft_id!r}", id=draft_id)
    return found


def get_draft(draft_id: str) -> dict[str, Any]:
    """Return any merchant's draft, for operators."""
    return _view(cases.get_case(draft_id, KIND))


def list_own_drafts(merchant_id: str, limit: int, cursor: str | None) -> Page:
    """Return a page of a merchant's drafts, newest first."""
    return _shown(cases.list_cases_of(merchant_id, KIND, limit, cursor), _fields_view)


def list_drafts(state: str, limit: int, cursor: str | None) -> Page:
    """Return a page of all drafts in one state, the most urgent first."""
    return _shown(cases.list_cases(KIND, state, limit, cursor), _fields_view)


def _shown(page: Page, view: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Page:
    return Page([view(item) for item in page.items], page.cursor)


def draft_view(case: Case) -> dict[str, Any]:
    """Return a draft as its merchant and the operators see it."""
    return _view(case)


def _view(case: Case) -> dict[str, Any]:
    return _fields_view(cases.case_fields(case))


def _fields_view(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "draft_id": fields["case_id"],
        "state": fields["state"],
        "merchant_id": fields["subject"],
        "drafted_at": fields["opened_at"],
        "due_at": fields["due_at"],
        **{name: fields[name] for name in ("version", "offer", "drafted_by", "decision")},
        "submitted_at": fields.get("submitted_at"),
    }
