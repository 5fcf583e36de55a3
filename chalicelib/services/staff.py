"""Owns who works for a merchant: operators enter its managers, managers their cashiers.

Must not sign anybody in (`services.sessions`). A change counts from the next sign-in: a token lives a quarter of an
hour.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.days import to_text
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.store import staff as store
from chalicelib.store.catalogue import find_document, get_document
from chalicelib.store.transactions import Transaction

CASHIER, MANAGER = "cashier", "merchant_manager"
_SHOWN = ("staff_id", "subject", "role", "name", "store_ids", "added_at", "removed_at")


def enter_staff(
    merchant_id: str, fields: Mapping[str, Any], by: str, now: datetime, by_role: str = "operator"
) -> dict[str, Any]:
    """Enter somebody {subject, role, store_ids, name}, or change where they work; a manager enters cashiers only.

    The same again: the same answer (`_hit`). Conflict `login-taken` when the login works for another merchant;
    Forbidden `role-not-allowed`; InvalidInput names a store that is not the merchant's.
    """
    if by_role == MANAGER and fields["role"] != CASHIER:
        raise Forbidden("role-not-allowed", "a manager may enter cashiers only", role=fields["role"])
    get_document("merchant", merchant_id)
    check_stores(merchant_id, fields["store_ids"])
    return repeat_on_conflict(lambda: _enter_once(merchant_id, fields, by, now))


def _enter_once(merchant_id: str, fields: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    read = store.find_login(fields["subject"], fields["role"])
    if read is not None and read["merchant_id"] != merchant_id and not read.get("removed_at"):
        raise Conflict("login-taken", "this login works for another merchant already")
    entered = {name: fields[name] for name in ("subject", "role", "store_ids", "name")}
    is_known = read is not None and read["merchant_id"] == merchant_id and not read.get("removed_at")
    if read is not None and is_known and entered.items() <= read.items():
        return {**staff_view(read), "_hit": True}
    tx = Transaction()
    member = new_member(merchant_id, entered, by, now)
    store.add_staff(tx, member, read)
    tx.commit()
    return staff_view(member)


def new_member(merchant_id: str, fields: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    """Return the document of a member of staff entered now."""
    return {
        **fields,
        "staff_id": store.staff_id_of(fields["subject"], fields["role"]),
        "merchant_id": merchant_id,
        "added_at": to_text(now),
        "added_by": by,
        "removed_at": None,
    }


def remove_staff(merchant_id: str, staff_id: str, now: datetime, by_role: str = "operator") -> dict[str, Any]:
    """Take somebody's login away; removed already: the same answer (`_hit`). NotFound `staff-unknown`."""
    return repeat_on_conflict(lambda: _remove_once(merchant_id, staff_id, now, by_role))


def _remove_once(merchant_id: str, staff_id: str, now: datetime, by_role: str) -> dict[str, Any]:
    member = get_member(merchant_id, staff_id)
    if by_role == MANAGER and member["role"] != CASHIER:
        raise Forbidden("role-not-allowed", "a manager may remove cashiers only", role=member["role"])
    if member["removed_at"]:
        return {**staff_view(member), "_hit": True}
    removed = {**member, "removed_at": to_text(now)}
    tx = Transaction()
    store.add_staff(tx, removed, member)
    tx.commit()
    return staff_view(removed)


def get_member(merchant_id: str, staff_id: str) -> dict[str, Any]:
    """Return a member of a merchant's staff, removed or not; NotFound `staff-unknown`."""
    for member in store.list_staff(merchant_id):
        if member["staff_id"] == staff_id:
            return member
    raise NotFound("staff-unknown", "nobody with this id works for this merchant", id=staff_id)


def list_staff(merchant_id: str) -> Page:
    """Return all who work or worked for a merchant."""
    return Page([staff_view(member) for member in store.list_staff(merchant_id)], None)


def staff_view(member: Mapping[str, Any]) -> dict[str, Any]:
    """Return a member of staff as managers see them."""
    return {name: member[name] for name in _SHOWN}


def check_stores(merchant_id: str, store_ids: list[str]) -> None:
    """Refuse a list of stores that are not all of this merchant; InvalidInput `/store_ids/<position>`."""
    for position, store_id in enumerate(store_ids):
        found = find_document("store", store_id)
        if found is None:
            raise InvalidInput.at(f"/store_ids/{position}", f"there is no store {store_id!r}")
        if found["merchant_id"] != merchant_id:
            raise InvalidInput.at(f"/store_ids/{position}", "is a store of another merchant")
