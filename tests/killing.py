"""Cuts a process off at one of its calls: before it happened, or after it happened and before anybody heard of it."""

from collections.abc import Callable
from typing import Any

import botocore.client
import pytest

from chalicelib.store import catalogue, client
from chalicelib.store.tables import MODELS

WRITES = frozenset({"PutItem", "UpdateItem", "TransactWriteItems", "BatchExecuteStatement", "SendMessage"})
# After a read and before the next call are the same moment: only writes are worth killing after.
READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "GetObject", "HeadObject"})
Stored = dict[str, dict[str, Any]]


class KilledError(BaseException):
    """The process was killed: nothing in the product may catch it."""


def run_killed(
    work: Callable[[], Any], at: int, after: bool, calls: frozenset[str] | set[str] = WRITES
) -> bool:
    """Run `work`, killed at its call number `at` (from 1) of those in `calls`; return whether it had so many."""
    real, made = botocore.client.BaseClient._make_api_call, []

    def call(self: Any, operation: str, arguments: Any) -> Any:
        if operation not in calls:
            return real(self, operation, arguments)
        made.append(operation)
        if len(made) == at and not after:
            raise KilledError
        answer = real(self, operation, arguments)
        if len(made) == at:
            raise KilledError
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", call)
        try:
            work()
        except KilledError:
            return True
    return False


def killed_at_every_write(begin: Callable[[], Any], work: Callable[[], Any], check: Callable[[], Any]) -> int:
    """Kill `work` at its first write, then its second …, before and after it; each time run it again and `check`.

    `begin` brings back the state to start from. Return how many writes there are.
    """
    for after in (False, True):
        at = 1
        while True:
            begin()
            is_killed = run_killed(work, at, after)
            if is_killed:
                work()
            check()
            if not is_killed:
                break
            at += 1
    return at - 1


def killed_at_every_call(
    flow: Callable[[], Any],
    again: Callable[[], Any] | None = None,
    told: Callable[[Stored], Any] = lambda stored: stored,
) -> int:
    """Kill `flow` at every call, reads included, then run it (or `again`) and demand what an undisturbed run stores.

    `told` leaves out what may differ. Everything is put back in between. Return how often it was killed.
    """
    start = everything_stored()
    flow()
    undisturbed = told(everything_stored())
    assert undisturbed != told(start), "the flow does something"
    kills = 0
    for after in (False, True):
        at = 1
        while put_back(start) or run_killed(flow, at, after, WRITES if after else WRITES | READS):
            (again or flow)()
            ended = told(everything_stored())
            assert ended == undisturbed, f"killed at call {at}, {after=}"
            kills, at = kills + 1, at + 1
    return kills


def everything_stored() -> Stored:
    """Return all items of all tables, by table and key."""
    stored: Stored = {}
    for name, keys in _keys_by_table().items():
        items = client.dynamodb().get_paginator("scan").paginate(TableName=name)
        stored[name] = {repr([item[key] for key in keys]): item for page in items for item in page["Items"]}
    return stored


def put_back(stored: Stored) -> None:
    """Make the tables hold exactly `stored` again."""
    now = everything_stored()
    for name, keys in _keys_by_table().items():
        for where, item in now[name].items():
            if where not in stored[name]:
                client.dynamodb().delete_item(TableName=name, Key={key: item[key] for key in keys})
        for where, item in stored[name].items():
            if now[name].get(where) != item:
                client.dynamodb().put_item(TableName=name, Item=item)
    catalogue._cache.clear()


def _keys_by_table() -> dict[str, list[str]]:
    return {
        model.Meta.table_name: [
            attribute.attr_name
            for attribute in model.get_attributes().values()
            if attribute.is_hash_key or attribute.is_range_key
        ]
        for model in MODELS
    }
