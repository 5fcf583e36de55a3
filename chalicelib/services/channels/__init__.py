"""Owns the list of channels outside the app: which are on in this deployment, and the adapter of each.

Must not decide who is sent what. An adapter is one module with a function `send(outgoing) -> reference`; it raises
ChannelFailure. Which channels are on is `TANHUI_CHANNELS`; what they carry is the profile's; keys are in the secret
store under `tanhui/<stage>/channel-<name>`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from chalicelib.config import config
from chalicelib.domain.message_rules import LOCAL
from chalicelib.profiles import current_profile

_MODULES: Mapping[str, str] = {
    LOCAL: "local",
    "wechat-subscribe": "wechat_subscribe",
    "alipay-template": "alipay_template",
    "sms": "sms",
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What an adapter is given. `sending_id` stays the same over all attempts; `address` is the provider's own."""

    sending_id: str
    account_id: str
    address: str
    kind: str
    title: str
    body: str
    facts: Mapping[str, Any]
    now: datetime


class ChannelFailure(Exception):
    """A provider did not take a message. `is_passing` says whether a later attempt may succeed."""

    def __init__(self, code: str, is_passing: bool) -> None:
        super().__init__(code)
        self.code = code
        self.is_passing = is_passing


def enabled_channels() -> tuple[str, ...]:
    """Return the channels that are on: named in the environment and listed by the city; the local one in demos only.

    ValueError for a name that is no channel.
    """
    settings, rules = config(), current_profile().messages
    unknown = [name for name in settings.channels if name not in _MODULES]
    if unknown:
        raise ValueError(f"TANHUI_CHANNELS names {unknown}; there are {sorted(_MODULES)}")
    return tuple(
        name for name in settings.channels if name in rules.channels or (name == LOCAL and settings.demo)
    )


def adapter_of(channel: str) -> Callable[[Outgoing], str]:
    """Return the function that sends over `channel`; its module is loaded now."""
    send: Callable[[Outgoing], str] = import_module(f"{__name__}.{_MODULES[channel]}").send
    return send
