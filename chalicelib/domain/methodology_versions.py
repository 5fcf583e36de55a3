"""Owns how the versions of one methodology follow each other: which counts on a day, and what a next one must be.

Must not load anything. `versions` are always those of one methodology, the newest first.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from chalicelib.domain.json_lines import pointer_to
from chalicelib.domain.methodologies import Methodology, is_valid_on

ANNOUNCED, EFFECTIVE, SUPERSEDED, ENDED = "announced", "effective", "superseded", "ended"
# One whole local day lies between publication and the first day: every process has read the version by then, and
# everybody can.
NOTICE_DAYS = 2
AHEAD_DAYS_MAX = 366

Versions = Sequence[Methodology]


def version_on(versions: Versions, on: date) -> Methodology | None:
    """Return the version that counts for activities of the day `on`, or None.

    That is the newest one that has begun by then. When it has ended, none does: what was superseded stays superseded.
    """
    for methodology in versions:
        if methodology.valid_from <= on:
            return methodology if is_valid_on(methodology, on) else None
    return None


def last_day(versions: Versions, methodology: Methodology) -> date | None:
    """Return the last day on which `methodology` counts, None without end: its own, or before the next one begins."""
    following = successor_of(versions, methodology)
    if following is None:
        return methodology.valid_to
    superseded_on = following.valid_from - timedelta(days=1)
    return superseded_on if methodology.valid_to is None else min(superseded_on, methodology.valid_to)


def successor_of(versions: Versions, methodology: Methodology) -> Methodology | None:
    """Return the version that follows `methodology`, or None."""
    newer = [m for m in versions if m.version > methodology.version]
    return newer[-1] if newer else None


def state_on(versions: Versions, methodology: Methodology, today: date) -> str:
    """Return how a version stands: announced, effective, superseded or ended; derived, never stored."""
    if today < methodology.valid_from:
        return ANNOUNCED
    following = successor_of(versions, methodology)
    if following is not None and following.valid_from <= today:
        return SUPERSEDED
    return EFFECTIVE if is_valid_on(methodology, today) else ENDED


def earliest_start(today: date) -> date:
    """Return the first day on which a version published today may count.

    >>> earliest_start(date(2026, 11, 24))
    datetime.date(2026, 11, 26)
    """
    return today + timedelta(days=NOTICE_DAYS)


def successor_faults(
    document: Mapping[str, Any], versions: Versions, today: date, allows_demo: bool
) -> Iterator[dict[str, str]]:
    """Yield why a document (of right shape) cannot be the next of `versions`, as {pointer, detail}."""
    newest = versions[0]
    if document["version"] != newest.version + 1:
        yield _fault("version", f"must be {newest.version + 1}, one more than the newest version")
    if document["code"] != newest.code:
        yield _fault("code", f"must be {newest.code!r} as in version {newest.version}")
    if document["demo"] and not allows_demo:
        yield _fault("demo", "this deployment is no demonstration")
    starts_on, first = date.fromisoformat(document["valid_from"]), earliest_start(today)
    if starts_on < first:
        yield _fault("valid_from", f"must be {first} or later: a whole day lies between publication and it")
    elif starts_on > today + timedelta(days=AHEAD_DAYS_MAX):
        yield _fault("valid_from", f"must be at most {AHEAD_DAYS_MAX} days ahead")
    if starts_on <= newest.valid_from:
        yield _fault(
            "valid_from", f"must be later than that of version {newest.version}, {newest.valid_from}"
        )


def _fault(name: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer_to(name), "detail": detail}
