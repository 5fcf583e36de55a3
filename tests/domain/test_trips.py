"""The taps of a card become rides and trips, and every tap ends in exactly one place."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.adapters import ENTRY, EXIT, RIDE, STATIONLESS, TripRule
from chalicelib.domain.trips import Bounds, CardPlan, Tap, plan_card

RULE = TripRule("metro", minutes_max=60, station_required=True)
ALL = Bounds(0, 10_000)


def planned(*taps: tuple[int, int], bounds: Bounds = ALL, covers_from: int | None = 0) -> CardPlan:
    """Plan taps given as (second, role); the line number is the place, the event is unlike any other."""
    made = [Tap(at, line, role, role, f"e{line}", "") for line, (at, role) in enumerate(taps, 2)]
    return plan_card(made, RULE, bounds, covers_from)


def ends(plan: CardPlan) -> dict[int, str]:
    """Return where each line ended."""
    found = {verdict.line_no: verdict.reason for verdict in plan.verdicts}
    return found | {line: "event" for event in plan.events for line in event.line_nos}


def test_an_entry_and_the_next_exit_are_one_trip_known_by_the_exit() -> None:
    plan = planned((0, ENTRY), (600, EXIT))
    assert [(e.line_nos, e.at_epoch_s, e.event) for e in plan.events] == [((2, 3), 600, "e3")]


def test_rides_in_between_do_not_part_an_entry_from_its_exit() -> None:
    plan = planned((0, ENTRY), (10, RIDE), (600, EXIT))
    assert [event.line_nos for event in plan.events] == [(3,), (2, 4)]


def test_the_latest_entry_takes_the_exit_and_leftovers_are_named() -> None:
    plan = planned((0, EXIT), (10, ENTRY), (20, ENTRY), (30, EXIT), (40, EXIT), (50, ENTRY))
    lonely_exit, lonely_entry = "exit-without-entry", "entry-without-exit"
    assert ends(plan) == {
        2: lonely_exit,
        3: lonely_entry,
        4: "event",
        5: "event",
        6: lonely_exit,
        7: lonely_entry,
    }


def test_too_long_or_no_time_between_makes_no_trip() -> None:
    assert planned((0, ENTRY), (3601, EXIT)).events == []
    assert planned((5, ENTRY), (5, EXIT)).events == []
    assert len(planned((0, ENTRY), (3600, EXIT)).events) == 1


def test_a_tap_without_station_stands_outside() -> None:
    assert ends(planned((0, STATIONLESS), (600, EXIT))) == {2: "no-station", 3: "exit-without-entry"}


def test_of_two_taps_alike_the_second_is_a_duplicate() -> None:
    twice = [Tap(5, line, RIDE, 0, "same", "") for line in (2, 3)]
    assert ends(plan_card(twice, RULE, ALL, 0)) == {2: "event", 3: "repeated-in-file"}


def test_an_unbound_card_is_only_counted_and_broken_times_are_named_all_the_same() -> None:
    plan = planned((50, RIDE), (150, RIDE), (250, RIDE), bounds=Bounds(100, 200), covers_from=None)
    assert (plan.lines_unbound, plan.events) == (1, [])
    assert ends(plan) == {2: "outside-window", 4: "in-the-future"}


taps = st.lists(st.tuples(st.integers(0, 9_000), st.sampled_from((RIDE, ENTRY, EXIT, STATIONLESS)))).map(
    sorted
)


@given(taps, st.none() | st.integers(0, 5_000), st.booleans())
def test_every_tap_ends_in_exactly_one_place(
    taps: list[tuple[int, int]], covers_from: int | None, repeats: bool
) -> None:
    made = [
        Tap(at, n, role, role, f"e{at}" if repeats else f"e{n}", "") for n, (at, role) in enumerate(taps, 2)
    ]
    plan = plan_card(made, RULE, Bounds(1_000, 8_000, 100, 200), covers_from)
    lines = [line for event in plan.events for line in event.line_nos]
    lines += [verdict.line_no for verdict in plan.verdicts]
    assert len(set(lines)) == len(lines)
    assert len(lines) + plan.lines_unbound == len(taps)
    for event in plan.events:
        assert Bounds(1_000, 8_000, 100, 200).refusal(event.at_epoch_s) is None


def test_the_asset_of_a_trip_is_that_of_its_exit() -> None:
    taps = [
        Tap(at, at, role, role, f"e{at}", "", asset)
        for at, role, asset in ((5, ENTRY, "x"), (9, EXIT, "y"), (20, RIDE, "z"))
    ]
    plan = plan_card(taps, TripRule("m", 10, False), Bounds(0, 100), 0)
    assert [(event.event, event.asset) for event in plan.events] == [("e9", "y"), ("e20", "z")]
