"""Owns the keys of identity providers as adapters see them: one JSON object each, read once by a process."""

import json
from functools import lru_cache
from typing import Any

from chalicelib.services.channels import ChannelFailure
from chalicelib.store.secrets import fetch_login_secret


@lru_cache(maxsize=4)
def _secret(provider: str) -> str:
    return fetch_login_secret(provider)


def settings_of(provider: str) -> dict[str, Any]:
    """Return a provider's secret as an object; ChannelFailure `not-configured` when there is none."""
    try:
        found = json.loads(_secret(provider))
    except (KeyError, ValueError):
        raise ChannelFailure("not-configured", is_passing=True) from None
    if not isinstance(found, dict):
        raise ChannelFailure("not-configured", is_passing=True)
    return found


def forget_settings() -> None:
    """Read every secret anew when it is needed next."""
    _secret.cache_clear()
