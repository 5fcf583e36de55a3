"""Owns the entry: one line of the journal, its stored form and the hash that chains it to the one before.

Must not know balances; `domain.accounts` decides which entries to write.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.lots import Lot, Lots, total_grams, total_points

SYS_ISSUANCE = "sys_issuance"
SYS_EXPIRED = "sys_expired"
SYS_LOSS = "sys_loss"
"""What was paid for something that turned out not to count and could not be taken back: the programme bears it, until
points of that vintage come back (`repay`)."""
SYS_BONUS = "sys_bonus"
"""Owes the points of bonuses, which stand for no grams."""
SYS_POOL = "sys_pool"
"""What expired and was passed on to the city, by vintage."""
GENESIS_HASH = "0" * 64

KINDS = frozenset(
    {"grant", "hold", "post", "void", "charge", "refund", "expire", "adjust", "repay", "bonus", "pool"}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of points and grams from `debit` to `credit`, lot by lot. Never changed once written."""

    account_id: str
    seq: int
    at: str
    kind: str
    debit: str
    credit: str
    lots: Lots
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def points(self) -> int:
        """Return the points moved."""
        return total_points(self.lots)

    @property
    def grams_co2e(self) -> int:
        """Return the grams moved."""
        return total_grams(self.lots)

    @property
    def counterparty(self) -> str | None:
        """Return the merchant or system account on the other side; None when it stays with the resident."""
        for party in (self.debit, self.credit):
            if not party.startswith(self.account_id):
                return party
        return None


def held_account(account_id: str) -> str:
    """Return the name under which an account's held points stand in the journal."""
    return f"{account_id}/held"


def entry_body(entry: Entry) -> str:
    """Return the canonical JSON of all decided fields; this text is stored and hashed."""
    lots = [[lot.vintage, lot.expires_on.isoformat(), lot.points, lot.grams_co2e] for lot in entry.lots]
    return canonical_json(
        {
            "account_id": entry.account_id,
            "at": entry.at,
            "credit": entry.credit,
            "debit": entry.debit,
            "facts": dict(entry.facts),
            "grams_co2e": entry.grams_co2e,
            "kind": entry.kind,
            "lots": lots,
            "points": entry.points,
            "seq": entry.seq,
        }
    )


def parse_entry(body: str) -> Entry:
    """Return the entry that `entry_body` wrote; ValueError when its totals are not those of its lots."""
    raw = json.loads(body)
    lots = tuple(Lot(date.fromisoformat(e), v, p, g) for v, e, p, g in raw["lots"])
    entry = Entry(
        account_id=raw["account_id"],
        seq=raw["seq"],
        at=raw["at"],
        kind=raw["kind"],
        debit=raw["debit"],
        credit=raw["credit"],
        lots=lots,
        facts=raw["facts"],
    )
    if (entry.points, entry.grams_co2e) != (raw["points"], raw["grams_co2e"]):
        raise ValueError("the totals of the entry differ from those of its lots")
    return entry


def chain_hash(previous_hash: str, body: str) -> str:
    """Return the hash of an entry: SHA-256 over the previous hash and this entry's body."""
    return hashlib.sha256((previous_hash + body).encode()).hexdigest()
