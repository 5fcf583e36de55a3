"""Distances between places."""

import pytest

from chalicelib.domain.places import distance_m

GULOU, NANMEN, BEIJING = (38_466_100, 106_279_900), (38_461_000, 106_281_300), (39_904_200, 116_407_400)


@pytest.mark.parametrize(("there", "low", "high"), [(NANMEN, 570, 590), (BEIJING, 880_000, 900_000)])
def test_a_distance_is_that_of_the_map(there, low, high):
    assert low <= distance_m(GULOU, there) <= high
    assert distance_m(GULOU, there) == distance_m(there, GULOU)


def test_the_other_side_of_the_earth_is_half_way_round():
    assert distance_m((0, 0), (0, 180_000_000)) == 20_015_086
