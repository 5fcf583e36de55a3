"""Owns the inbox: telling residents something, once; what they are shown, and what they have read.

Must not send anything outside the app (`services.sending` does), nor hold words: they are rendered when asked for, so a
message follows the reader's language and a mended wording.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.days import to_text
from chalicelib.domain.message_texts import LANGUAGES, render
from chalicelib.domain.messages import Message, key_digest, keyed_message_id, link_of
from chalicelib.domain.pages import Page
from chalicelib.domain.sendings import QUEUED, Recipient, plan_sendings
from chalicelib.errors import NotFound
from chalicelib.profiles import current_profile
from chalicelib.services.channels import enabled_channels
from chalicelib.services.outbox import hand_over
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.store import messages as store
from chalicelib.store.message_settings import find_recipients
from chalicelib.store.sendings import sending_item

UNREAD_SHOWN_MAX = 100
_MARKED_AT_ONCE_MAX = 200
_NOBODY = Recipient("", has_consent=False)


def add_message(
    account_id: str, natural_key: str, kind: str, facts: Mapping[str, Any], now: datetime
) -> bool:
    """Tell a resident something and return whether this call did; the same `natural_key` again changes nothing.

    `facts` must hold what the words of `kind` name (`domain.message_texts`) and what it leads to
    (`domain.messages.LINKS`): anything else is a mistake of the caller and raises KeyError before anything is written.
    """
    check_words(kind, facts)
    digest = key_digest(natural_key)
    if store.is_announced(account_id, digest):
        return False
    message = Message(
        account_id, keyed_message_id(natural_key, now), kind, dict(facts), created_at=to_text(now)
    )
    recipient = recipients_of([account_id]).get(account_id, _NOBODY)
    return announce(message, digest, recipient, now)


def announce(message: Message, natural_key: str, recipient: Recipient, now: datetime) -> bool:
    """Put a message with its sendings, at once or not at all; return False when it was there already.

    `natural_key` is empty when the message's own id says what it is about.
    """
    profile = current_profile()
    planned = plan_sendings(message, recipient, enabled_channels(), profile.messages, profile.tz, now)
    if planned or natural_key:
        items = [sending_item(sending) for sending in planned]
        is_new = repeat_on_conflict(lambda: store.insert_with(message, natural_key, items))
    else:
        is_new = store.insert_message(message)
    if is_new:
        for sending in planned:
            if sending.state == QUEUED:
                hand_over(sending)
    return is_new


def recipients_of(account_ids: list[str]) -> dict[str, Recipient]:
    """Return what these residents agreed to outside the app; nobody is looked up where no channel is enabled."""
    return find_recipients(account_ids) if enabled_channels() else {}


def check_words(kind: str, facts: Mapping[str, Any]) -> None:
    """Raise KeyError unless a message of `kind` can be worded in every language with these facts."""
    for language in LANGUAGES:
        render(kind, facts, language)


def list_messages(
    account_id: str, is_unread_only: bool, language: str, limit: int, cursor: str | None
) -> Page:
    """Return a page of the inbox, newest first; `cursor` is the id before which to go on."""
    load = store.list_unread if is_unread_only else store.list_messages
    found = load(account_id, cursor, limit)
    items = [_view(message, language) for message in found]
    last_id = found[-1].message_id if len(found) == limit else None
    return Page(items, last_id, count_unread(account_id))


def count_unread(account_id: str) -> dict[str, Any]:
    """Return how many messages are unread: `unread`, at most 100, and whether there are more."""
    counted = store.count_unread(account_id, UNREAD_SHOWN_MAX + 1)
    return {"unread": min(counted, UNREAD_SHOWN_MAX), "is_more_unread": counted > UNREAD_SHOWN_MAX}


def read_message(account_id: str, message_id: str, now: datetime) -> dict[str, Any]:
    """Mark one message as read; again is no change. NotFound `message-unknown`, also for somebody else's."""
    if not message_id[:1].isdigit() or store.find_message(account_id, message_id) is None:
        raise NotFound("message-unknown", "you have no such message")
    store.mark_read(account_id, [message_id], to_text(now))
    return {**count_unread(account_id), "is_complete": True}


def read_up_to(account_id: str, message_id: str, now: datetime) -> dict[str, Any]:
    """Mark every message up to and including `message_id` as read, the newest first, at most 200 in one call.

    `is_complete` says whether older unread ones are left; the same request again goes on.
    """
    just_after = message_id + "\x00"
    ids = store.unread_ids(account_id, just_after, _MARKED_AT_ONCE_MAX + 1)
    store.mark_read(account_id, ids[:_MARKED_AT_ONCE_MAX], to_text(now))
    return {**count_unread(account_id), "is_complete": len(ids) <= _MARKED_AT_ONCE_MAX}


def _view(message: Message, language: str) -> dict[str, Any]:
    title, body = render(message.kind, message.facts, language)
    return {
        "message_id": message.message_id,
        "kind": message.kind,
        "title": title,
        "body": body,
        "facts": dict(message.facts),
        "link": link_of(message.kind, message.facts),
        "created_at": message.created_at,
        "read_at": message.read_at,
    }
