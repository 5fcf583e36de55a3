"""Owns the clock of appeals: what is overdue goes to the regulator and its resident is told, questions without answer
end, and the public counts are made anew, every morning.

Must not decide. Safe to run twice and to kill: each step is found again, a message is sent once, counts are absolute.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.config import config
from chalicelib.domain import appeals as rules
from chalicelib.domain.appeals import ASKED, KIND, OPEN, STATES, WAITING
from chalicelib.domain.days import from_text, to_text
from chalicelib.errors import Conflict
from chalicelib.log import write_metric
from chalicelib.profiles import current_profile
from chalicelib.services import appeal_deadlines as deadlines
from chalicelib.services.failures import attempted
from chalicelib.services.messages import add_message
from chalicelib.services.working_days import working_days_between
from chalicelib.store import cases
from chalicelib.store.catalogue import list_newest, put_document

STATISTICS = "appeal-statistics"
MONTHS_MAX = 24
_PAGE = 100


@dataclass(slots=True)
class Looked:
    """What one run did. `is_complete` is False when it stopped at its deadline; the next run looks at all again."""

    urgent: int = 0
    overdue: int = 0
    unanswered: int = 0
    failed: int = 0
    is_complete: bool = False


def look_after_appeals(now: datetime, should_stop: Callable[[], bool]) -> Looked:
    """Escalate what is overdue, end unanswered questions, publish the counts; metrics say how many are urgent."""
    result, counts = Looked(), Counter[str]()
    for fields in _each(WAITING):
        if should_stop():
            return result
        if attempted(partial(_look_at, fields, counts, now)) is None:
            result.failed += 1
    result.urgent, result.overdue, result.unanswered = counts["urgent"], counts["overdue"], counts["asked"]
    write_metric(now, config().stage, "AppealsUrgent", result.urgent)
    write_metric(now, config().stage, "AppealsOverdue", result.overdue)
    publish_counts(now)
    result.is_complete = True
    return result


def publish_counts(now: datetime) -> None:
    """Count all appeals by month of opening, and replace what is published of the last 24 months."""
    months = rules.months_of(_each(STATES), current_profile(), now, working_days_between)
    for month, counted in sorted(months.items())[-MONTHS_MAX:]:
        published = {**rules.public_month(month, counted), "counted_at": to_text(now)}
        put_document(STATISTICS, month, published, replace=True)


def public_counts() -> list[dict[str, Any]]:
    """Return what is published of the last 24 months, the newest first."""
    return list_newest(STATISTICS, None, MONTHS_MAX)


def _look_at(fields: dict[str, Any], counts: "Counter[str]", now: datetime) -> bool:
    """Do what is due for one waiting appeal, and count it; always True."""
    profile = current_profile()
    if fields["due_at"] <= to_text(now):
        counts["overdue"] += 1
        facts = {"appeal_id": fields["appeal_id"]}
        add_message(fields["subject"], f"appeal/{fields['case_id']}/overdue", "appeal-escalated", facts, now)
    elif deadlines.urgent_at(profile, from_text(fields["due_at"])) <= now:
        counts["urgent"] += 1
    if fields["state"] != ASKED or deadlines.answer_ends_at(profile, from_text(fields["asked_at"])) > now:
        return True
    case = cases.get_case(fields["case_id"], KIND)
    if case.state == ASKED:
        try:
            cases.replace_case(case, replace(case, state=OPEN))
        except Conflict:
            return True  # answered or withdrawn just now
        counts["asked"] += 1
    return True


def _each(states: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for state in states:
        cursor = None
        while True:
            page = cases.list_cases(KIND, state, _PAGE, cursor)
            yield from page.items
            cursor = page.cursor
            if cursor is None:
                break
