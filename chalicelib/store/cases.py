"""Owns the cases table: what waits for a decision, with its deadline; one item each, replaced by its last reader only.

Must not decide what a state means; the services do.
"""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pynamodb.exceptions import PutError

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict, NotFound
from chalicelib.store.client import Item, number, text
from chalicelib.store.tables import CaseItem
from chalicelib.store.transactions import Transaction

NO_DEADLINE = "9999"
_CONDITION_FAILED = "ConditionalCheckFailedException"


@dataclass(frozen=True, slots=True)
class Case:
    """One case as stored. `subject` is whose it is (an account, a merchant, a methodology); instants are texts.

    With `purge_at_epoch_s` the store may clean it up from then on; nobody may rely on that it does.
    """

    case_id: str
    kind: str
    state: str
    subject: str
    opened_at: str
    due_at: str
    body: dict[str, Any]
    version: int = 1
    purge_at_epoch_s: int | None = None


def add_case(case: Case) -> bool:
    """Store a new case; return False when its id is taken (and change nothing)."""
    assert case.version == 1, "a new case has version 1"
    try:
        _item(case).save(CaseItem.case_id.does_not_exist())
    except PutError as error:
        if error.cause_response_code != _CONDITION_FAILED:
            raise
        return False
    return True


def find_case(case_id: str, kind: str) -> Case | None:
    """Return the case of that kind, or None; a strongly consistent read."""
    case = find_case_of_any_kind(case_id)
    return case if case is not None and case.kind == kind else None


def find_case_of_any_kind(case_id: str) -> Case | None:
    """Return the case whatever its kind, or None; a strongly consistent read."""
    try:
        return _case(CaseItem.get(case_id, consistent_read=True))
    except CaseItem.DoesNotExist:
        return None


def get_case(case_id: str, kind: str) -> Case:
    """Return the case; NotFound `<kind>-unknown`."""
    case = find_case(case_id, kind)
    if case is None:
        raise NotFound(f"{kind}-unknown", f"there is no {kind} {case_id!r}", id=case_id)
    return case


def replace_case(read: Case, changed: Case) -> Case:
    """Store `changed` as the next version if nobody has changed the case since it was `read`; return it.

    Conflict `case-changed` otherwise.
    """
    assert (read.case_id, read.kind) == (changed.case_id, changed.kind), "a case keeps its id and kind"
    stored = replace(changed, version=read.version + 1)
    try:
        _item(stored).save(CaseItem.version == read.version)
    except PutError as error:
        if error.cause_response_code != _CONDITION_FAILED:
            raise
        raise Conflict("case-changed", "somebody else has changed this meanwhile", id=read.case_id) from None
    return stored


def add_new_case(tx: Transaction, case: Case) -> None:
    """Join the storing of a new case to a transaction; lost as `case` when its id is taken."""
    assert case.version == 1, "a new case has version 1"
    tx.put("case", config().table("cases"), _raw(case, case.version), "attribute_not_exists(case_id)")


def add_replacement(tx: Transaction, read: Case, changed: Case) -> None:
    """Join the replacing of a case to a transaction, under the condition of `replace_case`; lost as `case`."""
    assert (read.case_id, read.kind) == (changed.case_id, changed.kind), "a case keeps its id and kind"
    item = _raw(changed, read.version + 1)
    values = {":read": number(read.version)}
    tx.put("case", config().table("cases"), item, "#version = :read", values, version="version")


def list_cases(
    kind: str, state: str, limit: int, cursor: str | None = None, due_by: str | None = None
) -> Page:
    """Return a page of the cases of one kind in one state, the most urgent first, as dicts of all their fields.

    With `due_by`, only those due at that instant or before.
    """
    found = CaseItem.by_state_due.query(
        f"{kind}#{state}",
        CaseItem.due_at <= due_by if due_by else None,
        limit=limit,
        last_evaluated_key=json.loads(cursor) if cursor else None,
    )
    return _page(found, limit)


def list_cases_of(subject: str, kind: str, limit: int, cursor: str | None = None) -> Page:
    """Return a page of one subject's cases of one kind, newest first, as dicts of all their fields."""
    found = CaseItem.by_subject.query(
        f"{kind}#{subject}",
        scan_index_forward=False,
        limit=limit,
        last_evaluated_key=json.loads(cursor) if cursor else None,
    )
    return _page(found, limit)


def _page(found: Any, limit: int) -> Page:
    items = [case_fields(_case(item)) for item in found]
    more = found.last_evaluated_key if len(items) == limit else None
    return Page(items, json.dumps(more, separators=(",", ":")) if more else None)


def case_fields(case: Case) -> dict[str, Any]:
    """Return all fields of a case as one dict, those of its body included."""
    return {
        "case_id": case.case_id,
        "kind": case.kind,
        "state": case.state,
        "subject": case.subject,
        "opened_at": case.opened_at,
        "due_at": None if case.due_at == NO_DEADLINE else case.due_at,
        **case.body,
    }


def _item(case: Case) -> CaseItem:
    item = CaseItem(case.case_id, version=case.version, **_texts(case))
    if case.purge_at_epoch_s is not None:
        item.purge_at_epoch_s = datetime.fromtimestamp(case.purge_at_epoch_s, UTC)
    return item


def _raw(case: Case, version: int) -> Item:
    texts = {name: text(value) for name, value in _texts(case).items()}
    purge = {} if case.purge_at_epoch_s is None else {"purge_at_epoch_s": number(case.purge_at_epoch_s)}
    return {**texts, **purge, "case_id": text(case.case_id), "version": number(version)}


def _texts(case: Case) -> dict[str, str]:
    return {
        "kind": case.kind,
        "state": case.state,
        "subject": case.subject,
        "state_key": f"{case.kind}#{case.state}",
        "subject_key": f"{case.kind}#{case.subject}",
        "opened_at": case.opened_at,
        "due_at": case.due_at,
        "body": canonical_json(case.body),
    }


def _case(item: CaseItem) -> Case:
    return Case(
        item.case_id,
        item.kind,
        item.state,
        item.subject,
        item.opened_at,
        item.due_at,
        json.loads(item.body),
        item.version,
        None if item.purge_at_epoch_s is None else int(item.purge_at_epoch_s.timestamp()),
    )
