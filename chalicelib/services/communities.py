"""Owns the communities of the city, each in its district: published by operators, found by anybody.

Must not know who belongs to one. A community stays for ever under its id; name and district may be mended.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.days import to_text
from chalicelib.domain.pages import Page
from chalicelib.profiles import current_profile
from chalicelib.services.spending import repeat_on_conflict
from chalicelib.store.catalogue import cached_document, cached_documents, find_document, list_after
from chalicelib.store.transactions import Transaction
from chalicelib.store.versions import Change, add_version

KIND = "community"
_FIELDS = ("name", "district_id", "district")


def publish_community(community_id: str, fields: Mapping[str, str], by: str, now: datetime) -> dict[str, Any]:
    """Enter a community {name, district_id, district}, or mend it; as it stands already: the same answer (`_hit`)."""
    return repeat_on_conflict(lambda: _publish(community_id, fields, by, now))


def _publish(community_id: str, fields: Mapping[str, str], by: str, now: datetime) -> dict[str, Any]:
    known = find_document(KIND, community_id)
    if known is not None and all(known[name] == fields[name] for name in _FIELDS):
        return {**view(known), "_hit": True}
    document = {"id": community_id, **fields, "version": known["version"] + 1 if known else 1}
    tx = Transaction()
    add_version(tx, KIND, document, Change(by, to_text(now), "publish"))
    tx.commit()
    return view(document)


def list_communities(district_id: str | None, limit: int, cursor: str | None) -> Page:
    """Return a page of the communities, of one district when given, in the order of their ids."""
    if district_id is not None:
        found = [one for one in cached_documents(KIND) if one["district_id"] == district_id]
        found = [one for one in found if cursor is None or one["id"] > cursor][:limit]
    else:
        found = list_after(KIND, "", cursor, limit)
    last_id = found[-1]["id"] if len(found) == limit else None
    return Page([view(one) for one in found], last_id)


def get_community(community_id: str) -> dict[str, Any]:
    """Return a community as it was at most 30 s ago; NotFound `community-unknown`."""
    return view(cached_document(KIND, community_id))


def view(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a community as anybody sees it, with its city."""
    profile = current_profile()
    shown = {name: document[name] for name in ("id", *_FIELDS)}
    return {**shown, "city_id": profile.id, "city": profile.name}
