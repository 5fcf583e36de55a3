"""Terminals: a secret shown once, keys that follow each other, revoked for good."""

from datetime import timedelta

import pytest

from chalicelib.errors import Conflict, NotFound
from chalicelib.services import terminals
from chalicelib.store import catalogue
from tests.services.ledger import NOW
from tests.services.trading import MANAGER, MERCHANT, join_with_store

ID = "term-000000001"
LATER = NOW + timedelta(minutes=11)


@pytest.fixture
def joined(tables):
    join_with_store()


def register(now=NOW, name="一号机"):
    return terminals.register_terminal(MERCHANT, ID, "sto_1", name, MANAGER, now)


def test_a_terminal_gets_a_key_whose_secret_is_stored_nowhere(joined):
    made = register()
    assert (made["key_id"], len(made["secret"])) == (f"{ID}.1", 43)
    assert made["secret"] == terminals.secret_of(made["key_id"])
    assert made["secret"] not in str(catalogue.get_document("terminal", ID))
    (listed,) = terminals.list_terminals(MERCHANT).items
    assert "secret" not in listed


def test_an_answer_lost_on_the_way_is_given_again_for_ten_minutes(joined):
    made = register()
    assert register(NOW + timedelta(minutes=9)) == {**made, "_hit": True}
    for late in ({"now": LATER}, {"name": "二号机"}):
        with pytest.raises(Conflict, match="terminal-exists"):
            register(**late)


def test_a_key_is_void_as_soon_as_it_has_a_successor(joined):
    first = register()
    second = terminals.renew_key(MERCHANT, ID, 1, MANAGER, NOW)
    assert second["key_id"] == f"{ID}.2" and second["secret"] != first["secret"]
    assert terminals.find_terminal(first["key_id"]) is None
    assert terminals.find_terminal(second["key_id"])["store_id"] == "sto_1"
    assert terminals.renew_key(MERCHANT, ID, 1, MANAGER, NOW) == {**second, "_hit": True}
    with pytest.raises(Conflict, match="terminal-key-changed"):
        terminals.renew_key(MERCHANT, ID, 1, MANAGER, LATER)
    assert terminals.renew_key(MERCHANT, ID, 2, MANAGER, LATER)["key_no"] == 3


def test_a_revoked_terminal_stays_revoked(joined):
    made = register()
    revoked = terminals.revoke_terminal(MERCHANT, ID, MANAGER, NOW)
    assert terminals.revoke_terminal(MERCHANT, ID, MANAGER, LATER) == {**revoked, "_hit": True}
    assert terminals.find_terminal(made["key_id"]) is None
    with pytest.raises(Conflict, match="terminal-revoked"):
        terminals.renew_key(MERCHANT, ID, 1, MANAGER, NOW)


@pytest.mark.parametrize(
    "key_id", ["", "term", ".1", f"{ID}.", f"{ID}.01", f"{ID}.2", "x" * 90 + ".1", "none.1"]
)
def test_a_key_that_is_not_in_force_is_nobodys(joined, key_id):
    register()
    assert terminals.find_terminal(key_id) is None


def test_a_terminal_or_store_of_somebody_else_does_not_exist(joined):
    register()
    for act in (terminals.revoke_terminal, terminals.renew_key):
        arguments = (1, MANAGER, NOW) if act is terminals.renew_key else (MANAGER, NOW)
        with pytest.raises(NotFound, match="terminal-unknown"):
            act("mer_other", ID, *arguments)
    with pytest.raises(NotFound, match="store-unknown"):
        terminals.register_terminal("mer_other", "term-000000002", "sto_1", "x", MANAGER, NOW)
