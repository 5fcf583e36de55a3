"""Owns what every consumer of a stream shares: the record, and the burying of one that is hopeless.

Must not know what a consumer does. A dead letter names the consumer that failed, for whoever mends the cause; its
second try goes to all of them, to whom it is nothing new.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from chalicelib import ids, log
from chalicelib.errors import Unavailable
from chalicelib.services.failures import is_passing
from chalicelib.store.queues import send_message

DEAD_LETTERS = "notices-dlq"
T = TypeVar("T")


class Record(Protocol):
    """What a stream record looks like: a change of one item, values as DynamoDB spells them."""

    event_name: str
    keys: Any
    new_image: Any


def or_buried(
    consumer: str, record: Record, now: datetime, work: Callable[[], T], table: str = "entries"
) -> T | None:
    """Return what `work` returns; None when it never will, and the record is among the dead letters of `consumer`.

    A passing failure is raised: the whole batch comes again.
    """
    try:
        return work()
    except Exception as error:
        if isinstance(error, Unavailable) or is_passing(error):
            raise
        log.write_failure(now, ids.new_id("ntc"), error)
        keys = {name: next(iter(value.values())) for name, value in (record.keys or {}).items()}
        letter = {"consumer": consumer, "table": table, "keys": keys, "error": type(error).__name__}
        send_message(DEAD_LETTERS, letter)
        return None
