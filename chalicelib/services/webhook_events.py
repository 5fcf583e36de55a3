"""Owns the step from a line of the journal to what a merchant's system is told of it.

Must not send. An entry's event has the same id every time, and the id does not tell whose entry it is.
"""

from datetime import datetime

from chalicelib.domain.entries import Entry, parse_entry
from chalicelib.domain.webhooks import event_of_entry
from chalicelib.keys import keyed_digest
from chalicelib.services.webhook_deliveries import tell
from chalicelib.store.entries import find_entry_body


def tell_entry(entry: Entry, now: datetime) -> int:
    """Tell the webhooks of the merchant on the other side of an entry, if there is one; return how many are new."""
    merchant_id = entry.counterparty
    if merchant_id is None or merchant_id.startswith("sys_"):
        return 0
    event_id = "evt_" + keyed_digest("webhook-event", entry.account_id, str(entry.seq))
    return tell(event_of_entry(entry, merchant_id, event_id), now)


def tell_entry_again(account_id: str, seq: int, now: datetime) -> int:
    """Tell of the entry at `seq` of an account, unless that was done; for entries that could not be told before."""
    body = find_entry_body(account_id, seq)
    return tell_entry(parse_entry(body), now) if body is not None else 0
