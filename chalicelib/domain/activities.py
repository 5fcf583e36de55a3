"""Owns activities: what is observed, what is recorded of it, and the compact form kept on the day sheet.

Must not know where a sheet is kept; `domain.recording` decides what may be added to one. What becomes of an activity
later is a correction (`domain.corrections`); its line never changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.evidence import EVIDENCE_MARKS

_EVIDENCE_BY_MARK = {mark: evidence for evidence, mark in EVIDENCE_MARKS.items()}

CAP_PER_DAY = "cap-per-day"
CAP_PER_RESIDENT = "cap-per-resident"
PENDING = "pending"
SAME_EVENT = "same-event"
OVERLAP = "overlap"
CAPS = frozenset({CAP_PER_DAY, CAP_PER_RESIDENT})
WITHHELD = frozenset({PENDING, SAME_EVENT, OVERLAP})
"""Reasons for which an activity is recorded without counting for a cap; a decision may credit it later."""
WORTH_NOTHING = frozenset({CAP_PER_DAY, *WITHHELD})

ACCEPTED, CAPPED = "accepted", "capped"


@dataclass(frozen=True, slots=True)
class Observation:
    """One behaviour as a source reports it, before any rule has looked at it. `occurred_at` is when it began.

    `asset` is the keyed digest of a registered thing behind it (charger, meter, vehicle), never its number; `refusal`
    is why the delivery knows already that it cannot count: its source is not accredited, and the like.
    """

    source: str
    source_event_id: str
    methodology_id: str
    inputs: Mapping[str, int]
    occurred_at: datetime
    evidence: str
    batch_id: str
    duration_s: int = 0
    asset: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """One recorded behaviour. `second_of_day` counts from the start of the local day; inputs are in name order.

    `reason` says why it is worth less than its methodology gives: one of `CAPS` or `WITHHELD`.
    """

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
    duration_s: int = 0
    asset: str = ""

    @property
    def code(self) -> str:
        """Return the code of its methodology, by which caps count."""
        return self.methodology_ref.partition("-")[0].rstrip("0123456789")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one observation.

    `outcome` is `accepted`, `duplicate`, `capped` (kept, worth less or nothing), `pending`, `same-event`, `overlap`
    (kept, worth nothing) or `refused` (noted only); `reason` a code. `cut_*` is what a cap took. `same_batch` marks a
    duplicate that this very batch had recorded before, in a run that was cut short.
    """

    activity_id: str
    outcome: str
    grams_co2e: int
    millipoints: int
    reason: str | None = None
    same_batch: bool = False
    cut_grams_co2e: int = 0
    cut_millipoints: int = 0


def outcome_of_reason(reason: str) -> str:
    """Return how the recording of an activity ended, by the reason on its line.

    >>> [outcome_of_reason(reason) for reason in ("", "cap-per-day", "pending")]
    ['accepted', 'capped', 'pending']
    """
    if not reason:
        return ACCEPTED
    return CAPPED if reason in CAPS else reason


def encode_activity(activity: Activity) -> str:
    """Return the stored form: nine fields separated by `|`, without the key, at most about 70 bytes.

    A tenth field holds what only some activities have: `d` and the seconds it took, `a` and the asset.

    >>> a = Activity("k", "sb1-x", 61, (5, 7), 80, 8000, "szt", "operator-signed", "b1")
    >>> encode_activity(a)
    'sb1-x|61|5,7|80|8000|szt|o|b1|'
    >>> decode_activity("k", encode_activity(a)) == a
    True
    >>> b = Activity("k", "sm1-x", 61, (), 515, 51500, "szt", "operator-signed", "b1", "", 1500, "Zm9vYmFyYmF6cXV4")
    >>> encode_activity(b)
    'sm1-x|61||515|51500|szt|o|b1||d1500;aZm9vYmFyYmF6cXV4'
    >>> decode_activity("k", encode_activity(b)) == b
    True
    """
    a = activity
    inputs = ",".join(map(str, a.inputs))
    mark = EVIDENCE_MARKS[a.evidence]
    line = (
        f"{a.methodology_ref}|{a.second_of_day}|{inputs}|{a.grams_co2e}|{a.millipoints}"
        f"|{a.source}|{mark}|{a.batch_id}|{a.reason}"
    )
    if not a.duration_s and not a.asset:
        return line
    details = [f"d{a.duration_s}"] if a.duration_s else []
    details += [f"a{a.asset}"] if a.asset else []
    return f"{line}|{';'.join(details)}"


def decode_activity(event_key: str, stored: str) -> Activity:
    """Return the activity that `encode_activity` wrote; ValueError when it is not one."""
    ref, second, inputs, grams, millipoints, source, mark, batch_id, reason, *more = stored.split("|")
    duration_s, asset = _decode_details(*more) if more else (0, "")
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
        duration_s=duration_s,
        asset=asset,
    )


def _decode_details(details: str) -> tuple[int, str]:
    parts = {part[:1]: part[1:] for part in details.split(";")}
    if not parts or parts.keys() - {"d", "a"}:
        raise ValueError(f"unknown details {details!r}")
    return int(parts.get("d", 0)), parts.get("a", "")
