"""Weekly hours on the city's clock."""

from datetime import UTC, datetime

import pytest

from chalicelib.domain.days import zone
from chalicelib.domain.hours import faults_in, is_within

CITY = zone("Asia/Shanghai")
LUNCH = {"weekdays": [1, 2, 3, 4, 5], "opens": "11:00", "closes": "14:00"}
NIGHT = {"weekdays": [5], "opens": "20:00", "closes": "24:00"}


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2026-11-20 10:59", False),
        ("2026-11-20 11:00", True),
        ("2026-11-20 13:59", True),
        ("2026-11-20 14:00", False),
        ("2026-11-20 23:59", True),
        ("2026-11-21 00:00", False),
        ("2026-11-21 12:00", False),
        ("2026-11-23 12:00", True),
    ],
)
def test_a_window_holds_from_its_opening_until_just_before_it_closes(local, is_open):
    instant = datetime.fromisoformat(local).replace(tzinfo=CITY).astimezone(UTC)
    assert is_within([LUNCH, NIGHT], instant, CITY) is is_open


def test_without_windows_it_is_always_open():
    assert is_within([], datetime(2026, 11, 20, tzinfo=UTC), CITY)


def test_a_window_that_closes_before_it_opens_is_named():
    assert [f["pointer"] for f in faults_in([LUNCH, {**LUNCH, "closes": "11:00"}], "/h")] == ["/h/1/closes"]
