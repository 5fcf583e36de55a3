"""A store that does not answer is said as 503, with the request to come back."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.gateway import Gateway, assert_problem


def test_a_store_that_does_not_answer_in_time_is_a_503(
    gateway: Gateway, token_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def time_out(*_: object) -> None:
        raise ReadTimeoutError(endpoint_url="store")

    monkeypatch.setattr("chalicelib.services.spending.batch_get", time_out)
    reply = gateway.send("GET", "/v1/me", token=token_of("resident", "res_a"))
    assert_problem(reply, 503, "store-busy")
    assert reply.headers["Retry-After"] == "1"
