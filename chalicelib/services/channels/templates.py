"""Owns what template channels share: a channel's keys from the secret store, and the filling of its fields.

Must not keep a key longer than its process lives. A secret is one JSON object; `docs/messages.md` shows each.
"""

import json
from functools import lru_cache
from typing import Any

from chalicelib.services.channels import ChannelFailure, Outgoing
from chalicelib.store.secrets import fetch_channel_secret


@lru_cache(maxsize=8)
def _secret(channel: str) -> str:
    return fetch_channel_secret(channel)


def settings_of(channel: str) -> dict[str, Any]:
    """Return the channel's secret as an object; ChannelFailure `not-configured`, passing, when there is none."""
    try:
        found = json.loads(_secret(channel))
    except (KeyError, ValueError):
        raise ChannelFailure("not-configured", is_passing=True) from None
    if not isinstance(found, dict):
        raise ChannelFailure("not-configured", is_passing=True)
    return found


def forget_settings() -> None:
    """Read every secret anew when it is needed next."""
    _secret.cache_clear()


def template_of(settings: dict[str, Any], outgoing: Outgoing) -> tuple[str, dict[str, str]]:
    """Return the id of the template for this kind and its fields filled; ChannelFailure `no-template` without one.

    A field is filled with `title`, `body` or the fact it names; a fact that is missing is an empty text.
    """
    template = settings.get("templates", {}).get(outgoing.kind)
    if template is None:
        raise ChannelFailure("no-template", is_passing=False)
    words = {**outgoing.facts, "title": outgoing.title, "body": outgoing.body}
    return template["id"], {name: str(words.get(fact, "")) for name, fact in template["fields"].items()}
