"""Owns the projection of accounts to standings: what an account says of its scores becomes its row, if it may be shown.

Must not depend on order or on coming once: a row holds absolute values and gives way to no older ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib import ids
from chalicelib.domain.accounts import Account
from chalicelib.domain.boards import Row
from chalicelib.domain.days import to_text
from chalicelib.domain.participation import Participation
from chalicelib.keys import keyed_digest
from chalicelib.store import standings as store
from chalicelib.store.accounts import find_account
from chalicelib.store.participations import find_participations, get_participation

_TAG_CHARS = 8


@dataclass(slots=True)
class Projected:
    """What one batch did: rows written, accounts of which a newer row stood there, accounts that are not shown."""

    written: int = 0
    known: int = 0
    hidden: int = 0


def tag_of(account_id: str) -> str:
    """Return what stands for a resident on pages of boards, and cannot be guessed without the key."""
    return keyed_digest("board-tag", account_id)[:_TAG_CHARS]


def row_of(account: Account, mine: Participation) -> Row:
    """Return the row of an account whose resident may be shown."""
    return Row(
        account_id=account.account_id,
        tag=tag_of(account.account_id),
        nickname=mine.nickname,
        by_period=account.scores.by_period,
        base=mine.base,
        epoch=mine.version,
        version=account.scores.version,
        is_hidden=account.till.frozen_at is not None,
    )


def project(accounts: Iterable[Account], now: datetime) -> Projected:
    """Write the rows of some accounts, each as its newest state says, and note which communities have changed."""
    newest: dict[str, Account] = {}
    for account in accounts:
        known = newest.get(account.account_id)
        if known is None or known.scores.version < account.scores.version:
            newest[account.account_id] = account
    chosen = find_participations(newest)
    done = Projected()
    changed = set()
    for account_id, account in newest.items():
        mine = chosen.get(account_id, Participation(account_id))
        if not mine.is_shown:
            done.hidden += 1
            continue
        is_written = store.put_row(mine.community_id, row_of(account, mine))
        done.written += is_written
        done.known += not is_written
        # Also when the row was there: whoever wrote it may have been cut off before noting it.
        changed.add(mine.community_id)
    note_changed(changed, now)
    return done


def project_resident(account_id: str, now: datetime) -> bool:
    """Write the row of one resident as account and choice are now; return whether they may be shown."""
    if not get_participation(account_id).is_shown:
        return False
    project([find_account(account_id) or Account(account_id)], now)
    return True


def note_changed(community_ids: Iterable[str], now: datetime) -> None:
    """Note that the boards of these communities have to be made anew."""
    store.note_changed(community_ids, f"{to_text(now)}-{ids.new_id('chg')}")
