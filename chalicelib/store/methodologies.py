"""Owns the published methodology versions in the catalogue, under `<id>#v0002`: put once, never changed.

Must not interpret documents, nor import PynamoDB: recording reads this list, once a minute in a process.
"""

import json
from typing import Any

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.store.client import Item, query_all, text
from chalicelib.store.transactions import Transaction

KIND = "methodology"
PUBLICATION = "publication"


def list_published() -> list[dict[str, Any]]:
    """Return the record of every published version: its document, and how it came to be published."""
    arguments = {
        "TableName": config().table("catalogue"),
        "KeyConditionExpression": "kind = :kind",
        "ExpressionAttributeValues": {":kind": text(KIND)},
        "ConsistentRead": True,
    }
    return [json.loads(item["body"]["S"]) for item in query_all(arguments)]


def add_published(tx: Transaction, record: dict[str, Any]) -> None:
    """Publish a version, if that version of that methodology is not published yet."""
    tx.put(PUBLICATION, config().table("catalogue"), _item(record), "attribute_not_exists(id)")


def _item(record: dict[str, Any]) -> Item:
    document = record["document"]
    id = f"{document['id']}#v{document['version']:04d}"
    return {"kind": text(KIND), "id": text(id), "body": text(canonical_json(record))}
