"""Deadlines of appeals in working days, over holidays and the weekends worked for them."""

from datetime import UTC, datetime

from chalicelib.profiles import current_profile
from chalicelib.services import appeal_deadlines as deadlines

BEFORE_HOLIDAYS = datetime(2026, 9, 28, 4, tzinfo=UTC)


def test_a_deadline_leaves_out_the_national_holidays_and_counts_the_saturday_worked() -> None:
    # 29, 30 September, 8, 9, 10 (a Saturday worked), 12 to 16, 19 to 23 October are fifteen working days.
    assert deadlines.due_at(current_profile(), BEFORE_HOLIDAYS) == datetime(2026, 10, 23, 16, tzinfo=UTC)


def test_an_appeal_is_urgent_when_three_working_days_are_left() -> None:
    due = deadlines.due_at(current_profile(), BEFORE_HOLIDAYS)
    assert deadlines.urgent_at(current_profile(), due) == datetime(2026, 10, 20, 16, tzinfo=UTC)
