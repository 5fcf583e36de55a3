"""Owns the taking of messages from the queue of deliveries: each asks for one attempt to send one message.

Must not send; `services.sending` does. An attempt that breaks off leaves the message in the queue.
"""

import json
from datetime import datetime

from chalicelib import log
from chalicelib.services.sending import try_sending


def handle(message: str, now: datetime) -> str:
    """Make the attempt that a queue message asks for and return the state it leaves."""
    wanted = json.loads(message)
    state = try_sending(wanted["account_id"], wanted["message_id"], wanted["channel"], now)
    log.write_line(now, job="deliver", channel=wanted["channel"], state=state)
    return state
