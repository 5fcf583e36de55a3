"""Every state of an application under every action."""

import pytest

from chalicelib.domain.merchant_applications import ACTIONS, STATES, moved
from chalicelib.errors import Conflict

AFTER = {
    "submitted": {"review": "reviewed", "reject": "rejected"},
    "reviewed": {"review": "reviewed", "approve": "approved", "reject": "rejected"},
    "approved": {},
    "rejected": {},
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_in_every_state_does_what_the_table_says(state, action):
    if action in AFTER[state]:
        assert moved(state, action) == AFTER[state][action]
        return
    with pytest.raises(Conflict) as refused:
        moved(state, action)
    assert refused.value.code == "application-wrong-state"
