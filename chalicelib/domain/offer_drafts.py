"""Owns the way of an offer from a merchant's draft to its publication, every step by who may take it.

Must not publish. States::

    draft ── submit ──▶ review ── approve (an operator who did not draft it) ──▶ published
      ▲ ▲                 │ │
      │ └── withdraw ─────┘ └── reject, with a reason ──▶ draft
      └── discard ──▶ discarded ── create again ──▶ draft
"""

from collections.abc import Mapping

from chalicelib.errors import Conflict

DRAFT, REVIEW, PUBLISHED, DISCARDED = "draft", "review", "published", "discarded"
STATES = (DRAFT, REVIEW, PUBLISHED, DISCARDED)
ACTIONS = ("create", "edit", "submit", "withdraw", "discard", "approve", "reject")
_MOVES: Mapping[tuple[str, str], str] = {
    (DISCARDED, "create"): DRAFT,
    (DRAFT, "edit"): DRAFT,
    (DRAFT, "submit"): REVIEW,
    (DRAFT, "discard"): DISCARDED,
    (REVIEW, "withdraw"): DRAFT,
    (REVIEW, "reject"): DRAFT,
    (REVIEW, "approve"): PUBLISHED,
}


def moved(state: str, action: str) -> str:
    """Return the state after `action`; Conflict `offer-wrong-state` where the action has no place.

    >>> moved("draft", "submit")
    'review'
    >>> moved("published", "edit")
    Traceback (most recent call last):
    chalicelib.errors.Conflict: offer-wrong-state: a draft that is published cannot take: edit
    """
    after = _MOVES.get((state, action))
    if after is None:
        detail = f"a draft that is {state} cannot take: {action}"
        raise Conflict("offer-wrong-state", detail, state=state, action=action)
    return after
