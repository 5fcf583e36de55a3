"""Every state of a draft under every action."""

import pytest

from chalicelib.domain.offer_drafts import ACTIONS, STATES, moved
from chalicelib.errors import Conflict

AFTER = {
    "draft": {"edit": "draft", "submit": "review", "discard": "discarded"},
    "review": {"withdraw": "draft", "approve": "published", "reject": "draft"},
    "published": {},
    "discarded": {"create": "draft"},
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_in_every_state_does_what_the_table_says(state, action):
    if action in AFTER[state]:
        assert moved(state, action) == AFTER[state][action]
        return
    with pytest.raises(Conflict) as refused:
        moved(state, action)
    assert refused.value.code == "offer-wrong-state"
    assert refused.value.facts == {"state": state, "action": action}
