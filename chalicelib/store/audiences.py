"""Owns audiences: named sets of residents to whom an offer may be kept, such as the winners of a board.

Must not decide who belongs. A member is one item; members are added, never removed: other members, another audience.
"""

from collections.abc import Sequence

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.store.client import Item, dynamodb, text
from chalicelib.store.transactions import OPERATIONS_MAX, Transaction


def add_members(audience_id: str, account_ids: Sequence[str]) -> None:
    """Add residents to an audience, a hundred a transaction; one who is in it stays in it."""
    table = config().table("catalogue")
    for start in range(0, len(account_ids), OPERATIONS_MAX):
        tx = Transaction()
        for account_id in account_ids[start : start + OPERATIONS_MAX]:
            item = {**_member_key(audience_id, account_id), "body": text(canonical_json({"id": account_id}))}
            absent_or_same = "attribute_not_exists(id) OR id = :id"
            tx.put("member", table, item, absent_or_same, {":id": text(account_id)})
        tx.commit()


def is_member(audience_id: str, account_id: str) -> bool:
    """Tell whether a resident belongs to an audience; one strongly consistent read."""
    key = _member_key(audience_id, account_id)
    table = config().table("catalogue")
    return "Item" in dynamodb().get_item(TableName=table, Key=key, ConsistentRead=True)


def _member_key(audience_id: str, account_id: str) -> Item:
    return {"kind": text(f"audience-member#{audience_id}"), "id": text(account_id)}
