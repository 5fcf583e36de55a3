"""Passing failures of the store, as botocore raises them."""

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from chalicelib.services.failures import is_passing


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "x"}}, "UpdateItem")


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="x"),
        ReadTimeoutError(endpoint_url="x"),
        client_error("ThrottlingException"),
        client_error("ProvisionedThroughputExceededException"),
    ],
)
def test_a_busy_or_unreachable_store_is_passing(error: Exception) -> None:
    assert is_passing(error)


def test_a_failure_caused_by_a_passing_one_is_passing() -> None:
    wrapped = RuntimeError("outer")
    wrapped.__cause__ = client_error("InternalServerError")
    assert is_passing(wrapped)


@pytest.mark.parametrize("error", [client_error("ValidationException"), KeyError("x"), AssertionError()])
def test_a_mistake_of_our_own_is_not_passing(error: Exception) -> None:
    assert not is_passing(error)
