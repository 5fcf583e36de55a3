"""Owns the limit on failed attempts: a bucket that refills evenly, kept as one instant.

Must not know what was attempted, nor where the instant is stored.
"""

from chalicelib.errors import TooMany

BURST = 10
REFILL_S = 2160
"""One attempt more every 36 minutes: with the burst at most 50 in any 24 hours (docs/wallet-code.md)."""


def check_attempts(full_at_s: int, now_s: int) -> None:
    """Refuse while the bucket is empty: TooMany `too-many-codes`. `full_at_s` is when it will be full again.

    >>> check_attempts(0, 1_000_000)
    >>> check_attempts(1_000_000 + 9 * 2160, 1_000_000)
    >>> check_attempts(1_000_000 + 10 * 2160, 1_000_000)
    Traceback (most recent call last):
    chalicelib.errors.TooMany: too-many-codes: too many codes that were not genuine at this till
    """
    wait_s = full_at_s - now_s - (BURST - 1) * REFILL_S
    if wait_s > 0:
        detail = "too many codes that were not genuine at this till"
        raise TooMany("too-many-codes", detail, retry_after_s=wait_s)


def after_failure(full_at_s: int, now_s: int) -> int:
    """Return when the bucket will be full again after one more failed attempt; `check_attempts` came first."""
    return max(full_at_s, now_s) + REFILL_S
