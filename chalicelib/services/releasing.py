"""Owns the letting go of what nobody resolved: past its deadline a voucher times out, a review is cancelled.

Must not be needed for the rule itself: an open voucher past its deadline is refused at the till, booked or not.
Vouchers of merchants that do not honour them are `services.merchant_releasing`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from chalicelib.domain.vouchers import TIMED_OUT, Voucher
from chalicelib.errors import Conflict
from chalicelib.services.failures import attempted
from chalicelib.services.reviews import release_overdue_reviews
from chalicelib.services.vouchers import close_unspent
from chalicelib.store.vouchers import due_vouchers


@dataclass(slots=True)
class Released:
    """What one run did. `is_complete` is False when it stopped at its deadline with work left."""

    vouchers: int = 0
    points: int = 0
    reviews: int = 0
    failed: int = 0
    is_complete: bool = False


def release_due_vouchers(now: datetime, should_stop: Callable[[], bool]) -> Released:
    """Time out every open voucher whose deadline has passed, cancel every overdue review; points return.

    What somebody else closed meanwhile is left alone.
    """
    result = Released()
    for voucher in due_vouchers(now):
        if should_stop():
            return result
        released = attempted(partial(_release, voucher, now))
        if released is None:
            result.failed += 1
        elif released:
            result.vouchers += 1
            result.points += voucher.points
    result.reviews, failed, result.is_complete = release_overdue_reviews(now, should_stop)
    result.failed += failed
    return result


def _release(voucher: Voucher, now: datetime) -> bool:
    """Return whether this call timed the voucher out; False when somebody else closed it meanwhile."""
    try:
        close_unspent(voucher, TIMED_OUT, "deadline", now)
    except Conflict:
        return False
    return True
