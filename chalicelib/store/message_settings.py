"""Owns what a resident switched on outside the app and where it goes: item `messages` beside the `person` item.

Must not decide what is sent. Addresses come in and leave sealed (`services.addresses`); this module cannot read them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.sendings import Recipient
from chalicelib.errors import Conflict
from chalicelib.store.client import BATCH_GET_MAX, Item, batch_get, dynamodb, number, text
from chalicelib.store.sheets import Key

PURPOSE = "messages"
_PERSON, _SETTINGS = "person", "messages"


@dataclass(frozen=True, slots=True)
class Settings:
    """`kinds_by_channel` holds the channels switched on and the kinds wanted there; `version` 0 before any change."""

    account_id: str
    version: int = 0
    kinds_by_channel: Mapping[str, Sequence[str]] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)


def recipient_keys(account_id: str) -> tuple[Key, Key]:
    """Return the keys of what `parse_recipient` reads."""
    return _key(account_id, _PERSON), _key(account_id, _SETTINGS)


def parse_recipient(account_id: str, items: Iterable[Item]) -> Recipient:
    """Return who may be sent what, made of the items found under `recipient_keys`."""
    has_consent, settings = False, Settings(account_id)
    for item in items:
        if item["item"]["S"] == _PERSON:
            answer = json.loads(item["body"]["S"])["consents"].get(PURPOSE)
            has_consent = answer is not None and answer["state"] == "given"
        else:
            settings = _parse(item)
    kinds = {channel: frozenset(kinds) for channel, kinds in settings.kinds_by_channel.items()}
    return Recipient(account_id, has_consent, kinds, settings.addresses)


def find_recipients(account_ids: Iterable[str]) -> dict[str, Recipient]:
    """Return the recipients by account id, 50 residents a round trip."""
    wanted = sorted(set(account_ids))
    items: dict[str, list[Item]] = {account_id: [] for account_id in wanted}
    for start in range(0, len(wanted), BATCH_GET_MAX // 2):
        some = wanted[start : start + BATCH_GET_MAX // 2]
        for _, item in batch_get([key for account_id in some for key in recipient_keys(account_id)]):
            items[item["person_id"]["S"]].append(item)
    return {account_id: parse_recipient(account_id, found) for account_id, found in items.items()}


def get_settings(account_id: str) -> Settings:
    """Return a resident's settings; one strongly consistent read."""
    table, key = _key(account_id, _SETTINGS)
    item = dynamodb().get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    return Settings(account_id) if item is None else _parse(item)


def save_settings(settings: Settings) -> None:
    """Store settings whose `version` is the one that was read; Conflict `changed-meanwhile` otherwise."""
    table, key = _key(settings.account_id, _SETTINGS)
    body: dict[str, Any] = {
        "kinds_by_channel": {c: list(kinds) for c, kinds in settings.kinds_by_channel.items()},
        "addresses": dict(settings.addresses),
    }
    item = {**key, "body": text(canonical_json(body)), "version": number(settings.version + 1)}
    unchanged: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(person_id)"}
    if settings.version:
        unchanged = {
            "ConditionExpression": "#v = :read",
            "ExpressionAttributeNames": {"#v": "version"},
            "ExpressionAttributeValues": {":read": number(settings.version)},
        }
    client = dynamodb()
    try:
        client.put_item(TableName=table, Item=item, **unchanged)
    except client.exceptions.ConditionalCheckFailedException:
        raise Conflict("changed-meanwhile", "these settings were changed meanwhile") from None


def _parse(item: Item) -> Settings:
    body = json.loads(item["body"]["S"])
    account_id, version = item["person_id"]["S"], int(item["version"]["N"])
    return Settings(account_id, version, body["kinds_by_channel"], body["addresses"])


def _key(account_id: str, item: str) -> Key:
    return config().table("people"), {"person_id": text(account_id), "item": text(item)}
