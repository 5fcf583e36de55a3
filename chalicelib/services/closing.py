"""Owns the closing of an account by its resident: vouchers void, points frozen, cards, phones and the login let go.

Must not touch the journal: what was booked stays, under an account that leads to nobody. The mark on the person comes
first, so that nothing new is taken on; every step may be repeated, so that asking again finishes what was cut off.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.vouchers import OPEN, VOIDED, Voucher, effective_state
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.profiles import current_profile
from chalicelib.services import wallet
from chalicelib.services.balances import read_balance
from chalicelib.services.freezing import freeze
from chalicelib.services.participations import leaving
from chalicelib.services.vouchers import close_unspent
from chalicelib.store import people
from chalicelib.store import vouchers as voucher_store
from chalicelib.store.message_settings import get_settings, save_settings
from chalicelib.store.wallets import get_devices

REASON = "account-closed"
_PAGE = 50


def what_is_lost(account_id: str, now: datetime) -> dict[str, Any]:
    """Return what a resident gives up by closing the account now; `closed_at` null while it is open."""
    person, balance = people.get_person(account_id), read_balance(account_id, now)
    return {
        "closed_at": person.closed_at or None,
        "points": balance["points_available"] + balance["points_held"],
        "grams_co2e": balance["grams_co2e"],
        "open_vouchers": sum(1 for _ in _open_vouchers(account_id, now)),
        "cards": len(person.cards),
        "devices": len(get_devices(account_id).items),
    }


def close_account(account_id: str, login_digest: str, now: datetime) -> dict[str, Any]:
    """Close an account for good; closed already: the same answer (`_hit`).

    `login_digest` is that of a login proven just now: Forbidden `login-of-other` unless it is this account's, so that
    a phone that was left open closes nothing; and it is what has to be forgotten. Conflict `changed-meanwhile`.
    """
    person = people.get_person(account_id)
    is_own = people.find_resident(login_digest) == account_id
    if not person.closed_at and not is_own:
        raise Forbidden("login-of-other", "this login is not that of the account")
    closed_at = person.closed_at or _mark_closed(person, now)
    with suppress(Conflict):  # nothing was ever recorded: there is nothing to freeze
        freeze(account_id, account_id, REASON, now)
    for device in get_devices(account_id).items:
        with suppress(NotFound):  # revoked meanwhile
            wallet.revoke_device(account_id, device["device_id"], now)
    for voucher in list(_open_vouchers(account_id, now)):
        with suppress(Conflict):  # redeemed or given back meanwhile
            close_unspent(voucher, VOIDED, REASON, now)
    settings = get_settings(account_id)
    if settings.kinds_by_channel or settings.addresses:
        save_settings(replace(settings, kinds_by_channel={}, addresses={}))
    people.release_login(login_digest, account_id)
    answer = {"closed_at": closed_at}
    return {**answer, "_hit": True} if person.closed_at else answer


def _mark_closed(person: people.Person, now: datetime) -> str:
    """Withdraw every consent, unbind every card, leave the boards and note the closing, at once or not at all."""
    at, today = to_text(now), local_day(now, current_profile().tz).isoformat()
    given = {purpose: known for purpose, known in person.consents.items() if known["state"] == "given"}
    ended = {purpose: {**known, "state": "withdrawn", "at": at} for purpose, known in given.items()}
    along, afterwards = leaving(person.account_id)
    people.save_person(
        replace(person, consents=person.consents | ended, cards=(), closed_at=at),
        consent_changes=[{"purpose": purpose, **answer} for purpose, answer in ended.items()],
        unbound={card["digest"]: today for card in person.cards},
        along=along,
    )
    afterwards(now)
    return at


def _open_vouchers(account_id: str, now: datetime) -> Iterator[Voucher]:
    after: tuple[str, str] | None = None
    while True:
        page = voucher_store.list_vouchers(account_id, after, _PAGE)
        yield from (voucher for voucher in page if effective_state(voucher, now) == OPEN)
        if len(page) < _PAGE:
            return
        after = (page[-1].taken_at, page[-1].redemption_id)
