"""Owns the counters of offers: one item for everybody, one for each resident whom the offer limits.

Must not decide: a take adds one under the condition that every limit has room, so that no two takers get the last.
The counter for everybody carries the version of the offer in force: a take of an older version is lost. Counters stand
beside the offer, not in it, so that a take writes a small item whatever the offer says.
"""

from chalicelib.config import config
from chalicelib.domain.offer_limits import Counter, Limits
from chalicelib.store.client import Item, number, text
from chalicelib.store.sheets import Key
from chalicelib.store.transactions import Transaction

COUNTER, RESIDENT = "offer counter", "resident counter"
_ONE = number(1)


def counter_key(offer_id: str) -> Key:
    """Return table and key of an offer's counter for everybody."""
    return config().table("catalogue"), {"kind": text(f"offer-counter#{offer_id}"), "id": text("all")}


def resident_key(offer_id: str, account_id: str) -> Key:
    """Return table and key of one resident's counter; each under a hash of its own, so that none gets hot."""
    kind = f"offer-counter#{offer_id}#{account_id}"
    return config().table("catalogue"), {"kind": text(kind), "id": text("one")}


def parse_counter(item: Item | None) -> Counter:
    """Return the counter stored as `item`; nothing taken when there is none."""
    if item is None:
        return Counter()
    names = ("taken", "fen", "day_taken", "version")
    numbers = {name: int(item[name]["N"]) for name in names if name in item}
    return Counter(day_on=item["day_on"]["S"] if "day_on" in item else "", **numbers)


def add_counter_version(tx: Transaction, offer_id: str, version: int) -> None:
    """Let takes of `version` through and, from now on, no others; lost unless the version before is in force."""
    table, key = counter_key(offer_id)
    if version == 1:
        tx.put(COUNTER, table, {**key, **_fresh(), "version": number(1)}, "attribute_not_exists(id)")
        return
    values = {":v": number(version), ":before": number(version - 1)}
    tx.update(COUNTER, table, key, "SET #v = :v", "#v = :before", values, v="version")


def add_taken(
    tx: Transaction, key: Key, read: Counter | None, limits: Limits, on: str, fen: int, version: int | None
) -> None:
    """Count one take on the day `on`, if every limit has room; `read` None is a counter that nobody wrote yet."""
    label = COUNTER if version is not None else RESIDENT
    table, own_key = key
    if read is None:
        item = {**own_key, **_fresh(), "taken": _ONE, "day_taken": _ONE, "day_on": text(on)}
        tx.put(label, table, item, "attribute_not_exists(id)")
        return
    values, room = _room(limits, fen, version)
    values |= {":one": _ONE, ":on": text(on), ":fen": number(fen)}
    if read.day_on == on:
        expression = "ADD taken :one, fen :fen, day_taken :one"
        room.append("day_on = :on")
        if limits.per_day_max is not None:
            room.append("day_taken < :per_day")
            values[":per_day"] = number(limits.per_day_max)
    else:
        expression = "SET day_on = :on, day_taken = :one ADD taken :one, fen :fen"
        room.append("day_on < :on")
    names = {"v": "version"} if version is not None else {}
    tx.update(label, table, own_key, expression, " AND ".join(room), values, **names)


def add_returned(tx: Transaction, key: Key, read: Counter, on: str, fen: int, label: str) -> None:
    """Give back one take that was counted on the day `on`; a day that is over is not counted any more."""
    table, own_key = key
    values = {":minus": number(-1), ":minus_fen": number(-fen), ":zero": number(0), ":on": text(on)}
    if read.day_on == on:
        expression, is_same = "ADD taken :minus, fen :minus_fen, day_taken :minus", "day_on = :on"
    else:
        expression, is_same = "ADD taken :minus, fen :minus_fen", "day_on <> :on"
    tx.update(label, table, own_key, expression, f"taken > :zero AND {is_same}", values)


def _fresh() -> Item:
    return {"taken": number(0), "fen": number(0), "day_taken": number(0), "day_on": text("0")}


def _room(limits: Limits, fen: int, version: int | None) -> tuple[Item, list[str]]:
    values: Item = {}
    room = ["attribute_exists(id)"]
    if version is not None:
        room.append("#v = :version")
        values[":version"] = number(version)
    if limits.taken_max is not None:
        room.append("taken < :most")
        values[":most"] = number(limits.taken_max)
    if limits.fen_max is not None:
        room.append("fen <= :fen_room")
        values[":fen_room"] = number(limits.fen_max - fen)
    return values, room
