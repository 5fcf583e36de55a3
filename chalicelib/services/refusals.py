"""Owns the list by which a resident sees what was refused of theirs lately, and why.

Must not refuse anything itself; recording does, and leaves notes on the day sheets.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.refusals import Refusal
from chalicelib.domain.sheets import activity_id
from chalicelib.profiles import current_profile
from chalicelib.services.methodologies import versions_of
from chalicelib.services.wording import refusal_words
from chalicelib.store.client import batch_get
from chalicelib.store.sheets import parse_sheet, sheet_key

DAYS_SHOWN = 31


def list_refusals(account_id: str, now: datetime) -> list[dict[str, Any]]:
    """Return what was refused in the last 31 days, the latest first, at most 20 a day; recorded since, not shown."""
    today = local_day(now, current_profile().tz)
    keys = [sheet_key(account_id, today - timedelta(days=back)) for back in range(DAYS_SHOWN)]
    sheets = [parse_sheet(item) for _, item in batch_get(keys, consistent=False)]
    recorded = {key for sheet in sheets for key in sheet.activities}
    refused = {key: note for sheet in sheets for key, note in sheet.refusals.items() if key not in recorded}
    return [_view(note) for note in sorted(refused.values(), key=lambda r: (-r.at_epoch_s, r.event_key))]


def _view(refusal: Refusal) -> dict[str, Any]:
    profile = current_profile()
    at = datetime.fromtimestamp(refusal.at_epoch_s, UTC)
    versions = versions_of(refusal.methodology_id)
    return {
        "activity_id": activity_id(local_day(at, profile.tz), refusal.event_key),
        "occurred_at": to_text(at),
        "methodology_id": refusal.methodology_id,
        "behaviour": versions[0].document["behaviour"]["zh"] if versions else None,
        "inputs": dict(refusal.inputs),
        "source": refusal.source,
        "evidence": refusal.evidence,
        "outcome": "refused",
        "reason": refusal.reason,
        "text": refusal_words(refusal.reason),
    }
