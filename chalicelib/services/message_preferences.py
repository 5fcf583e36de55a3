"""Owns what a resident wants outside the app: which channels are on, for which kinds of messages, and where they go.

Must not give or withdraw the consent (`services.consents`, purpose `messages`): nothing leaves without it, whatever is
switched on here. The inbox in the app cannot be switched off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.domain.message_rules import CHANNELS, LOCAL, LOCAL_TITLE
from chalicelib.domain.message_texts import KIND_TITLES
from chalicelib.errors import InvalidInput, Refused
from chalicelib.profiles import current_profile
from chalicelib.services.addresses import seal_address
from chalicelib.services.channels import enabled_channels
from chalicelib.store import people
from chalicelib.store.message_settings import PURPOSE, Settings, get_settings, save_settings

_CLOCK = "%H:%M"


def get_preferences(account_id: str) -> dict[str, Any]:
    """Return every channel of this deployment with what it may carry and what the resident wants there."""
    return _view(account_id, get_settings(account_id))


def put_preferences(account_id: str, kinds_by_channel: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Switch on exactly the named channels, each for the named kinds; again is no change.

    InvalidInput names a channel that is not offered or a kind it does not carry; Refused `address-missing` for a
    channel that does not know where to find the resident yet.
    """
    settings = get_settings(account_id)
    faults = [
        fault for channel, kinds in kinds_by_channel.items() for fault in _channel_faults(channel, kinds)
    ]
    if faults:
        raise InvalidInput(faults)
    for channel in kinds_by_channel:
        if channel != LOCAL and channel not in settings.addresses:
            detail = "this channel does not know where to find you yet"
            raise Refused("address-missing", detail, channel=channel)
    wanted = {channel: sorted(set(kinds)) for channel, kinds in sorted(kinds_by_channel.items())}
    if wanted != settings.kinds_by_channel:
        save_settings(replace(settings, kinds_by_channel=wanted))
    return _view(account_id, replace(settings, kinds_by_channel=wanted))


def set_address(account_id: str, channel: str, address: str) -> None:
    """Remember where a channel finds the resident; for whoever proved it: a sign-in (openid), a code sent there.

    Conflict `changed-meanwhile`. Stored sealed.
    """
    assert channel in CHANNELS, f"{channel} is no channel with addresses"
    settings = get_settings(account_id)
    sealed = seal_address(account_id, channel, address)
    if settings.addresses.get(channel) != sealed:
        save_settings(replace(settings, addresses={**settings.addresses, channel: sealed}))


def _channel_faults(channel: str, kinds: Sequence[str]) -> list[dict[str, str]]:
    if channel not in enabled_channels():
        return [{"pointer": f"/channels/{channel}", "detail": "this channel is not offered here"}]
    rules = current_profile().messages
    return [
        {"pointer": f"/channels/{channel}/{position}", "detail": "this channel does not carry such messages"}
        for position, kind in enumerate(kinds)
        if kind not in KIND_TITLES or not rules.carries(channel, kind)
    ]


def _view(account_id: str, settings: Settings) -> dict[str, Any]:
    rules = current_profile().messages
    answer = people.get_person(account_id).consents.get(PURPOSE)
    return {
        "consent": "none" if answer is None else answer["state"],
        "quiet_from": rules.quiet_from.strftime(_CLOCK),
        "quiet_to": rules.quiet_to.strftime(_CLOCK),
        "channels": [_channel_view(channel, settings) for channel in enabled_channels()],
    }


def _channel_view(channel: str, settings: Settings) -> dict[str, Any]:
    rules = current_profile().messages
    wanted = settings.kinds_by_channel.get(channel)
    return {
        "channel": channel,
        "title": CHANNELS.get(channel, LOCAL_TITLE),
        "is_on": wanted is not None,
        "has_address": channel == LOCAL or channel in settings.addresses,
        "kinds": [
            {"kind": kind, "title": title, "is_on": kind in (wanted or ())}
            for kind, title in KIND_TITLES.items()
            if rules.carries(channel, kind)
        ],
    }
