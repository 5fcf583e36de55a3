"""Owns what registered projects claim: one item an asset in the catalogue, under the keyed digest of its number.

Must not see a number. The first project to claim an asset keeps it; claims are written once, 25 in a round trip.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.errors import Unavailable
from chalicelib.store.catalogue import document_key
from chalicelib.store.client import BATCH_GET_MAX, Item, batch_get, dynamodb, text

ASSET = "asset"
_BATCH_MAX = 25
_EXISTS = "DuplicateItem", "ConditionalCheckFailed"

Claim = dict[str, Any]


def add_claims(claims: Sequence[tuple[str, Claim]]) -> None:
    """Store (digest, claim) pairs; an asset claimed already keeps its first claim. Unavailable `store-busy`: repeat."""
    for start in range(0, len(claims), _BATCH_MAX):
        statements = [_insert(digest, claim) for digest, claim in claims[start : start + _BATCH_MAX]]
        answer = dynamodb().batch_execute_statement(Statements=statements)
        codes = {response.get("Error", {}).get("Code") for response in answer["Responses"]}
        if codes - {None, *_EXISTS}:
            raise Unavailable(
                "store-busy", "the store did not take all of it; the same request may be sent again"
            )


def find_claims(digests: Iterable[str], consistent: bool = False) -> dict[str, Claim]:
    """Return the claims on the given assets by their digests; 100 assets a round trip."""
    wanted = sorted(set(digests))
    found: dict[str, Claim] = {}
    for start in range(0, len(wanted), BATCH_GET_MAX):
        keys = [document_key(ASSET, digest) for digest in wanted[start : start + BATCH_GET_MAX]]
        for _, item in batch_get(keys, consistent):
            found[item["id"]["S"]] = json.loads(item["body"]["S"])
    return found


def _insert(digest: str, claim: Claim) -> dict[str, object]:
    item: Item = {"kind": text(ASSET), "id": text(digest), "body": text(canonical_json(claim))}
    fields = ",".join(f"'{name}':?" for name in item)
    statement = f'INSERT INTO "{config().table("catalogue")}" VALUE {{{fields}}}'
    return {"Statement": statement, "Parameters": list(item.values())}
