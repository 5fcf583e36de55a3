"""The totals of a day: exact where enough residents stand behind them, merged where not."""

import json

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.canonical import digest_of
from chalicelib.domain.public_days import DayTotals, GroupKey, day_document

BUS, CUP, METRO = GroupKey("行", "bus", 1), GroupKey("食", "cup", 1), GroupKey("行", "metro", 1)


def totals(**residents_by_name: range) -> DayTotals:
    made = DayTotals()
    keys = {"bus": BUS, "cup": CUP, "metro": METRO}
    for name, residents in residents_by_name.items():
        for number in residents:
            made.add(f"res_{number}", [(keys[name], 80, 8000), (keys[name], 0, 0)])
    return made


def test_groups_of_ten_are_shown_and_smaller_ones_are_merged() -> None:
    published = totals(bus=range(10), cup=range(9), metro=range(9, 12)).published()
    assert [(g["methodology_id"], g["residents"], g["activities"]) for g in published["groups"]] == [
        ("bus", 10, 20)
    ]
    assert published["other"] == {"activities": 24, "grams_co2e": 960, "millipoints": 96_000}
    assert not published["is_withheld"]


def test_a_single_small_group_takes_the_smallest_large_one_with_it() -> None:
    published = totals(bus=range(30), metro=range(12), cup=range(3)).published()
    assert [g["methodology_id"] for g in published["groups"]] == ["bus"]
    assert published["other"]["activities"] == 30


def test_the_same_nine_residents_in_two_groups_remain_nine() -> None:
    published = totals(cup=range(9), metro=range(9)).published()
    assert published == {"groups": [], "other": None, "is_withheld": True, "residents_min": 10}


@given(
    residents=st.lists(st.lists(st.sampled_from([BUS, CUP, METRO]), max_size=4), max_size=30),
    cut=st.integers(0, 30),
)
def test_totals_gathered_in_two_places_are_those_gathered_in_one(
    residents: list[list[GroupKey]], cut: int
) -> None:
    whole, parts = DayTotals(), (DayTotals(), DayTotals())
    for number, keys in enumerate(residents):
        for one in (whole, parts[number >= cut]):
            one.add(f"res_{number}", [(key, 80, 8000) for key in keys])
    merged = DayTotals()
    for part in parts:
        merged.add_stored(json.loads(json.dumps(part.stored())))
    assert merged.published() == whole.published()


def test_a_day_without_activities_says_so() -> None:
    assert DayTotals().published() == {
        "groups": [],
        "other": None,
        "is_withheld": False,
        "residents_min": 10,
    }


def test_a_document_carries_its_digest_and_the_day_before() -> None:
    from datetime import date

    first = day_document("yinchuan", date(2026, 11, 19), "t", b"\1" * 32, 3, DayTotals(), None)
    second = day_document("yinchuan", date(2026, 11, 20), "t", b"\2" * 32, 4, DayTotals(), first)
    assert second["previous"] == {
        "date": "2026-11-19",
        "root": first["root"],
        "digest": first["digest"],
    }
    assert second["digest"] == digest_of({k: v for k, v in second.items() if k != "digest"})
