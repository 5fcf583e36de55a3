"""Owns the list, per merchant and in order of time, of vouchers given back before their deadline, in the catalogue.

Must not hold redeemed ones: the journal's index by counterparty has those. Tills without a network check against both.
"""

from collections.abc import Iterator
from datetime import datetime

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.days import to_text
from chalicelib.store.client import query_all, text
from chalicelib.store.transactions import Transaction

_KIND = "voucher-closed#"


def add_closed(tx: Transaction, merchant_id: str, redemption_id: str, now: datetime) -> None:
    """Note that a voucher of this merchant was given back, in the transaction that gives it back."""
    item = {
        "kind": text(_KIND + merchant_id),
        "id": text(f"{to_text(now)}#{redemption_id}"),
        "body": text(canonical_json({"redemption_id": redemption_id})),
    }
    tx.put("closed", config().table("catalogue"), item, "attribute_not_exists(kind)")


def list_closed(merchant_id: str, from_at: str, to_at: str) -> Iterator[tuple[str, str]]:
    """Yield (instant, redemption_id) of those given back from `from_at` on and before `to_at`, oldest first."""
    arguments = {
        "TableName": config().table("catalogue"),
        "KeyConditionExpression": "kind = :kind AND id BETWEEN :from AND :to",
        "ExpressionAttributeValues": {
            ":kind": text(_KIND + merchant_id),
            ":from": text(from_at),
            ":to": text(to_at),
        },
        "ConsistentRead": True,
    }
    for item in query_all(arguments):
        at, _, redemption_id = item["id"]["S"].partition("#")
        yield at, redemption_id
