"""Cuts a process off at one of its writes: before it happened, or after it happened and before anybody heard of it."""

from collections.abc import Callable
from typing import Any

import botocore.client
import pytest

WRITES = frozenset({"PutItem", "UpdateItem", "TransactWriteItems", "BatchExecuteStatement", "SendMessage"})


class KilledError(BaseException):
    """The process was killed: nothing in the product may catch it."""


def run_killed(work: Callable[[], Any], at: int, after: bool) -> bool:
    """Run `work`, killed at its write number `at` (from 1); return whether it had so many writes."""
    real, writes = botocore.client.BaseClient._make_api_call, []

    def call(self: Any, operation: str, arguments: Any) -> Any:
        if operation not in WRITES:
            return real(self, operation, arguments)
        writes.append(operation)
        if len(writes) == at and not after:
            raise KilledError
        answer = real(self, operation, arguments)
        if len(writes) == at:
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
