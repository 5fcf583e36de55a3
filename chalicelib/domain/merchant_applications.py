"""Owns the way of a merchant's application: looked through by one operator, approved by another.

Must not enter merchants. States::

    submitted ── review ──▶ reviewed ── approve (by another operator) ──▶ approved
        │                    │  └─ review (again, with other terms) ──▶ reviewed
        └────── reject ──────┴──▶ rejected
"""

from collections.abc import Mapping

from chalicelib.errors import Conflict

SUBMITTED, REVIEWED, APPROVED, REJECTED = "submitted", "reviewed", "approved", "rejected"
STATES = (SUBMITTED, REVIEWED, APPROVED, REJECTED)
ACTIONS = ("review", "approve", "reject")
PENDING = (SUBMITTED, REVIEWED)
_MOVES: Mapping[tuple[str, str], str] = {
    (SUBMITTED, "review"): REVIEWED,
    (REVIEWED, "review"): REVIEWED,
    (REVIEWED, "approve"): APPROVED,
    (SUBMITTED, "reject"): REJECTED,
    (REVIEWED, "reject"): REJECTED,
}


def moved(state: str, action: str) -> str:
    """Return the state after `action`; Conflict `application-wrong-state` where the action has no place.

    >>> moved("submitted", "review")
    'reviewed'
    >>> moved("submitted", "approve")
    Traceback (most recent call last):
    chalicelib.errors.Conflict: application-wrong-state: an application that is submitted cannot take: approve
    """
    after = _MOVES.get((state, action))
    if after is None:
        detail = f"an application that is {state} cannot take: {action}"
        raise Conflict("application-wrong-state", detail, state=state, action=action)
    return after
