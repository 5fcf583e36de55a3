"""Owns which failures of the store are passing ones, and how a job goes on after one account failed.

Must not import the library that raises them: a failure that happened has loaded it already.
"""

from collections.abc import Callable
from typing import TypeVar

from chalicelib import clock, ids, log

T = TypeVar("T")

_PASSING_TYPES = frozenset(
    {
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "EndpointConnectionError",
        "ConnectionClosedError",
        "ProxyConnectionError",
    }
)
_PASSING_CODES = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)


def is_passing(error: BaseException) -> bool:
    """Say whether `error`, or what caused it, is the store being out of reach or too busy.

    >>> is_passing(type("ReadTimeoutError", (Exception,), {})()), is_passing(ValueError())
    (True, False)
    """
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    if type(error).__name__ in _PASSING_TYPES or code in _PASSING_CODES:
        return True
    return error.__cause__ is not None and is_passing(error.__cause__)


def attempted(work: Callable[[], T]) -> T | None:
    """Return what `work` returns, or None when it failed; the cause is in the log, without naming anybody.

    For jobs over many accounts: one that cannot be worked on must not hold up the others.
    """
    try:
        return work()
    except Exception as error:
        log.write_failure(clock.utc_now(), ids.new_id("job"), error)
        return None
