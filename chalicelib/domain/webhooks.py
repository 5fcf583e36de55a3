"""Owns what a merchant's system is told: the kinds of events, their form, the signature, the pauses between attempts.

Must not send or store anything.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.entries import Entry
from chalicelib.domain.statements import CHARGE, REFUND, VOID, VOUCHER, Statement, line_of, store_of

EVENTS = (
    "voucher.posted",
    "charge.created",
    "charge.voided",
    "refund.created",
    "statement.closed",
    "dispute.decided",
)
STATEMENT_CLOSED, DISPUTE_DECIDED = "statement.closed", "dispute.decided"
_EVENT_OF = {
    VOUCHER: "voucher.posted",
    CHARGE: "charge.created",
    VOID: "charge.voided",
    REFUND: "refund.created",
}
PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=24),
)
ATTEMPTS_MAX = len(PAUSES) + 1
OFF_AFTER = timedelta(days=3)
_SUMMARY = ("store_id", "on", "number", "lines", "figures", "digest", "signature", "kid", "closed_at")


@dataclass(frozen=True, slots=True)
class Event:
    """Something a merchant's system may want to know; the same event has the same id, however often it is told."""

    event_id: str
    kind: str
    merchant_id: str
    at: str
    data: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """Return what is sent."""
        return {
            "id": self.event_id,
            "type": self.kind,
            "merchant_id": self.merchant_id,
            "at": self.at,
            "data": dict(self.data),
        }


def event_of_entry(entry: Entry, merchant_id: str, event_id: str) -> Event:
    """Return the event that an entry between a resident and a merchant is; it does not name the resident."""
    line = line_of(entry, merchant_id)
    data = {"store_id": store_of(entry), **line}
    return Event(event_id, _EVENT_OF[line["kind"]], merchant_id, entry.at, data)


def event_of_statement(statement: Statement) -> Event:
    """Return the event of a statement that was closed."""
    event_id = f"evt_{statement['digest'][:32]}"
    data = {name: statement[name] for name in _SUMMARY}
    return Event(event_id, STATEMENT_CLOSED, statement["merchant_id"], statement["closed_at"], data)


def signature_header(secret: str, body: bytes, now: datetime) -> str:
    """Return the value of `Tanhui-Signature` for a body sent at `now`.

    >>> signature_header("k", b"{}", datetime.fromisoformat("2026-11-20T04:00:00+00:00"))[:14]
    't=1795147200,v'
    """
    at = int(now.timestamp())
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


def pause_after(attempts: int) -> timedelta | None:
    """Return how long to wait after so many failed attempts; None when it was the last.

    >>> pause_after(1), pause_after(7)
    (datetime.timedelta(seconds=60), None)
    """
    return PAUSES[attempts - 1] if attempts < ATTEMPTS_MAX else None
