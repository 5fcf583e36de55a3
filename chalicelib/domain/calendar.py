"""Owns what is known of a scheduled job between its runs: through which instant it has succeeded, who is at it.

Must not store or run anything. Two never are at a job at once: who works on it holds a lease, which ends by itself
when its owner dies; a job whose newest instant is not through and at which nobody works is to be caught up.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.schedules import Schedule

# Longer than a function may run, shorter than its message stays hidden in the queue.
LEASE = timedelta(seconds=920)
# A run that is only late, or about to begin, is not missed.
GRACE = timedelta(minutes=10)
# A job asked for waits in a queue; it is not asked for again meanwhile.
ASK_AGAIN = timedelta(minutes=30)
FAILURES_MAX = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job stands. `done_for` is the newest instant that is through (at first: when the job was first seen);
    `begun_for` the one that whoever works on it, or its sweep, will be through with.

    `failures` counts since the last success, for one instant; `asked_at` when it was last asked to catch up.
    """

    job: str
    done_for: datetime
    done_at: datetime | None = None
    begun_for: datetime | None = None
    owner: str | None = None
    since: datetime | None = None
    lease_until: datetime | None = None
    failed_at: datetime | None = None
    failures: int = 0
    asked_at: datetime | None = None


def is_taken(standing: Standing, now: datetime) -> bool:
    """Say whether somebody alive works on the job."""
    return standing.owner is not None and standing.lease_until is not None and standing.lease_until > now


def taken(standing: Standing, owner: str, now: datetime) -> Standing:
    """Return the job as taken by `owner`."""
    assert not is_taken(standing, now), "a job is taken by one at a time"
    return replace(standing, owner=owner, since=now, lease_until=now + LEASE)


def begun(standing: Standing, schedule: Schedule, now: datetime) -> Standing:
    """Return the job as begun for all instants up to `now`; what failed before them counts no more."""
    begun_for = max(schedule.newest(now), standing.done_for)
    failures = standing.failures if begun_for == standing.begun_for else 0
    return replace(standing, begun_for=begun_for, failures=failures)


def released(standing: Standing) -> Standing:
    """Return the job as nobody's; how far it is does not change."""
    return replace(standing, owner=None, since=None, lease_until=None)


def failed(standing: Standing, now: datetime) -> Standing:
    """Return the job as it stands after its run has failed."""
    return replace(released(standing), failed_at=now, failures=standing.failures + 1)


def through(standing: Standing, now: datetime) -> Standing:
    """Return the job as it stands when what was begun is through; `done_for` never goes back."""
    if standing.begun_for is None:
        return standing
    done_for = max(standing.begun_for, standing.done_for)
    return replace(standing, done_for=done_for, done_at=now, failures=0, asked_at=None)


def missed(standing: Standing, schedule: Schedule, now: datetime) -> int:
    """Return how many instants should have been through by now."""
    return schedule.count(standing.done_for, now - GRACE)


def is_to_catch_up(standing: Standing, schedule: Schedule, now: datetime) -> bool:
    """Say whether a job has to be asked to run: it missed something, is nobody's, and has not failed too often."""
    was_asked = standing.asked_at is not None and standing.asked_at > now - ASK_AGAIN
    is_hopeless = standing.failures >= FAILURES_MAX and standing.begun_for == schedule.newest(now)
    is_free = not is_taken(standing, now) and not was_asked
    return missed(standing, schedule, now) > 0 and is_free and not is_hopeless
