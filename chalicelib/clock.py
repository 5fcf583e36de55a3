"""Owns the question what time it is; nothing else in the product asks.

Must not know calendars: which local day an instant belongs to is a rule of the profile (`domain.days`).
"""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)
