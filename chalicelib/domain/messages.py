"""Owns the message in a resident's inbox: its kinds, its id, and which entries of the journal become one.

Must not hold words (`domain.message_texts`) nor know channels outside the app (`domain.sendings`).
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chalicelib.domain.days import to_text
from chalicelib.domain.entries import SYS_LOSS, Entry
from chalicelib.domain.sheets import activity_id

KEPT_DAYS = 400
_DIGEST_CHARS = 16
# Ids of payments at the till begin so, those of vouchers never.
_CHARGE_PREFIX = "chg_"

# kind -> (what a tap opens, the fact that names it)
LINKS: Mapping[str, tuple[str, str]] = {
    "points-granted": ("entry", "seq"),
    "voucher-redeemed": ("voucher", "redemption_id"),
    "points-charged": ("charge", "redemption_id"),
    "charge-in-review": ("charge", "redemption_id"),
    "charge-cancelled": ("charge", "redemption_id"),
    "voucher-voided": ("voucher", "redemption_id"),
    "voucher-timed-out": ("voucher", "redemption_id"),
    "points-refunded": ("entry", "seq"),
    "points-expired": ("entry", "seq"),
    "points-corrected": ("activity", "activity_id"),
    "points-borne": ("activity", "activity_id"),
    "points-repaid": ("entry", "seq"),
    "points-awarded": ("entry", "seq"),
    "points-expiring": ("offers", "expires_on"),
    "voucher-due": ("voucher", "redemption_id"),
    "appeal-decided": ("appeal", "appeal_id"),
    "appeal-asked": ("appeal", "appeal_id"),
    "appeal-escalated": ("appeal", "appeal_id"),
    "star-won": ("star", "star_id"),
    "star-revoked": ("star", "star_id"),
}
KINDS = frozenset(LINKS)


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `message_id` sorts by time; `facts` are what its words are made of, numbers with their units."""

    account_id: str
    message_id: str
    kind: str
    facts: Mapping[str, Any]
    created_at: str
    read_at: str | None = None


Notice = tuple[str, dict[str, Any]]


def link_of(kind: str, facts: Mapping[str, Any]) -> dict[str, str] | None:
    """Return what a message leads to, None when its facts do not name it.

    >>> link_of("voucher-redeemed", {"redemption_id": "red_1"})
    {'kind': 'voucher', 'id': 'red_1'}
    """
    target, fact = LINKS[kind]
    return {"kind": target, "id": str(facts[fact])} if facts.get(fact) is not None else None


def entry_message_id(entry: Entry) -> str:
    """Return the one id of the message about an entry, the same however often and late the entry comes by."""
    return f"{_compact(entry.at)}.e{entry.seq}"


def keyed_message_id(natural_key: str, now: datetime) -> str:
    """Return the id of a message that something else than an entry causes.

    >>> from datetime import UTC
    >>> keyed_message_id("appeal/7", datetime(2026, 11, 24, 1, tzinfo=UTC))
    '20261124T010000000Z.k527aa9dbe7f6aa1d'
    """
    return f"{_compact(to_text(now))}.k{key_digest(natural_key)}"


def key_digest(natural_key: str) -> str:
    """Return what stands for a natural key in ids: 16 hexadecimal characters."""
    return hashlib.sha256(natural_key.encode()).hexdigest()[:_DIGEST_CHARS]


def notice_of(entry: Entry) -> Notice | None:
    """Return kind and facts of the message that an entry causes; None for one that tells its resident nothing new.

    Points set aside for a voucher are none: the resident has just done that. A payment under review is a hold, and
    resolved like one. What the programme bears of a correction is told as well: every correction is seen.
    """
    make = _NOTICES.get(entry.kind)
    if make is None or not (entry.points or entry.grams_co2e):
        return None
    found = make(entry)
    if found is None:
        return None
    kind, facts = found
    own = {"seq": entry.seq, "points": entry.points, "grams_co2e": entry.grams_co2e}
    return kind, own | {name: value for name, value in facts.items() if value is not None}


def _granted(entry: Entry) -> Notice:
    return "points-granted", {"day": entry.facts["day"]}


def is_charge(facts: Mapping[str, Any]) -> bool:
    """Tell a payment at the till from a voucher by the facts of its entries.

    >>> is_charge({"redemption_id": "chg_1"}), is_charge({"redemption_id": "red_1"})
    (True, False)
    """
    return str(facts.get("redemption_id", "")).startswith(_CHARGE_PREFIX)


def _held(entry: Entry) -> Notice | None:
    if not is_charge(entry.facts):
        return None
    return "charge-in-review", _redemption(entry) | {"bill_fen": entry.facts.get("bill_fen")}


def _redeemed(entry: Entry) -> Notice:
    if is_charge(entry.facts):
        return _charged(entry)
    return "voucher-redeemed", _redemption(entry) | {"merchant_id": entry.credit}


def _charged(entry: Entry) -> Notice:
    return "points-charged", _redemption(entry) | {
        "merchant_id": entry.credit,
        "bill_fen": entry.facts.get("bill_fen"),
    }


def _voided(entry: Entry) -> Notice:
    is_late = entry.facts.get("reason") == "deadline"
    kind = "voucher-timed-out" if is_late else "voucher-voided"
    if is_charge(entry.facts):
        kind = "charge-cancelled"
    return kind, _redemption(entry) | {"expires_on": _earliest(entry)}


def _refunded(entry: Entry) -> Notice:
    return "points-refunded", _redemption(entry) | {
        "merchant_id": entry.debit,
        "expires_on": _earliest(entry),
    }


def _expired(entry: Entry) -> Notice:
    return "points-expired", {"expires_on": _earliest(entry)}


def _corrected(entry: Entry) -> Notice:
    facts = entry.facts
    on, event_key = facts.get("day"), facts.get("key")
    about = {
        "day": on,
        "activity_id": activity_id(date.fromisoformat(on), event_key) if on and event_key else None,
        "correction": facts.get("correction"),
    }
    if entry.debit == SYS_LOSS:
        return "points-borne", about
    is_up = entry.credit == entry.account_id
    return "points-corrected", {"points_change": entry.points if is_up else -entry.points, **about}


def _repaid(entry: Entry) -> Notice | None:
    return ("points-repaid", {}) if entry.points else None


def _awarded(entry: Entry) -> Notice | None:
    if entry.credit != entry.account_id:
        return None
    return "points-awarded", {"reason": entry.facts.get("reason"), "expires_on": _earliest(entry)}


_NOTICES: Mapping[str, Callable[[Entry], Notice | None]] = {
    "grant": _granted,
    "hold": _held,
    "post": _redeemed,
    "charge": _charged,
    "void": _voided,
    "refund": _refunded,
    "expire": _expired,
    "adjust": _corrected,
    "repay": _repaid,
    "bonus": _awarded,
}


def _redemption(entry: Entry) -> dict[str, Any]:
    names = ("redemption_id", "offer_id", "store_id", "reason")
    return {name: entry.facts.get(name) for name in names}


def _earliest(entry: Entry) -> str | None:
    return min((lot.expires_on.isoformat() for lot in entry.lots), default=None)


def _compact(instant: str) -> str:
    return instant.replace("-", "").replace(":", "").replace(".", "")
