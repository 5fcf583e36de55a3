"""Owns the failures a caller can cause, each with a stable kebab-case code and facts; knows no HTTP.

The tree::

    TanhuiError
    ├── InvalidInput            a field is wrong: facts carry `errors: [{pointer, detail}]`
    ├── Unauthenticated         who are you: missing, stale, forged proof of identity
    ├── Forbidden               you may not: role, ownership, consent
    ├── NotFound                no such thing, or none of yours
    ├── Conflict                the state does not allow it: used, expired, changed meanwhile, key reuse
    ├── Refused                 a rule says no: too few points, out of stock, a cap, a window
    ├── TooMany                 rate limits
    └── Unavailable             we could not now; the same request may be sent again

Mistakes of our own are assertions, never one of these.
"""

from collections.abc import Mapping
from typing import Any


class TanhuiError(Exception):
    """A refusal with a stable `code`, a sentence for people (`detail`) and `facts` for machines."""

    def __init__(self, code: str, detail: str, **facts: Any) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.facts: Mapping[str, Any] = facts


class InvalidInput(TanhuiError):
    """A request or document that breaks its own shape; names every wrong field by JSON pointer."""

    def __init__(self, errors: list[dict[str, str]], code: str = "invalid-input") -> None:
        detail = "; ".join(f"{e['pointer'] or '/'}: {e['detail']}" for e in errors[:3])
        super().__init__(code, detail, errors=errors)

    @classmethod
    def at(cls, pointer: str, detail: str) -> "InvalidInput":
        """Return the error for one wrong field."""
        return cls([{"pointer": pointer, "detail": detail}])


class Unauthenticated(TanhuiError):
    """The caller did not prove who it is."""


class Forbidden(TanhuiError):
    """The caller is known and may not do this."""


class NotFound(TanhuiError):
    """There is no such thing for this caller."""


class Conflict(TanhuiError):
    """The thing is in a state that does not allow this."""


class Refused(TanhuiError):
    """A rule of the programme says no."""


class TooMany(TanhuiError):
    """Too many attempts; `retry_after_s` among the facts."""


class Unavailable(TanhuiError):
    """A passing fault; the same request may be repeated."""
