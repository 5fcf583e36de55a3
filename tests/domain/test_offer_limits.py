"""Which limit of an offer is reached, to the last piece and the last fen."""

import pytest

from chalicelib.domain.offer_limits import Counter, check_room_for_all, check_room_for_one, limits_for_one
from chalicelib.errors import Refused

TODAY = "2026-11-20"
OFFER = {"id": "off_1", "stock": 10, "limit_per_day": 4, "budget_fen": 900, "value_fen": 100}
ONE = {"id": "off_1", "stock": 10, "limit_per_resident": 3, "limit_per_resident_per_day": 1}


@pytest.mark.parametrize(
    ("counter", "code"),
    [
        (Counter(), None),
        (Counter(taken=9), None),
        (Counter(taken=10), "offer-sold-out"),
        (Counter(taken=5, fen=800), None),
        (Counter(taken=5, fen=801), "offer-budget-spent"),
        (Counter(taken=5, day_on=TODAY, day_taken=3), None),
        (Counter(taken=5, day_on=TODAY, day_taken=4), "offer-limit-per-day"),
        (Counter(taken=5, day_on="2026-11-19", day_taken=4), None),
        (Counter(taken=5, day_on="2026-11-21", day_taken=4), "offer-limit-per-day"),
    ],
)
def test_an_offer_is_refused_at_its_limit_and_not_before(counter, code):
    if code is None:
        check_room_for_all(OFFER, counter, TODAY)
        return
    with pytest.raises(Refused) as refused:
        check_room_for_all(OFFER, counter, TODAY)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("counter", "limit"),
    [
        (Counter(), None),
        (Counter(taken=2, day_on="2026-11-19", day_taken=1), None),
        (Counter(taken=3, day_on="2026-11-19", day_taken=1), 3),
        (Counter(taken=1, day_on=TODAY, day_taken=1), 1),
    ],
)
def test_a_resident_is_refused_at_their_own_limit_with_its_number(counter, limit):
    if limit is None:
        check_room_for_one(ONE, counter, TODAY)
        return
    with pytest.raises(Refused) as refused:
        check_room_for_one(ONE, counter, TODAY)
    assert (refused.value.code, refused.value.facts["limit"]) == ("offer-limit-per-resident", limit)


def test_an_offer_that_limits_nobody_counts_nobody():
    assert limits_for_one(OFFER) is None
