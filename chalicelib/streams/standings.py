"""Owns the taking of the accounts' stream: an account with news for the boards is shown to `services.standings`.

Must not decide who is shown. Day sheets, and accounts without news, are none of its business. A record that can never
be worked on goes to our own dead letters, by its key.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from chalicelib.domain.accounts import Account
from chalicelib.services.standings import Projected, project
from chalicelib.store.accounts import ACCOUNT, NEWS, parse_account
from chalicelib.streams.records import Record, or_buried

CONSUMER = "standings"


def handle(records: Iterable[Record], now: datetime) -> Projected:
    """Project the accounts of a batch; coming again, in pieces or in any order changes nothing."""
    accounts = []
    for record in records:
        image = record.new_image
        if image and record.keys["item"]["S"] == ACCOUNT and NEWS in image:
            account: Account | None = or_buried(
                CONSUMER, record, now, partial(parse_account, image), "accounts"
            )
            accounts += [account] if account is not None else []
    return project(accounts, now) if accounts else Projected()
