"""Owns the making of audiences: named sets of residents for whom an offer is kept, entered by operators or by boards.

Must not take anybody out: other members are another audience.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chalicelib.domain.days import to_text
from chalicelib.errors import Conflict
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.store.audiences import add_members
from chalicelib.store.catalogue import get_document, put_document

KIND = "audience"


def make_audience(audience_id: str, title: str, by: str, now: datetime) -> dict[str, Any]:
    """Enter an audience without members; the same again: the same answer (`_hit`), else Conflict `audience-exists`."""
    audience = {"id": audience_id, "title": title, "made_by": by, "made_at": to_text(now)}
    try:
        put_document(KIND, audience_id, audience)
    except Conflict:
        known = get_document(KIND, audience_id)
        if (known["title"], known["made_by"]) != (title, by):
            raise
        return {**known, "_hit": True}
    return audience


def admit(audience_id: str, account_ids: Sequence[str]) -> dict[str, Any]:
    """Add residents to an audience; safe to repeat. NotFound `audience-unknown`."""
    audience = get_document(KIND, audience_id)
    wanted = list(dict.fromkeys(account_ids))
    repeat_on_conflict(lambda: add_members(audience_id, wanted))
    return {**audience, "admitted": len(wanted)}
