"""Owns the taking of the journal's stream for merchants' systems: every entry at a till becomes an event, once.

Must not decide who wants it. A record that can never be worked on goes to our own dead letters, by its key.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from chalicelib.domain.entries import parse_entry
from chalicelib.services.webhook_events import tell_entry
from chalicelib.streams.records import Record, or_buried

CONSUMER = "webhooks"


def handle(records: Iterable[Record], now: datetime) -> int:
    """Keep the deliveries that the batch's entries cause and return how many are new; again changes nothing."""
    new = [record for record in records if record.event_name == "INSERT"]
    return sum(or_buried(CONSUMER, record, now, partial(_tell, record, now)) or 0 for record in new)


def _tell(record: Record, now: datetime) -> int:
    return tell_entry(parse_entry(record.new_image["body"]["S"]), now)
