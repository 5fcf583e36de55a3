"""Owns the taking of the journal's stream for merchants' systems: every entry at a till becomes an event, once.

Must not decide who wants it. A record that can never be worked on goes to our own dead letters, by its key.
"""

from collections.abc import Iterable
from datetime import datetime

from chalicelib import ids, log
from chalicelib.domain.entries import parse_entry
from chalicelib.services.failures import is_passing
from chalicelib.services.webhook_events import tell_entry
from chalicelib.store.queues import send_message
from chalicelib.streams.notices import DEAD_LETTERS, Record


def handle(records: Iterable[Record], now: datetime) -> int:
    """Keep the deliveries that the batch's entries cause and return how many are new; again changes nothing."""
    made = 0
    for record in records:
        if record.event_name != "INSERT":
            continue
        try:
            made += tell_entry(parse_entry(record.new_image["body"]["S"]), now)
        except Exception as error:
            if is_passing(error):
                raise
            log.write_failure(now, ids.new_id("whk"), error)
            keys = {name: next(iter(value.values())) for name, value in (record.keys or {}).items()}
            send_message(DEAD_LETTERS, {"table": "entries", "keys": keys, "error": type(error).__name__})
    return made
