"""Owns which merchant a unified social credit code belongs to: one item each, put once, for ever.

Must not check a code (`domain.credit_codes`).
"""

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.store.catalogue import find_document
from chalicelib.store.client import text
from chalicelib.store.transactions import Transaction

KIND = "credit-code"


def merchant_with(credit_code: str) -> str | None:
    """Return the id of the merchant with this code, whatever became of it; None when nobody has it."""
    found = find_document(KIND, credit_code)
    return None if found is None else str(found["merchant_id"])


def add_credit_code(tx: Transaction, credit_code: str, merchant_id: str) -> None:
    """Give a code to a merchant; lost when it has one already."""
    body = {"id": credit_code, "merchant_id": merchant_id}
    item = {"kind": text(KIND), "id": text(credit_code), "body": text(canonical_json(body))}
    tx.put(KIND, config().table("catalogue"), item, "attribute_not_exists(id)")
