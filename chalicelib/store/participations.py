"""Owns the stored choices about boards: one item of the people table, `<account id>` + `board`.

Must not decide. The item has a version, which its last reader raises.
"""

import json
from collections.abc import Iterable
from dataclasses import replace

from chalicelib.config import config
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.participation import Participation
from chalicelib.store.client import BATCH_GET_MAX, Item, batch_get, number, text
from chalicelib.store.transactions import Transaction

_FIELDS = ("community_id", "chosen_on", "nickname", "is_on", "under_age_on", "base")


def find_participations(account_ids: Iterable[str]) -> dict[str, Participation]:
    """Return what these residents have chosen, by account; who has chosen nothing is left out. Consistent reads."""
    wanted = sorted(set(account_ids))
    found: dict[str, Participation] = {}
    for start in range(0, len(wanted), BATCH_GET_MAX):
        keys = [(_table(), _key(one)) for one in wanted[start : start + BATCH_GET_MAX]]
        for _, item in batch_get(keys):
            one = _parsed(item)
            found[one.account_id] = one
    return found


def get_participation(account_id: str) -> Participation:
    """Return what a resident has chosen; nothing yet is version 0."""
    return find_participations([account_id]).get(account_id, Participation(account_id))


def add_participation(tx: Transaction, chosen: Participation) -> Participation:
    """Join the writing of `chosen`, whose version is the one that was read, to a transaction; return it as stored."""
    stored = replace(chosen, version=chosen.version + 1)
    body = {name: getattr(stored, name) for name in _FIELDS}
    item = {**_key(chosen.account_id), "body": text(canonical_json(body)), "version": number(stored.version)}
    if chosen.version == 0:
        tx.put("participation", _table(), item, "attribute_not_exists(person_id)")
    else:
        values = {":read": number(chosen.version)}
        tx.put("participation", _table(), item, "#v = :read", values, v="version")
    return stored


def _parsed(item: Item) -> Participation:
    body = json.loads(item["body"]["S"])
    return Participation(item["person_id"]["S"], int(item["version"]["N"]), **body)


def _key(account_id: str) -> Item:
    return {"person_id": text(account_id), "item": text("board")}


def _table() -> str:
    return config().table("people")
