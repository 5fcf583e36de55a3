"""Owns which failures of the store are passing ones, so that callers may be told to come back.

Must not import the library that raises them: a failure that happened has loaded it already.
"""

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
