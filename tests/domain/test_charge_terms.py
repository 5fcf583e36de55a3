"""Terms and refunds of charges: nobody gains by rounding, parts add up to the whole."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.charge_terms import BILL_FEN_MAX, Rate, check_amount, points_back, terms_of
from chalicelib.domain.lots import Lot, take_back, total_grams, total_points
from chalicelib.errors import InvalidInput, Refused

RATES = st.builds(Rate, st.integers(1, 10_000), st.integers(1, 100))


@given(bill_fen=st.integers(1, 10**6), rate=RATES, available=st.integers(0, 10**6))
def test_a_charge_never_takes_more_than_share_and_balance_and_wastes_no_point(bill_fen, rate, available):
    try:
        terms = terms_of(bill_fen, rate, available, None)
    except Refused as refused:
        assert refused.code in ("points-insufficient", "bill-too-small")
        return
    assert 0 < terms.points <= available
    assert 0 < terms.fen <= bill_fen * rate.bill_share_percent_max // 100
    assert rate.fen_of(terms.points - 1) < terms.fen <= rate.fen_of(terms.points)
    assert terms_of(bill_fen, rate, available, terms.points) == terms, "what was shown is what is taken"


@given(
    points=st.integers(1, 5000), fen=st.integers(1, 5000), parts=st.lists(st.integers(1, 900), max_size=12)
)
def test_parts_that_go_back_add_up_to_what_was_taken_and_never_to_more(points, fen, parts):
    before = back = 0
    for part in [*parts, None]:
        wanted = fen - before if part is None else part
        if wanted == 0:
            break
        try:
            back += points_back(points, fen, before, wanted)
        except Refused as refused:
            assert refused.code in ("refund-above-charge", "refund-too-small")
            continue
        before += wanted
        assert back <= points
    assert before == fen
    assert back == points


LOTS = st.lists(
    st.builds(
        Lot,
        st.dates(date(2026, 1, 1), date(2029, 1, 1)),
        st.integers(2024, 2028),
        st.integers(1, 400),
        st.integers(0, 4000),
    ),
    min_size=1,
    max_size=5,
)


@given(draws=LOTS, takes=st.lists(st.integers(1, 300), max_size=10))
def test_draws_taken_back_part_by_part_are_the_draws_to_the_last_gram(draws, takes):
    left, returned = tuple(draws), []
    for take in [*takes, total_points(draws)]:
        take = min(take, total_points(left))
        if take:
            back, left = take_back(left, take)
            assert total_points(back) == take
            returned += back
    assert left == ()
    assert (total_points(returned), total_grams(returned)) == (total_points(draws), total_grams(draws))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0, "amount-not-positive"),
        (-1, "amount-not-positive"),
        (1.5, "amount-not-whole"),
        (5.0, "amount-not-whole"),
        (True, "amount-not-whole"),
        (BILL_FEN_MAX + 1, "amount-too-large"),
    ],
)
def test_an_amount_that_is_none_is_refused_by_name(value, code):
    with pytest.raises(InvalidInput) as refused:
        check_amount(value, "/bill_fen")
    assert refused.value.code == code
    assert refused.value.facts["errors"][0]["pointer"] == "/bill_fen"
