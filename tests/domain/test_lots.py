"""Lots: draws, returns and expiry."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.lots import (
    Lot,
    add_lots,
    drain_lots,
    returned_draws,
    spendable,
    split_expired,
    total_grams,
    total_points,
)
from chalicelib.errors import Refused

TODAY = date(2026, 11, 20)
EARLY = Lot(date(2026, 12, 31), 2025, 30, 301)
LATE = Lot(date(2027, 12, 31), 2026, 50, 499)
GONE = Lot(date(2025, 12, 31), 2024, 70, 700)


def test_spending_drains_the_oldest_lot_first():
    draws, remaining = drain_lots((LATE, EARLY), 40, TODAY)
    assert [(d.vintage, d.points) for d in draws] == [(2025, 30), (2026, 10)]
    assert [(r.vintage, r.points) for r in remaining] == [(2026, 40)]


def test_the_last_point_of_a_lot_takes_its_last_gram():
    draws, remaining = drain_lots((EARLY,), 29, TODAY)
    assert total_grams(draws) == 301 * 29 // 30
    last, nothing = drain_lots(remaining, 1, TODAY)
    assert total_grams(draws) + total_grams(last) == 301
    assert nothing == ()


def test_a_lot_whose_last_day_has_passed_is_not_spent():
    with pytest.raises(Refused) as refused:
        drain_lots((GONE, EARLY), 31, TODAY)
    assert refused.value.code == "points-insufficient"
    assert refused.value.facts == {"points_requested": 31, "points_available": 30}


def test_a_lot_is_spendable_on_its_last_day():
    assert spendable((EARLY,), date(2026, 12, 31)) == (EARLY,)
    assert spendable((EARLY,), date(2027, 1, 1)) == ()


def test_lots_of_one_vintage_and_last_day_are_one_lot():
    merged = add_lots((EARLY,), [EARLY, LATE])
    assert merged == (Lot(EARLY.expires_on, 2025, 60, 602), LATE)


def test_a_lot_that_expired_meanwhile_returns_with_grace_days():
    grace_on = date(2026, 12, 20)
    assert returned_draws((GONE, LATE), TODAY, grace_on) == (Lot(grace_on, 2024, 70, 700), LATE)


def test_expired_lots_are_split_from_the_others():
    assert split_expired((GONE, EARLY), TODAY) == ((GONE,), (EARLY,))


lots_strategy = st.lists(
    st.builds(
        Lot,
        st.dates(date(2025, 1, 1), date(2028, 12, 31)),
        st.integers(2023, 2026),
        st.integers(1, 10_000),
        st.integers(0, 10**6),
    ),
    max_size=6,
    unique_by=lambda lot: (lot.expires_on, lot.vintage),
).map(tuple)


@given(lots_strategy, st.integers(1, 50_000))
def test_a_draw_and_its_return_conserve_points_and_grams(lots, points):
    available = total_points(spendable(lots, TODAY))
    if available < points:
        with pytest.raises(Refused):
            drain_lots(lots, points, TODAY)
        return
    draws, remaining = drain_lots(lots, points, TODAY)
    assert total_points(draws) == points
    assert total_points(draws) + total_points(remaining) == total_points(lots)
    assert total_grams(draws) + total_grams(remaining) == total_grams(lots)
    assert add_lots(remaining, draws) == tuple(sorted(lots))


@given(lots_strategy, st.lists(st.integers(1, 3_000), max_size=20))
def test_grams_never_stay_behind_when_the_points_are_gone(lots, spends):
    for points in spends:
        if total_points(spendable(lots, TODAY)) >= points:
            lots = drain_lots(lots, points, TODAY)[1]
    assert all(lot.points > 0 for lot in lots)
