"""Unified social credit codes: published ones fit, and no single slip goes unseen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.credit_codes import ALPHABET, check_character, fault_in

PUBLISHED = ["91110000600037341L", "9144030071526726XG", "91330100799655058B", "91110000802100433B"]
BODIES = st.from_regex(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{9}}", fullmatch=True)


@pytest.mark.parametrize("code", PUBLISHED)
def test_codes_that_enterprises_publish_fit(code):
    assert fault_in(code) is None


@pytest.mark.parametrize("code", PUBLISHED)
def test_no_single_wrong_character_goes_unseen(code):
    for place, right in enumerate(code):
        for wrong in set(ALPHABET) - {right}:
            assert fault_in(code[:place] + wrong + code[place + 1 :]) is not None


@given(BODIES, st.integers(0, 15))
def test_two_neighbours_that_changed_places_do_not_go_unseen(body, place):
    code = body + check_character(body)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert swapped == code or fault_in(swapped) is not None


@pytest.mark.parametrize(
    "text", ["", "91110000600037341", "91110000600037341l", "9111000060003734IL", "9A110000600037341L1"]
)
def test_what_has_not_the_shape_is_told_so(text):
    assert "18" in fault_in(text)
