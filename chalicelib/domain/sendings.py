"""Owns the sending: one message on its way to one resident over one channel outside the app, and its states.

Must not talk to a provider. Consent and switches are asked twice: when a sending is made, and when it leaves. States::

    queued ──▶ sent
      │  ▲──── failed for now: again after a pause that doubles, eight times at most
      ├──▶ held (quiet hours) ──▶ queued in the morning
      └──▶ failed: no consent, switched off, no address, refused by the provider, given up, too late
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.domain.days import from_text, to_text
from chalicelib.domain.message_rules import LOCAL, MessageRules
from chalicelib.domain.messages import Message

QUEUED, HELD, SENT, FAILED = "queued", "held", "sent", "failed"
OPEN_STATES = frozenset({QUEUED, HELD})
ATTEMPTS_MAX = 8
_FIRST_PAUSE_S = 60
_TOO_LATE_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a resident agreed to and switched on. `kinds_by_channel` holds the switched-on channels only."""

    account_id: str
    has_consent: bool
    kinds_by_channel: Mapping[str, frozenset[str]] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sending:
    """One message over one channel. `due_at` is when it may next be tried; None once it is sent or failed."""

    account_id: str
    message_id: str
    channel: str
    state: str
    made_at: str
    due_at: str | None
    attempts: int = 0
    reason: str | None = None
    sent_at: str | None = None
    provider_ref: str | None = None

    @property
    def sending_id(self) -> str:
        """Return the id under which a provider that knows such ids sees this sending, whatever the attempt."""
        return f"{self.message_id}.{self.channel}"


def plan_sendings(
    message: Message,
    recipient: Recipient,
    enabled: Iterable[str],
    rules: MessageRules,
    tz: ZoneInfo,
    now: datetime,
) -> tuple[Sending, ...]:
    """Return one sending for each enabled channel on which the recipient wants this message; held in quiet hours."""
    due = rules.allowed_from(now, tz)
    state = HELD if due > now else QUEUED
    return tuple(
        Sending(message.account_id, message.message_id, channel, state, to_text(now), to_text(due))
        for channel in enabled
        if refusal(recipient, channel, message.kind, rules) is None
    )


def refusal(recipient: Recipient, channel: str, kind: str, rules: MessageRules) -> str | None:
    """Return why nothing may be sent to `recipient` over `channel`, None when it may."""
    if not recipient.has_consent:
        return "consent-missing"
    if kind not in recipient.kinds_by_channel.get(channel, ()) or not rules.carries(channel, kind):
        return "switched-off"
    if channel != LOCAL and channel not in recipient.addresses:
        return "address-missing"
    return None


def claimed(sending: Sending, now: datetime) -> Sending:
    """Return the sending as it stands while an attempt is made: counted, and due again should this attempt die."""
    return replace(
        sending, state=QUEUED, attempts=sending.attempts + 1, due_at=to_text(now + pause_after(sending))
    )


def pause_after(sending: Sending) -> timedelta:
    """Return how long to wait before the attempt after the next: 1 minute, doubled every time.

    >>> pause_after(Sending("res_a", "m", "sms", QUEUED, "x", "x", attempts=3)).total_seconds()
    480.0
    """
    return timedelta(seconds=_FIRST_PAUSE_S * 2**sending.attempts)


def is_given_up(sending: Sending, now: datetime) -> str | None:
    """Return why no further attempt is made: `given-up` after eight, `too-late` after two days; else None."""
    if sending.attempts >= ATTEMPTS_MAX:
        return "given-up"
    return "too-late" if now - from_text(sending.made_at) > _TOO_LATE_AFTER else None


def held_until(sending: Sending, due: datetime) -> Sending:
    """Return the sending as held until `due`."""
    return replace(sending, state=HELD, due_at=to_text(due))


def sent(sending: Sending, provider_ref: str, now: datetime) -> Sending:
    """Return the sending as accepted by the provider."""
    return replace(sending, state=SENT, due_at=None, sent_at=to_text(now), provider_ref=provider_ref)


def failed(sending: Sending, reason: str) -> Sending:
    """Return the sending as ended without success."""
    return replace(sending, state=FAILED, due_at=None, reason=reason)
