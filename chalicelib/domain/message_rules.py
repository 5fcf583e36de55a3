"""Owns a city's rules for messages outside the app: the hours in which nothing is sent, and what each channel carries.

Must not send, nor know who agreed to what; a document is checked field by field, as the rest of a profile.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.json_lines import pointer_to
from chalicelib.domain.messages import KINDS

# Those a profile may list. The local one is for development and carries everything.
CHANNELS: Mapping[str, str] = {
    "wechat-subscribe": "微信订阅消息",
    "alipay-template": "支付宝消息",
    "sms": "短信",
}
LOCAL = "local"
LOCAL_TITLE = "本机演示"
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_FIELDS = ("quiet_from", "quiet_to", "channels")


@dataclass(frozen=True, slots=True)
class MessageRules:
    """`quiet_from` and `quiet_to` are local clock times; `channels` says which kinds each channel carries."""

    quiet_from: time
    quiet_to: time
    channels: Mapping[str, frozenset[str]]

    def carries(self, channel: str, kind: str) -> bool:
        """Return whether `channel` is meant for messages of `kind`."""
        return channel == LOCAL or kind in self.channels.get(channel, ())

    def allowed_from(self, now: datetime, tz: ZoneInfo) -> datetime:
        """Return the first instant, not before `now`, at which something may be sent.

        >>> rules = MessageRules(time(21), time(8), {})
        >>> from datetime import UTC
        >>> rules.allowed_from(datetime(2026, 11, 24, 14, tzinfo=UTC), ZoneInfo("Asia/Shanghai")).isoformat()
        '2026-11-25T08:00:00+08:00'
        >>> rules.allowed_from(datetime(2026, 11, 24, 4, tzinfo=UTC), ZoneInfo("UTC")).isoformat()
        '2026-11-24T08:00:00+00:00'
        """
        local = now.astimezone(tz)
        clock = local.time()
        if self.quiet_from <= self.quiet_to:
            is_quiet = self.quiet_from <= clock < self.quiet_to
        else:
            is_quiet = clock >= self.quiet_from or clock < self.quiet_to
        if not is_quiet:
            return now
        is_evening = clock >= self.quiet_to
        on = local.date() + timedelta(days=1) if is_evening else local.date()
        return datetime.combine(on, self.quiet_to, tz)


def parse_message_rules(document: Mapping[str, Any]) -> MessageRules:
    """Return the rules in a document in which `message_rule_faults` finds nothing."""
    channels = {channel: frozenset(kinds) for channel, kinds in document["channels"].items()}
    quiet_from, quiet_to = (time.fromisoformat(document[name]) for name in ("quiet_from", "quiet_to"))
    return MessageRules(quiet_from, quiet_to, channels)


def message_rule_faults(document: Any) -> Iterator[dict[str, str]]:
    """Yield what is wrong with the field `messages` of a profile, by pointer."""
    if not isinstance(document, dict) or document.keys() != set(_FIELDS):
        yield {"pointer": "/messages", "detail": f"must have {sorted(_FIELDS)}"}
        return
    for name in ("quiet_from", "quiet_to"):
        value = document[name]
        if not isinstance(value, str) or not _CLOCK.fullmatch(value):
            yield {"pointer": pointer_to("messages", name), "detail": "must be a time of day, HH:MM"}
    if not isinstance(document["channels"], dict):
        yield {"pointer": "/messages/channels", "detail": "must be an object"}
        return
    for channel, kinds in document["channels"].items():
        yield from _channel_faults(channel, kinds)


def _channel_faults(channel: str, kinds: Any) -> Iterator[dict[str, str]]:
    if channel not in CHANNELS:
        detail = f"no channel {channel!r} among {sorted(CHANNELS)}"
        yield {"pointer": pointer_to("messages", "channels", channel), "detail": detail}
    elif not isinstance(kinds, list):
        yield {"pointer": pointer_to("messages", "channels", channel), "detail": "must be a list"}
    else:
        for position, kind in enumerate(kinds):
            if not isinstance(kind, str) or kind not in KINDS:
                pointer = pointer_to("messages", "channels", channel, position)
                yield {"pointer": pointer, "detail": f"no kind of message {kind!r}"}
