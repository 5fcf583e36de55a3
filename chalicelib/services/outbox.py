"""Owns the handing over of sendings to the queue that sends them.

Must not matter: a sending stands in the index of what is due, so one that never reaches the queue is found there.
"""

from functools import partial

from chalicelib.domain.sendings import Sending
from chalicelib.services.failures import attempted
from chalicelib.store.queues import send_message

QUEUE = "deliveries"
DELAY_MAX_S = 900


def hand_over(sending: Sending, delay_s: int = 0) -> None:
    """Ask for the sending to be tried in `delay_s` seconds, at most a quarter of an hour; a failure is only logged."""
    wanted = {
        "account_id": sending.account_id,
        "message_id": sending.message_id,
        "channel": sending.channel,
    }
    attempted(partial(send_message, QUEUE, wanted, min(delay_s, DELAY_MAX_S)))
