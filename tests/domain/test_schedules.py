"""The table of schedules: one for all who read it, with instants that are counted right."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.schedules import SCHEDULES, Schedule
from infra.environment import FUNCTIONS, ROOT
from infra.templates import read_template, resources_of_type

INSTANTS = st.integers(0, 7 * 366 * 86_400).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
JOBS = st.sampled_from(list(SCHEDULES.values()))


def scheduled_functions() -> dict[str, str]:
    """Return what `app.py` asks EventBridge for, by function."""
    import app

    configs = app.app.handler_map
    assert set(SCHEDULES) <= set(configs)
    return {
        event.name.removeprefix("tanhui-"): event.schedule_expression
        for event in app.app.event_sources
        if hasattr(event, "schedule_expression")
    }


def test_the_application_has_exactly_the_schedules_of_the_table() -> None:
    assert scheduled_functions() == {job: schedule.expression for job, schedule in SCHEDULES.items()}


def test_every_scheduled_job_is_a_function_with_an_alarm_on_its_failures() -> None:
    alarms = resources_of_type(read_template(ROOT / "infra" / "resources.yaml"), "AWS::CloudWatch::Alarm")
    watched = json.dumps([a["Dimensions"] for a in alarms.values() if a["Namespace"] == "AWS/Lambda"])
    for job in SCHEDULES:
        assert job in FUNCTIONS
        assert f"tanhui-${{Stage}}-{job}" in watched, f"nobody hears when {job} fails"


def test_the_documentation_lists_every_job_with_its_schedule() -> None:
    text = (ROOT / "docs" / "jobs.md").read_text()
    for job, schedule in SCHEDULES.items():
        line = next((line for line in text.splitlines() if line.startswith(f"| `{job}` |")), "")
        assert schedule.expression in line, f"docs/jobs.md says otherwise of {job}"
        assert schedule.makes_up in line


@given(schedule=JOBS, now=INSTANTS)
def test_the_newest_instant_is_never_later_than_now_and_the_next_always(
    schedule: Schedule, now: datetime
) -> None:
    assert schedule.newest(now) <= now < schedule.next(now)
    assert schedule.newest(schedule.newest(now)) == schedule.newest(now)


@given(schedule=JOBS, after=INSTANTS, span=st.timedeltas(timedelta(0), timedelta(days=9)))
def test_the_instants_between_are_as_many_as_counted_and_come_oldest_first(
    schedule: Schedule, after: datetime, span: timedelta
) -> None:
    until = after + span
    found = list(schedule.instants(after, until, 10_000))
    assert len(found) == schedule.count(after, until)
    assert found == sorted(found)
    assert all(after < instant <= until for instant in found)


def test_a_day_starts_the_same_instant_in_a_leap_year() -> None:
    audit = SCHEDULES["audit"]
    assert audit.newest(datetime(2028, 2, 29, 23, tzinfo=UTC)) == datetime(2028, 2, 29, 19, 30, tzinfo=UTC)


def test_a_job_is_due_daily_or_every_so_many_minutes() -> None:
    with pytest.raises(AssertionError):
        Schedule("both", "", "", (1, 0), 5)
