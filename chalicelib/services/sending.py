"""Owns the sending of messages outside the app: one attempt at a time, and the finding of what is due again.

Must not make sendings; they come with their message. A sending that ended is never tried again; one whose attempt was
cut off is due again after its pause: at least once, and twice only when a process dies between provider and store.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from chalicelib.domain import sendings
from chalicelib.domain.days import from_text
from chalicelib.domain.message_rules import LOCAL
from chalicelib.domain.message_texts import render
from chalicelib.domain.messages import Message
from chalicelib.domain.sendings import OPEN_STATES, Recipient, Sending
from chalicelib.profiles import current_profile
from chalicelib.services.addresses import open_address
from chalicelib.services.channels import ChannelFailure, Outgoing, adapter_of, enabled_channels
from chalicelib.services.failures import attempted
from chalicelib.services.outbox import QUEUE, hand_over
from chalicelib.store import sendings as store
from chalicelib.store.queues import send_message

# What was handed to the queue a moment ago is on its way.
_ON_ITS_WAY = timedelta(minutes=1)


@dataclass(slots=True)
class Requeued:
    """What one run did. `is_complete` is False when it stopped at its deadline with work left."""

    sendings: int = 0
    failed: int = 0
    is_complete: bool = False


def try_sending(account_id: str, message_id: str, channel: str, now: datetime) -> str:
    """Make one attempt if it is due and return the state it leaves: `queued`, `held`, `sent`, `failed`, or `idle`."""
    sending, message, recipient = store.load_sending(account_id, message_id, channel)
    if sending is None or message is None or sending.state not in OPEN_STATES:
        return "idle"
    assert sending.due_at is not None, "an open sending is due some time"
    if from_text(sending.due_at) > now:
        return "idle"
    profile = current_profile()
    allowed_from = profile.messages.allowed_from(now, profile.tz)
    if allowed_from > now:
        return _ended(sending, sendings.held_until(sending, allowed_from))
    reason = _refusal(sending, message, recipient, now)
    if reason is not None:
        return _ended(sending, sendings.failed(sending, reason))
    claim = sendings.claimed(sending, now)
    if not store.replace_sending(sending, claim):
        return "idle"
    return _attempt(claim, _outgoing(claim, message, recipient, now), now)


def _refusal(sending: Sending, message: Message, recipient: Recipient, now: datetime) -> str | None:
    if sending.channel not in enabled_channels():
        return "channel-off"
    refused = sendings.refusal(recipient, sending.channel, message.kind, current_profile().messages)
    return refused or sendings.is_given_up(sending, now)


def _attempt(claim: Sending, outgoing: Outgoing, now: datetime) -> str:
    try:
        reference = adapter_of(claim.channel)(outgoing)
    except ChannelFailure as failure:
        if not failure.is_passing:
            return _ended(claim, sendings.failed(claim, failure.code))
        assert claim.due_at is not None, "a claim is due again"
        hand_over(claim, int((from_text(claim.due_at) - now).total_seconds()) + 1)
        return claim.state
    return _ended(claim, sendings.sent(claim, reference, now))


def _ended(read: Sending, changed: Sending) -> str:
    return changed.state if store.replace_sending(read, changed) else "idle"


def _outgoing(sending: Sending, message: Message, recipient: Recipient, now: datetime) -> Outgoing:
    title, body = render(message.kind, message.facts)
    address = ""
    if sending.channel != LOCAL:
        sealed = recipient.addresses[sending.channel]
        address = open_address(sending.account_id, sending.channel, sealed)
    return Outgoing(
        sending.sending_id, sending.account_id, address, message.kind, title, body, message.facts, now
    )


def requeue_due(now: datetime, should_stop: Callable[[], bool]) -> Requeued:
    """Hand every sending that is due to the queue, shard by shard: held ones in the morning, lost ones at any time.

    Handing one over twice does no harm: whoever comes second finds it claimed.
    """
    result = Requeued()
    for shard in range(store.SHARDS):
        for account_id, message_id, channel in store.due_sendings(shard, now - _ON_ITS_WAY):
            if should_stop():
                return result
            wanted = {"account_id": account_id, "message_id": message_id, "channel": channel}
            if attempted(partial(_asked_for, wanted)):
                result.sendings += 1
            else:
                result.failed += 1
    result.is_complete = True
    return result


def _asked_for(wanted: dict[str, str]) -> bool:
    send_message(QUEUE, wanted)
    return True
