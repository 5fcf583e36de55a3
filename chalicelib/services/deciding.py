"""Owns how a case is decided by several people: read, decide, replace, again when somebody was quicker.

Must not know any kind of case.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.errors import Conflict, Forbidden
from chalicelib.store.cases import Case, replace_case
from chalicelib.store.client import pause

ATTEMPTS_MAX = 5


def decide(read: Callable[[], Case], change: Callable[[Case], Case | None]) -> tuple[Case, bool]:
    """Return the case as it stands after `change`, and whether it stood so before (`change` returned None).

    When somebody else changed it meanwhile it is read and decided again; Conflict `case-changed` after five times.
    """
    for attempt in range(1, ATTEMPTS_MAX + 1):
        case = read()
        changed = change(case)
        if changed is None:
            return case, True
        try:
            return replace_case(case, changed), False
        except Conflict:
            if attempt == ATTEMPTS_MAX:
                raise
            pause(attempt)
    raise AssertionError("the last attempt returns or raises")


def with_body(case: Case, state: str, **fields: Any) -> Case:
    """Return the case in `state` with some fields of its body replaced."""
    return replace(case, state=state, body={**case.body, **fields})


def check_other_person(person: str, *others: str) -> None:
    """Raise Forbidden `needs-second-person` when `person` is one of those who acted before."""
    if person in others:
        raise Forbidden("needs-second-person", "somebody else has to do this")
