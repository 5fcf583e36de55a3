"""Owns the public proof of a day: the tree over all account heads, its root published once, paths on demand.

Must not change a published day. A night's leaves are kept in blocks of 4096 (first half of the hash of the account id,
seq and leaf of each) under a name that holds the root, beside one list of the blocks' first keys and roots. A path then
takes two small reads, however many accounts there are: no path is stored for those who never ask, and none needs all
leaves again. A run that is killed, or that loses against another, leaves blocks which no document names.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from chalicelib.domain.activities import ACCEPTED, CAPPED
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.days import to_text
from chalicelib.domain.merkle import BLOCK_LEAVES, Frontier, blocks_of, leaf_hash, path_of, root_of
from chalicelib.domain.public_days import DayTotals, GroupKey, day_document, leaf_data
from chalicelib.domain.sheets import Sheet, standing_of, worth_of
from chalicelib.errors import Conflict
from chalicelib.profiles import current_profile
from chalicelib.services.methodologies import all_refs
from chalicelib.store.accounts import parse_account, scan_accounts
from chalicelib.store.catalogue import find_document, list_newest, put_document
from chalicelib.store.client import Item
from chalicelib.store.files import read_bytes, write_bytes
from chalicelib.store.sheets import parse_sheet
from chalicelib.store.spooling import Spool

DAY = "day"
_KEY_BYTES, _SEQ_BYTES, _HASH_BYTES = 16, 8, 32
_RECORD_BYTES = _KEY_BYTES + _SEQ_BYTES + _HASH_BYTES
_TOP_BYTES = _KEY_BYTES + _HASH_BYTES


class OutOfTime(Exception):
    """The tree could not be built within one run; it cannot be continued, only begun again."""


@dataclass(slots=True)
class Published:
    """What one run did: `leaves` of the published day, `days` 0 when it had been published before."""

    days: int = 0
    leaves: int = 0
    is_complete: bool = True


def publish_day(on: date, now: datetime, should_stop: Callable[[], bool]) -> Published:
    """Publish the day `on`, unless it or a later one is published already.

    Conflict `day-exists` when another run published another root meanwhile; OutOfTime when told to stop before the end.
    """
    newest = list_newest(DAY, None, 1)
    if newest and newest[0]["date"] >= on.isoformat():
        return Published()
    with Spool(_RECORD_BYTES) as spool:
        totals = _gather(on, spool, should_stop)
        blocks, root = _blocks_and_root(spool)
        folder = _folder(on.isoformat(), root.hex())
        tops = b""
        for number, block in enumerate(blocks_of(spool.sorted_records())):
            write_bytes(f"{folder}/{number:06d}", b"".join(block))
            tops += block[0][:_KEY_BYTES] + blocks[number]
        write_bytes(f"{folder}/tops", tops)
        previous = newest[0] if newest else None
        profile_id = current_profile().id
        document = day_document(profile_id, on, to_text(now), root, spool.count, totals, previous)
        _put_once(document)
        return Published(1, spool.count)


def _put_once(document: dict[str, Any]) -> None:
    try:
        put_document(DAY, document["date"], document)
    except Conflict:
        stored = find_document(DAY, document["date"])
        if stored is None or canonical_json(stored) != canonical_json(document):
            raise


def _gather(on: date, spool: Spool, should_stop: Callable[[], bool]) -> DayTotals:
    """Put a record of every account on the spool and return the totals of the day's sheets; one pass."""
    totals, wanted = DayTotals(), f"sheet#{on.isoformat()}"
    keys = {ref: GroupKey(m.document["scenario"], m.id, m.version) for ref, m in all_refs().items()}
    for item in scan_accounts():
        if should_stop():
            raise OutOfTime(f"{spool.count} accounts were read")
        if item["item"]["S"] == "account":
            spool.add(_record(item))
        elif item["item"]["S"] == wanted:
            sheet = parse_sheet(item)
            totals.add(sheet.account_id, _counting(sheet, keys))
    return totals


def _counting(sheet: Sheet, keys: Mapping[str, GroupKey]) -> Iterator[tuple[GroupKey, int, int]]:
    """Yield what each activity that counts is worth now, by the version that says so; a capped one counts too."""
    for key in sheet.activities:
        if standing_of(sheet, key).outcome in (ACCEPTED, CAPPED):
            grams, millipoints, ref = worth_of(sheet, key)
            yield keys[ref], grams, millipoints


def _record(item: Item) -> bytes:
    account = parse_account(item)
    leaf = leaf_hash(leaf_data(account.account_id, account.seq, account.head_hash))
    return _key(account.account_id) + account.seq.to_bytes(_SEQ_BYTES) + leaf


def _key(account_id: str) -> bytes:
    return sha256(account_id.encode()).digest()[:_KEY_BYTES]


def _leaves(records: Iterable[bytes]) -> list[bytes]:
    return [record[-_HASH_BYTES:] for record in records]


def _blocks_and_root(spool: Spool) -> tuple[list[bytes], bytes]:
    frontier, roots = Frontier(), []
    for block in blocks_of(spool.sorted_records()):
        roots.append(root_of(_leaves(block)))
        frontier.add(roots[-1])
    return roots, frontier.root()


def _folder(day: str, root: str) -> str:
    return f"proofs/{day}/{root}"


def newest_proof(account_id: str) -> dict[str, Any] | None:
    """Return the newest published `day` and the account's `inclusion` in it, None for either when there is none.

    `inclusion` holds the `seq` of the head that was published, the leaf's `index` and its `path` in hexadecimal.
    """
    newest = list_newest(DAY, None, 1)
    if not newest:
        return None
    return {"day": newest[0], "inclusion": _inclusion(newest[0], _key(account_id))}


def _inclusion(day: dict[str, Any], key: bytes) -> dict[str, Any] | None:
    folder = _folder(day["date"], day["root"])
    tops = _split(read_bytes(f"{folder}/tops"), _TOP_BYTES)
    number = bisect_right([top[:_KEY_BYTES] for top in tops], key) - 1
    if number < 0:
        return None
    records = _split(read_bytes(f"{folder}/{number:06d}"), _RECORD_BYTES)
    place = bisect_right([record[:_KEY_BYTES] for record in records], key) - 1
    if records[place][:_KEY_BYTES] != key:
        return None
    inner = path_of(_leaves(records), place)
    outer = path_of([top[_KEY_BYTES:] for top in tops], number)
    return {
        "seq": int.from_bytes(records[place][_KEY_BYTES : _KEY_BYTES + _SEQ_BYTES]),
        "index": number * BLOCK_LEAVES + place,
        "path": [node.hex() for node in inner + outer],
    }


def _split(data: bytes, width: int) -> list[bytes]:
    return [data[at : at + width] for at in range(0, len(data), width)]
