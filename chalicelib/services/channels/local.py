"""Owns the channel for development: what would leave is written down and can be looked at; nothing leaves.

Must not be enabled where residents are real: it exists in demonstrations only.
"""

from chalicelib.domain.days import to_text
from chalicelib.services.channels import Outgoing
from chalicelib.store.sendings import put_local


def send(outgoing: Outgoing) -> str:
    """Write the message down and return its id; again is the same line."""
    line = {
        "to": outgoing.account_id,
        "kind": outgoing.kind,
        "title": outgoing.title,
        "body": outgoing.body,
        "sent_at": to_text(outgoing.now),
    }
    put_local(line, outgoing.sending_id, outgoing.now)
    return outgoing.sending_id
