"""Owns the sandbox of the demo city: a merchant with a store, a manager and a terminal, for whoever connects a till.

Must not be entered but on demo stages. Everything is entered once; a second run finds it there.
"""

from datetime import datetime, timedelta

MERCHANT, STORE, TERMINAL, MANAGER = "mer_sandbox", "sto_sandbox", "till-sandbox-1", "sandbox"
BY = "seed"


def enter_sandbox(now: datetime) -> tuple[str, str]:
    """Enter the sandbox and return the key id and the secret of its terminal."""
    from chalicelib.errors import Conflict
    from chalicelib.services.publishing import publish_merchant, publish_store
    from chalicelib.services.staff import enter_staff
    from chalicelib.services.terminals import list_terminals, register_terminal, secret_of

    merchant = {
        "id": MERCHANT,
        "name": "联调沙箱商户",
        "scenarios": ["其他"],
        "contract_from": f"{now - timedelta(days=1):%Y-%m-%d}",
        "contract_to": f"{now + timedelta(days=730):%Y-%m-%d}",
    }
    store = {"id": STORE, "merchant_id": MERCHANT, "name": "沙箱一号店", "address": "仅供联调"}
    for publish, document in ((publish_merchant, merchant), (publish_store, store)):
        try:
            publish(document, BY, now)
        except Conflict as error:
            if not error.code.endswith("-exists"):
                raise
    member = {"subject": MANAGER, "role": "merchant_manager", "store_ids": [STORE], "name": "沙箱店长"}
    enter_staff(MERCHANT, member, BY, now)
    if not list_terminals(MERCHANT).items:
        register_terminal(MERCHANT, TERMINAL, STORE, "沙箱收银机", BY, now)
    (terminal,) = list_terminals(MERCHANT).items
    return terminal["key_id"], secret_of(terminal["key_id"])
