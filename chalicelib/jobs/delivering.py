"""Owns the taking of messages from the queue of deliveries: each asks for one attempt to send one message,
or to tell a merchant's system of one event.

Must not send; `services.sending` and `services.webhook_deliveries` do. An attempt that breaks off leaves the
message in the queue.
"""

import json
from datetime import datetime

from chalicelib import log
from chalicelib.services.sending import try_sending
from chalicelib.services.webhook_deliveries import try_delivery


def handle(message: str, now: datetime) -> str:
    """Make the attempt that a queue message asks for and return the state it leaves."""
    wanted = json.loads(message)
    if "webhook_delivery" in wanted:
        state = try_delivery(wanted["webhook_delivery"], now)
        log.write_line(now, job="deliver", channel="webhook", state=state)
        return state
    state = try_sending(wanted["account_id"], wanted["message_id"], wanted["channel"], now)
    log.write_line(now, job="deliver", channel=wanted["channel"], state=state)
    return state
