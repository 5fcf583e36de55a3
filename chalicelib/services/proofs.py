"""Owns the public proof of a day: the tree over all account heads, its root published once, paths on demand.

Must not change a published day. The nightly pass over all accounts is a sweep: each slice writes its leaves to a file
named by its content, and the last segment to end puts them in order and builds the tree. A night's leaves are kept in
blocks of 4096 (first half of the hash of the account id, seq and leaf of each) under a name that holds the root, beside
one list of the blocks' first keys and roots. A path then takes two small reads, however many accounts there are: no
path is stored for those who never ask, and none needs all leaves again. A run that is killed, or that loses against
another, leaves files which no document names.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
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
from chalicelib.services.failures import attempted
from chalicelib.services.methodologies import all_refs
from chalicelib.services.sweep_slices import Result, Slice, Sweep, sweep_through
from chalicelib.store.accounts import ACCOUNT
from chalicelib.store.catalogue import find_document, list_newest, put_document
from chalicelib.store.client import Item
from chalicelib.store.files import read_bytes, write_bytes
from chalicelib.store.scanning import Group
from chalicelib.store.sheets import parse_sheet
from chalicelib.store.spooling import Spool

DAY = "day"
_KEY_BYTES, _SEQ_BYTES, _HASH_BYTES = 16, 8, 32
_RECORD_BYTES = _KEY_BYTES + _SEQ_BYTES + _HASH_BYTES
_TOP_BYTES = _KEY_BYTES + _HASH_BYTES
# As many leaves as one file holds: few files in a result, little memory, and little to repeat after a kill.
_SLICE_ACCOUNTS = 4000


@dataclass(slots=True)
class Published:
    """What one run did: `leaves` of the published day, `days` 0 when it had been published before."""

    days: int = 0
    leaves: int = 0


def is_published(on: date) -> bool:
    """Say whether the day, or a later one, is published: the chain of days only grows at its end."""
    newest = list_newest(DAY, None, 1)
    return bool(newest) and newest[0]["date"] >= on.isoformat()


def publish_day(on: date, now: datetime) -> Published:
    """Publish the day `on` here and now, unless it or a later one is published already.

    Conflict `day-exists` when another run published another root meanwhile.
    """
    if is_published(on):
        return Published()
    result = sweep_through(PUBLISH, sweep_id_of(on), params_of(on), now)
    return Published(result["days"], result["leaves"])


def sweep_id_of(on: date) -> str:
    """Return the id of the sweep that publishes a day."""
    return f"publish-{on.isoformat()}"


def params_of(on: date) -> dict[str, Any]:
    """Return the parameters of the sweep that publishes a day."""
    return {"date": on.isoformat()}


def _visit(here: Slice, groups: Iterator[Group]) -> Result:
    """Gather the leaves of some accounts in a file, and the totals of their sheets of the day."""
    totals, leaves, failed = DayTotals(), [], 0
    wanted = f"sheet#{here.params['date']}"
    keys = {ref: GroupKey(m.document["scenario"], m.id, m.version) for ref, m in all_refs().items()}
    for group in groups:
        for item in group.items:
            if item["item"]["S"] == ACCOUNT:
                leaves.append(_record(item))
            elif item["item"]["S"] == wanted:
                # A sheet that cannot be read is for the audit to find; it does not hold up the root.
                failed += attempted(partial(_add_sheet, totals, keys, item)) is None
    files = [_write_leaves(here.sweep_id, leaves)] if leaves else []
    return {"leaves": len(leaves), "failed": failed, "files": files, "groups": totals.stored()}


def _add_sheet(totals: DayTotals, keys: Mapping[str, GroupKey], item: Item) -> bool:
    sheet = parse_sheet(item)
    totals.add(sheet.account_id, list(_counting(sheet, keys)))
    return True


def _counting(sheet: Sheet, keys: Mapping[str, GroupKey]) -> Iterator[tuple[GroupKey, int, int]]:
    """Yield what each activity that counts is worth now, by the version that says so; a capped one counts too."""
    for key in sheet.activities:
        if standing_of(sheet, key).outcome in (ACCEPTED, CAPPED):
            grams, millipoints, ref = worth_of(sheet, key)
            yield keys[ref], grams, millipoints


def _write_leaves(sweep_id: str, leaves: list[bytes]) -> str:
    """Write a file of leaves under the digest of its content, so that no repeated slice can exchange it."""
    content = b"".join(leaves)
    name = sha256(content).hexdigest()[:32]
    write_bytes(_leaves_key(sweep_id, name), content)
    return name


def _leaves_key(sweep_id: str, name: str) -> str:
    return f"parts/{sweep_id}/{name}"


def _merge(one: Result, other: Result) -> Result:
    totals = DayTotals()
    totals.add_stored(one["groups"])
    totals.add_stored(other["groups"])
    return {
        "leaves": one["leaves"] + other["leaves"],
        "failed": one["failed"] + other["failed"],
        "files": one["files"] + other["files"],
        "groups": totals.stored(),
    }


def _finish(here: Slice, result: Result) -> Result:
    """Put all leaves in order, build the tree, write its blocks, and publish the day as of the sweep's beginning."""
    on, totals = date.fromisoformat(here.params["date"]), DayTotals()
    if is_published(on):
        return {"days": 0, "leaves": result["leaves"], "failed": result["failed"]}
    totals.add_stored(result["groups"])
    with Spool(_RECORD_BYTES) as spool:
        for name in result["files"]:
            for record in _split(read_bytes(_leaves_key(here.sweep_id, name)), _RECORD_BYTES):
                spool.add(record)
        assert spool.count == result["leaves"], (
            f"{result['leaves']} leaves were gathered, {spool.count} are there"
        )
        blocks, root = _blocks_and_root(spool)
        _write_blocks(_folder(on.isoformat(), root.hex()), spool, blocks)
        previous = next(iter(list_newest(DAY, None, 1)), None)
        as_of = to_text(here.started_at)
        _put_once(day_document(current_profile().id, on, as_of, root, spool.count, totals, previous))
    return {"days": 1, "leaves": result["leaves"], "failed": result["failed"], "root": root.hex()}


PUBLISH = Sweep("publish", _visit, _merge, _finish, slice_groups=_SLICE_ACCOUNTS)


def _write_blocks(folder: str, spool: Spool, roots: list[bytes]) -> None:
    tops = b""
    for number, block in enumerate(blocks_of(spool.sorted_records())):
        write_bytes(f"{folder}/{number:06d}", b"".join(block))
        tops += block[0][:_KEY_BYTES] + roots[number]
    write_bytes(f"{folder}/tops", tops)


def _put_once(document: dict[str, Any]) -> None:
    try:
        put_document(DAY, document["date"], document)
    except Conflict:
        stored = find_document(DAY, document["date"])
        if stored is None or canonical_json(stored) != canonical_json(document):
            raise


def _record(item: Item) -> bytes:
    account_id, seq = item["account_id"]["S"], int(item["seq"]["N"])
    leaf = leaf_hash(leaf_data(account_id, seq, item["head_hash"]["S"]))
    return _key(account_id) + seq.to_bytes(_SEQ_BYTES) + leaf


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
