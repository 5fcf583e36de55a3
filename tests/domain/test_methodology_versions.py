"""How versions follow each other: which counts on a day, how each stands, what a next one must be."""

import copy
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.methodologies import is_valid_on, parse_methodology
from chalicelib.domain.methodology_versions import (
    earliest_start,
    last_day,
    state_on,
    successor_faults,
    successor_of,
    version_on,
)
from chalicelib.profiles import load_profile

FIRST = load_profile("yinchuan").methodologies["shared-bicycle"]
TODAY = date(2026, 11, 20)


def version(number, valid_from, valid_to=None):
    document = {**FIRST.document, "version": number, "valid_from": valid_from, "valid_to": valid_to}
    return parse_methodology(copy.deepcopy(document))


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2025-12-31", None),
        ("2026-01-01", 1),
        ("2026-11-21", 1),
        ("2026-11-22", 2),
        ("2026-12-31", 2),
        ("2027-01-01", None),
        ("2027-03-01", 3),
    ],
)
def test_on_every_day_the_newest_version_that_has_begun_counts_while_it_lasts(on, expected):
    versions = (version(3, "2027-03-01"), version(2, "2026-11-22", "2026-12-31"), FIRST)
    found = version_on(versions, date.fromisoformat(on))
    assert (found and found.version) == expected


@pytest.mark.parametrize(
    ("today", "states", "last_days"),
    [
        ("2026-11-21", ["announced", "effective"], ["2026-12-31", "2026-11-21"]),
        ("2026-11-22", ["effective", "superseded"], ["2026-12-31", "2026-11-21"]),
        ("2027-01-01", ["ended", "superseded"], ["2026-12-31", "2026-11-21"]),
    ],
)
def test_how_a_version_stands_follows_from_the_day_alone(today, states, last_days):
    versions = (version(2, "2026-11-22", "2026-12-31"), FIRST)
    assert [state_on(versions, m, date.fromisoformat(today)) for m in versions] == states
    assert [last_day(versions, m).isoformat() for m in versions] == last_days
    assert successor_of(versions, FIRST) is versions[0] and successor_of(versions, versions[0]) is None


@given(
    st.lists(st.tuples(st.integers(1, 60), st.none() | st.integers(0, 60)), max_size=5), st.integers(0, 400)
)
def test_at_most_one_version_is_effective_and_it_is_the_one_that_counts(steps, day):
    versions, start = (FIRST,), FIRST.valid_from
    for number, (gap, length) in enumerate(steps, 2):
        start += timedelta(days=gap)
        end = None if length is None else (start + timedelta(days=length)).isoformat()
        versions = (version(number, start.isoformat(), end), *versions)
    today = FIRST.valid_from + timedelta(days=day)
    effective = [m for m in versions if state_on(versions, m, today) == "effective"]
    counting = version_on(versions, today)
    assert effective == ([counting] if counting else [])
    if counting:
        assert is_valid_on(counting, today)
        last = last_day(versions, counting)
        assert last is None or today <= last


def test_a_whole_local_day_lies_between_publication_and_the_first_day():
    assert earliest_start(TODAY) == TODAY + timedelta(days=2)
    faults = successor_faults(
        {**FIRST.document, "version": 2, "valid_from": "2026-11-21"}, (FIRST,), TODAY, True
    )
    assert [fault["pointer"] for fault in faults] == ["/valid_from"]
    assert not list(
        successor_faults({**FIRST.document, "version": 2, "valid_from": "2026-11-22"}, (FIRST,), TODAY, True)
    )


def test_the_next_version_begins_after_the_one_before():
    newest = version(2, "2027-01-01")
    document = {**FIRST.document, "version": 3, "valid_from": "2027-01-01"}
    (fault,) = successor_faults(document, (newest, FIRST), TODAY, True)
    assert fault["pointer"] == "/valid_from" and "later than that of version 2" in fault["detail"]
