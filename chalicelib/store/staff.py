"""Owns the staff of merchants in the people table: a login each, and a list by merchant.

Must not decide who may enter whom. Both items are written together: `login#<digest>` + `staff#<role>` is what signing
in reads, `merchant#<merchant id>` + `staff#<staff id>` what lists read.
"""

import json
from typing import Any

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.keys import keyed_digest
from chalicelib.store.client import Item, dynamodb, query_all, text
from chalicelib.store.transactions import Transaction

LOGIN, LISTED = "login", "listed"
PROVIDER = "dev"


def staff_id_of(subject: str, role: str) -> str:
    """Return the staff id of a login in a role, the same every time."""
    return "stf_" + keyed_digest("staff-id", PROVIDER, subject, role)


def find_login(subject: str, role: str) -> dict[str, Any] | None:
    """Return what stands under a login in a role, removed or not; None when nothing does."""
    found = dynamodb().get_item(TableName=_table(), Key=_login_key(subject, role), ConsistentRead=True)
    return json.loads(found["Item"]["body"]["S"]) if "Item" in found else None


def list_staff(merchant_id: str) -> list[dict[str, Any]]:
    """Return all who work or worked for a merchant, in order of their ids."""
    arguments = {
        "TableName": _table(),
        "KeyConditionExpression": "person_id = :m AND begins_with(#item, :staff)",
        "ExpressionAttributeNames": {"#item": "item"},
        "ExpressionAttributeValues": {":m": text(f"merchant#{merchant_id}"), ":staff": text("staff#")},
        "ConsistentRead": True,
    }
    return [json.loads(item["body"]["S"]) for item in query_all(arguments)]


def add_staff(tx: Transaction, member: dict[str, Any], read: dict[str, Any] | None) -> None:
    """Write a member of staff {staff_id, subject, role, merchant_id, …}; lost unless the login is as `read`."""
    table, body = _table(), text(canonical_json(member))
    item = {
        **_login_key(member["subject"], member["role"]),
        "body": body,
        "staff_id": text(member["staff_id"]),
    }
    if read is None:
        tx.put(LOGIN, table, item, "attribute_not_exists(person_id)")
    else:
        values = {":before": text(canonical_json(read))}
        tx.put(LOGIN, table, item, "body = :before", values)
    listed = {
        "person_id": text(f"merchant#{member['merchant_id']}"),
        "item": text(f"staff#{member['staff_id']}"),
        "body": body,
    }
    mine = "attribute_not_exists(person_id) OR person_id = :mine"
    tx.put(LISTED, table, listed, mine, {":mine": listed["person_id"]})


def _login_key(subject: str, role: str) -> Item:
    digest = keyed_digest("login", PROVIDER, subject)
    return {"person_id": text(f"login#{digest}"), "item": text(f"staff#{role}")}


def _table() -> str:
    return config().table("people")
