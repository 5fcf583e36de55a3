"""Owns the proving of logins: which identity providers are on in this deployment, and the adapter of each.

Must not know accounts. An adapter is one module with a function `subject_of(code, now) -> subject`, the provider's own
id of a person; it raises LoginRefused or ChannelFailure. Which are on is `TANHUI_LOGINS`; keys are in the secret store
under `tanhui/<stage>/login-<name>`. In demonstrations the name `local` turns all of them on, and a code speaks for
itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from chalicelib.config import config
from chalicelib.errors import InvalidInput, NotFound, Refused, Unavailable
from chalicelib.keys import keyed_digest

DEV, LOCAL = "dev", "local"
# What is known by signing in becomes the address of this channel.
_CHANNELS: Mapping[str, str] = {"wechat": "wechat-subscribe", "alipay": "alipay-template"}


class LoginRefused(Exception):
    """A provider did not know the code: used before, too old, or not one of its own."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A login: `subject` is the provider's id, `digest` what we keep of it, `channel` where that is an address."""

    subject: str
    digest: str
    channel: str


def enabled_logins() -> tuple[str, ...]:
    """Return the providers that are on here; ValueError for a name that is none."""
    settings = config()
    unknown = [name for name in settings.logins if name != LOCAL and name not in _CHANNELS]
    if unknown:
        raise ValueError(f"TANHUI_LOGINS names {unknown}; there are {sorted(_CHANNELS)}")
    return tuple(
        name for name in (DEV, *_CHANNELS) if _is_local() or name in settings.logins or _is_demo_dev(name)
    )


def shown_in(body: Mapping[str, Any]) -> str:
    """Return what proves the login of a body; InvalidInput names the field that is missing."""
    field = "subject" if body["provider"] == DEV else "code"
    if field not in body:
        raise InvalidInput.at(f"/{field}", f"the provider {body['provider']} needs it")
    return str(body[field])


def prove_login(provider: str, shown: str, now: datetime) -> Proven:
    """Return whose login is proven by what is `shown`: a name with the development provider, else a one-time code.

    NotFound `provider-unknown` where it is not on; Refused `login-code-refused`; Unavailable `provider-unavailable`
    when the provider does not answer, or its keys are not entered.
    """
    if provider not in enabled_logins():
        raise NotFound("provider-unknown", "this deployment has no such identity provider")
    subject = shown if provider == DEV else _subject_of(provider, shown, now)
    return Proven(subject, keyed_digest("login", provider, subject), _CHANNELS.get(provider, ""))


def _subject_of(provider: str, code: str, now: datetime) -> str:
    from chalicelib.services.channels import ChannelFailure

    adapter = LOCAL if _is_local() else provider
    try:
        return str(import_module(f"{__name__}.{adapter}").subject_of(code, now))
    except LoginRefused:
        raise Refused("login-code-refused", "the provider does not know this code") from None
    except ChannelFailure as failure:
        detail = f"the provider could not be asked: {failure.code}"
        raise Unavailable("provider-unavailable", detail) from failure


def _is_local() -> bool:
    return LOCAL in config().logins and config().demo


def _is_demo_dev(name: str) -> bool:
    return name == DEV and config().demo
