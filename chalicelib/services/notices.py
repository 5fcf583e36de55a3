"""Owns the step from the journal to the inbox: each entry that tells its resident something becomes one message.

Must not depend on order or on coming once: the message's id is the entry's, and it is put only where none is.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from chalicelib.domain.entries import Entry, parse_entry
from chalicelib.domain.messages import Message, Notice, entry_message_id, notice_of
from chalicelib.domain.sendings import Recipient
from chalicelib.errors import NotFound
from chalicelib.services.messages import announce, check_words, recipients_of
from chalicelib.store.catalogue import cached_document
from chalicelib.store.entries import find_entry_body
from chalicelib.store.vouchers import offer_titles

Noticed = tuple[Entry, Notice]


def noticed(entries: Iterable[Entry]) -> list[Noticed]:
    """Return the entries that become a message, each with kind and facts."""
    found = ((entry, notice_of(entry)) for entry in entries)
    return [(entry, notice) for entry, notice in found if notice is not None]


def announce_again(account_id: str, seq: int, now: datetime) -> bool:
    """Put the message of one stored entry, after what kept it from becoming one is mended; False when it is there.

    NotFound `entry-unknown`; ValueError for an entry that cannot be read.
    """
    body = find_entry_body(account_id, seq)
    if body is None:
        raise NotFound("entry-unknown", "there is no such entry", seq=seq)
    batch = noticed([parse_entry(body)])
    return any([Announcer(batch, now).announce(entry, notice) for entry, notice in batch])


class Announcer:
    """Puts the messages of one batch of entries; what several of them need is read once."""

    def __init__(self, batch: Sequence[Noticed], now: datetime) -> None:
        """Read the titles of offers, and what the residents of the batch agreed to, in one round trip each."""
        ids = {str(facts["redemption_id"]) for _, (_, facts) in batch if facts.get("redemption_id")}
        self._titles = offer_titles(sorted(ids)) if ids else {}
        self._recipients = recipients_of([entry.account_id for entry, _ in batch])
        self._now = now

    def announce(self, entry: Entry, notice: Notice) -> bool:
        """Put the message of one entry; return False when it was there already."""
        kind, facts = notice
        facts = {**facts, **self._names(facts)}
        check_words(kind, facts)
        account_id = entry.account_id
        message = Message(account_id, entry_message_id(entry), kind, facts, created_at=entry.at)
        recipient = self._recipients.get(account_id, Recipient(account_id, has_consent=False))
        return announce(message, "", recipient, self._now)

    def _names(self, facts: dict[str, Any]) -> dict[str, str]:
        title = self._titles.get(str(facts.get("redemption_id")))
        place = _store_name(facts.get("store_id"))
        names = {"offer_title": title, "store_name": place}
        return {name: value for name, value in names.items() if value}


def _store_name(store_id: str | None) -> str | None:
    if store_id is None:
        return None
    try:
        return str(cached_document("store", store_id)["name"])
    except NotFound:
        return None
