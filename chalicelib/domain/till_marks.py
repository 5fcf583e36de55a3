"""Owns what an account remembers of the till: codes just used, what was charged today, whether it is frozen.

Must not know lots or entries. The marks are written with the account, in the transaction that takes the points: a code
counts once and a limit is never checked against yesterday's count, at no further write.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.errors import Conflict, Refused

# A code older than this is refused by its age (domain.wallet_codes), so its step need not be remembered longer.
_STEPS_KEPT = 2


@dataclass(frozen=True, slots=True)
class TillMarks:
    """`steps` maps a device's handle to the last step used; `charges` and `points` are those of the local day `on`."""

    steps: Mapping[str, int] = field(default_factory=dict)
    on: str = ""
    charges: int = 0
    points: int = 0
    frozen_at: str | None = None


NO_MARKS = TillMarks()


def check_not_frozen(marks: TillMarks) -> None:
    """Refuse whatever spends a frozen resident's points: `account-frozen`."""
    if marks.frozen_at is not None:
        raise Refused("account-frozen", "this resident's points are frozen")


def check_unused(marks: TillMarks, handle: str, step: int) -> None:
    """Refuse a code of a step that is used up, or older than one that is: Conflict `wallet-code-used`."""
    if marks.steps.get(handle, -1) >= step:
        raise Conflict("wallet-code-used", "this code has been used; the phone shows a new one in a moment")


def with_step(marks: TillMarks, handle: str, step: int, step_now: int) -> TillMarks:
    """Return the marks with a code used up; steps too old to be shown again are forgotten."""
    kept = {h: s for h, s in marks.steps.items() if s >= step_now - _STEPS_KEPT}
    return replace(marks, steps={**kept, handle: step})


def with_charge(marks: TillMarks, on: str, points: int) -> TillMarks:
    """Return the marks after one more charge on the local day `on`."""
    charges, before = (marks.charges, marks.points) if marks.on == on else (0, 0)
    return replace(marks, on=on, charges=charges + 1, points=before + points)


def marks_document(marks: TillMarks) -> dict[str, Any]:
    """Return the stored form, short and JSON-safe; empty for an account that was never at a till."""
    document: dict[str, Any] = {}
    if marks.steps:
        document["steps"] = dict(marks.steps)
    if marks.on:
        document["day"] = [marks.on, marks.charges, marks.points]
    if marks.frozen_at:
        document["frozen"] = marks.frozen_at
    return document


def parse_marks(document: Mapping[str, Any]) -> TillMarks:
    """Return the marks that `marks_document` wrote."""
    on, charges, points = document.get("day", ("", 0, 0))
    return TillMarks(document.get("steps", {}), on, charges, points, document.get("frozen"))
