"""Owns the taking of the journal's stream: every new entry is shown to `services.notices`, none holds up the others.

Must not decide what becomes a message. A record that can never be worked on goes to our own dead letters, by its key
and the kind of failure; a passing failure is raised, and the whole batch comes again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from chalicelib.domain.entries import parse_entry
from chalicelib.services.notices import Announcer, Noticed, noticed
from chalicelib.streams.records import Record, or_buried

CONSUMER = "notices"
T = TypeVar("T")


@dataclass(slots=True)
class Handled:
    """What became of one batch."""

    messages: int = 0
    known: int = 0
    dead: int = 0


def handle(records: Iterable[Record], now: datetime) -> Handled:
    """Put the messages that the batch's entries cause; coming again, in pieces or in any order changes nothing."""
    handled, batch = Handled(), list[tuple[Record, Noticed]]()
    for record in records:
        # Entries are only ever put: anything else is no booking, and the audit's business.
        if record.event_name == "INSERT":
            found = _or_dead(record, handled, now, partial(_noticed, record))
            batch += [(record, one) for one in found or []]
    if not batch:
        return handled
    announcer = Announcer([one for _, one in batch], now)
    for record, (entry, notice) in batch:
        is_new = _or_dead(record, handled, now, partial(announcer.announce, entry, notice))
        if is_new is not None:
            handled.messages += is_new
            handled.known += not is_new
    return handled


def _noticed(record: Record) -> list[Noticed]:
    return noticed([parse_entry(record.new_image["body"]["S"])])


def _or_dead(record: Record, handled: Handled, now: datetime, work: Callable[[], T]) -> T | None:
    result = or_buried(CONSUMER, record, now, work)
    handled.dead += result is None
    return result
