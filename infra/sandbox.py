"""Owns the terminal of the demo city's sandbox merchant, for whoever connects a till.

Must not be entered but on demo stages. It is entered once; a second run finds it there.
"""

from datetime import datetime

MERCHANT, STORE, TERMINAL = "mer_sandbox", "sto_sandbox", "till-sandbox-1"
BY = "seed"


def enter_sandbox(now: datetime) -> tuple[str, str]:
    """Enter the sandbox's terminal, if it is not there, and return the key id and the secret of its key."""
    from chalicelib.services.terminals import list_terminals, register_terminal, secret_of

    if TERMINAL not in {one["id"] for one in list_terminals(MERCHANT).items}:
        register_terminal(MERCHANT, TERMINAL, STORE, "沙箱收银机", BY, now)
    terminal = next(one for one in list_terminals(MERCHANT).items if one["id"] == TERMINAL)
    return terminal["key_id"], secret_of(terminal["key_id"])
