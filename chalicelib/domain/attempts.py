"""Owns limits on attempts: a bucket that refills evenly, kept as one instant.

Must not know what was attempted, nor where the instant is stored.
"""

from dataclasses import dataclass

from chalicelib.errors import TooMany


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many at once, and one more every `refill_s`."""

    burst: int
    refill_s: int

    def wait_s(self, full_at_s: int, now_s: int) -> int:
        """Return how long to wait for the next; 0 when it may be now. `full_at_s` is when the bucket will be full."""
        return max(0, full_at_s - now_s - (self.burst - 1) * self.refill_s)

    def after(self, full_at_s: int, now_s: int) -> int:
        """Return when the bucket will be full again after one more."""
        return max(full_at_s, now_s) + self.refill_s


BURST = 10
REFILL_S = 2160
TILL_CODES = Allowance(BURST, REFILL_S)
"""One attempt more every 36 minutes: with the burst at most 50 in any 24 hours (docs/wallet-code.md)."""


def check_attempts(full_at_s: int, now_s: int) -> None:
    """Refuse while the bucket is empty: TooMany `too-many-codes`. `full_at_s` is when it will be full again.

    >>> check_attempts(0, 1_000_000)
    >>> check_attempts(1_000_000 + 9 * 2160, 1_000_000)
    >>> check_attempts(1_000_000 + 10 * 2160, 1_000_000)
    Traceback (most recent call last):
    chalicelib.errors.TooMany: too-many-codes: too many codes that were not genuine at this till
    """
    wait_s = TILL_CODES.wait_s(full_at_s, now_s)
    if wait_s:
        detail = "too many codes that were not genuine at this till"
        raise TooMany("too-many-codes", detail, retry_after_s=wait_s)


def after_failure(full_at_s: int, now_s: int) -> int:
    """Return when the bucket will be full again after one more failed attempt; `check_attempts` came first."""
    return TILL_CODES.after(full_at_s, now_s)


APPLICATIONS = Allowance(burst=10, refill_s=7200)
"""New applications from one address: ten at once, twelve more a day; a chamber of commerce may help its members."""


def check_applications(full_at_s: int, now_s: int) -> None:
    """Refuse another application from an address for a while: TooMany `too-many-applications`."""
    wait_s = APPLICATIONS.wait_s(full_at_s, now_s)
    if wait_s:
        detail = "too many applications from this address"
        raise TooMany("too-many-applications", detail, retry_after_s=wait_s)
