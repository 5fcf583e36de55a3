"""Owns the devices of the wallet in the people table: whose a handle is, and which devices a resident has.

Must not hold a secret nor decide. Items: `wallet#<handle>` + `device` (never removed: a handle is given out once) and
`<account id>` + `devices` (the list, with a version).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.store.client import Item, dynamodb, number, text
from chalicelib.store.sheets import Key
from chalicelib.store.transactions import Transaction

DEVICE, DEVICES = "device", "devices"


@dataclass(frozen=True, slots=True)
class Device:
    """One registered phone. `works_at` are the merchants whose staff its holder belongs to."""

    handle: str
    device_id: str
    account_id: str
    name: str
    registered_at: str
    works_at: tuple[str, ...] = ()
    revoked_at: str | None = None


@dataclass(frozen=True, slots=True)
class Devices:
    """A resident's devices that are not revoked, oldest first; `version` 0 before the first."""

    account_id: str
    version: int
    items: tuple[dict[str, str], ...]


def device_key(handle: str) -> Key:
    """Return table and key of a device."""
    return config().table("people"), {"person_id": text(f"wallet#{handle}"), "item": text(DEVICE)}


def parse_device(item: Item) -> Device:
    """Return the device stored as `item`."""
    body = json.loads(item["body"]["S"])
    return Device(**{**body, "works_at": tuple(body["works_at"])})


def find_device(handle: str) -> Device | None:
    """Return the device of a handle, revoked or not; None when the handle was never given out."""
    table, key = device_key(handle)
    item = dynamodb().get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    return None if item is None else parse_device(item)


def get_devices(account_id: str) -> Devices:
    """Return the list of a resident's devices."""
    table, key = _list_key(account_id)
    item = dynamodb().get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    if item is None:
        return Devices(account_id, 0, ())
    return Devices(account_id, int(item["version"]["N"]), tuple(json.loads(item["body"]["S"])))


def add_new_device(tx: Transaction, device: Device) -> None:
    """Write a device under a handle that was never given out; lost as `device`."""
    table, _ = device_key(device.handle)
    tx.put(DEVICE, table, _device_item(device), "attribute_not_exists(person_id)")


def add_revocation(tx: Transaction, device: Device, revoked_at: str) -> None:
    """Write a device as revoked."""
    table, _ = device_key(device.handle)
    tx.put(DEVICE, table, _device_item(replace(device, revoked_at=revoked_at)), "attribute_exists(person_id)")


def add_devices(tx: Transaction, read: Devices, items: Sequence[dict[str, str]]) -> None:
    """Write the list, if it still is as it was `read`; lost as `devices`."""
    table, key = _list_key(read.account_id)
    item = {**key, "version": number(read.version + 1), "body": text(canonical_json(list(items)))}
    if read.version == 0:
        tx.put(DEVICES, table, item, "attribute_not_exists(person_id)")
    else:
        tx.put(DEVICES, table, item, "#v = :read", {":read": number(read.version)}, v="version")


def set_works_at(device: Device, works_at: Sequence[str]) -> None:
    """Note the merchants whose staff a device's holder belongs to, unless it was revoked meanwhile."""
    client = dynamodb()
    table, key = device_key(device.handle)
    changed = replace(device, works_at=tuple(works_at))
    try:
        client.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="SET body = :new",
            ConditionExpression="body = :read",
            ExpressionAttributeValues={
                ":new": _device_item(changed)["body"],
                ":read": _device_item(device)["body"],
            },
        )
    except client.exceptions.ConditionalCheckFailedException:
        return


def _device_item(device: Device) -> Item:
    _, key = device_key(device.handle)
    return {**key, "body": text(canonical_json(asdict(device)))}


def _list_key(account_id: str) -> Key:
    return config().table("people"), {"person_id": text(account_id), "item": text(DEVICES)}
