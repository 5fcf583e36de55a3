"""Owns the one low-level DynamoDB client, the batched read, and the small change between Python and item values.

Must not know any item's meaning, nor import PynamoDB: a fresh process that only needs the hot paths starts sooner.
"""

import random
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.config import Config

from chalicelib.config import config
from chalicelib.errors import Unavailable

Item = dict[str, dict[str, Any]]
BATCH_GET_MAX = 100
_ATTEMPTS_MAX = 5


@lru_cache(maxsize=1)
def dynamodb() -> Any:
    """Return this process's client: short timeouts, four attempts, room for a pool of workers.

    Requests are built in this package alone, so the client need not validate them again, nor compose its name anew.
    """
    settings = config()
    options = Config(
        connect_timeout=1,
        read_timeout=3,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=32,
        parameter_validation=False,
        user_agent="tanhui",
    )
    return botocore.session.get_session().create_client(
        "dynamodb", region_name=settings.region, endpoint_url=settings.endpoint_url, config=options
    )


def text(value: str) -> dict[str, Any]:
    """Return `value` as an item value."""
    return {"S": value}


def number(value: int) -> dict[str, Any]:
    """Return `value` as an item value; only whole numbers are stored."""
    assert type(value) is int, "only whole numbers are stored"
    return {"N": str(value)}


def batch_get(keys: Sequence[tuple[str, Item]], consistent: bool = True) -> list[tuple[str, Item]]:
    """Return the items found for `(table, key)` pairs, as `(table, item)` in no order; at most 100 keys.

    One round trip unless the database asks to repeat a part of it.
    """
    assert len(keys) <= BATCH_GET_MAX, "a batched read takes at most 100 keys"
    request: dict[str, Any] = {}
    for table, key in keys:
        request.setdefault(table, {"Keys": [], "ConsistentRead": consistent})["Keys"].append(key)
    found: list[tuple[str, Item]] = []
    for attempt in range(_ATTEMPTS_MAX):
        if not request:
            return found
        if attempt:
            pause(attempt)
        answer = dynamodb().batch_get_item(RequestItems=request)
        found += [(table, item) for table, items in answer["Responses"].items() for item in items]
        request = answer.get("UnprocessedKeys") or {}
    raise Unavailable("store-busy", "the store did not answer the whole read")


def find_item(items: Iterable[tuple[str, Item]], key: tuple[str, Item]) -> Item | None:
    """Return the item at `(table, key)` among those that a batched read found, or None."""
    table, wanted = key
    matching = (item for of, item in items if of == table and wanted.items() <= item.items())
    return next(matching, None)


def query_all(arguments: dict[str, Any], limit: int | None = None) -> Iterable[Item]:
    """Yield the items of a query, page after page, up to `limit`."""
    count = 0
    while True:
        answer = dynamodb().query(**arguments)
        for item in answer["Items"]:
            yield item
            count += 1
            if limit is not None and count >= limit:
                return
        if "LastEvaluatedKey" not in answer:
            return
        arguments = {**arguments, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


def pause(attempt: int) -> None:
    """Sleep a random while that grows with the attempt: 5 ms doubled, at most 200 ms."""
    time.sleep(random.uniform(0, min(0.2, 0.005 * 2**attempt)))
