"""Owns activities: what is observed, what is recorded of it, and the compact form kept on the day sheet.

Must not know where a sheet is kept; `domain.sheets` decides what may be added to one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.evidence import EVIDENCE_MARKS

_EVIDENCE_BY_MARK = {mark: evidence for evidence, mark in EVIDENCE_MARKS.items()}


@dataclass(frozen=True, slots=True)
class Observation:
    """One behaviour as a source reports it, before any rule has looked at it.

    `refusal` is why the delivery knows already that it cannot count: the source is not accredited, and the like.
    """

    source: str
    source_event_id: str
    methodology_id: str
    inputs: Mapping[str, int]
    occurred_at: datetime
    evidence: str
    batch_id: str
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """One recorded behaviour. `second_of_day` counts from the start of the local day; inputs are in name order."""

    event_key: str
    methodology_ref: str
    second_of_day: int
    inputs: tuple[int, ...]
    grams_co2e: int
    millipoints: int
    source: str
    evidence: str
    batch_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one observation.

    `outcome` is `accepted`, `duplicate`, `capped` (kept, worth nothing) or `refused` (not kept); `reason` a code.
    `same_batch` marks a duplicate that this very batch had recorded before, in a run that was cut short.
    """

    activity_id: str
    outcome: str
    grams_co2e: int
    millipoints: int
    reason: str | None = None
    same_batch: bool = False


def encode_activity(activity: Activity) -> str:
    """Return the stored form: nine fields separated by `|`, without the key, at most about 70 bytes.

    >>> a = Activity("k", "sb1-x", 61, (5, 7), 80, 8000, "szt", "operator-signed", "b1")
    >>> encode_activity(a)
    'sb1-x|61|5,7|80|8000|szt|o|b1|'
    >>> decode_activity("k", encode_activity(a)) == a
    True
    """
    a = activity
    inputs = ",".join(map(str, a.inputs))
    mark = EVIDENCE_MARKS[a.evidence]
    return (
        f"{a.methodology_ref}|{a.second_of_day}|{inputs}|{a.grams_co2e}|{a.millipoints}"
        f"|{a.source}|{mark}|{a.batch_id}|{a.reason}"
    )


def decode_activity(event_key: str, stored: str) -> Activity:
    """Return the activity that `encode_activity` wrote; ValueError when it is not one."""
    ref, second, inputs, grams, millipoints, source, mark, batch_id, reason = stored.split("|")
    return Activity(
        event_key=event_key,
        methodology_ref=ref,
        second_of_day=int(second),
        inputs=tuple(int(i) for i in inputs.split(",")) if inputs else (),
        grams_co2e=int(grams),
        millipoints=int(millipoints),
        source=source,
        evidence=_EVIDENCE_BY_MARK[mark],
        batch_id=batch_id,
        reason=reason,
    )
