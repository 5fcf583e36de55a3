"""Owns the journal as a resident sees it: their entries, newest first, with what each added or took."""

import json
from typing import Any

from chalicelib.domain.pages import Page
from chalicelib.errors import InvalidInput
from chalicelib.services.wording import entry_words
from chalicelib.store import entries as store

_SHOWN = ("seq", "at", "kind", "points", "grams_co2e", "debit", "credit", "lots", "facts")


def list_entries(account_id: str, limit: int, cursor: str | None) -> Page:
    """Return up to `limit` entries; `cursor` is the seq before which to go on."""
    if cursor is not None and not cursor.isdecimal():
        raise InvalidInput.at("/cursor", "is not a cursor of this list")
    found = store.list_entries(account_id, int(cursor) if cursor else None, limit)
    items = [_entry_view(account_id, body, digest) for body, digest in found]
    last_seq = items[-1]["seq"] if items else 1
    is_end = len(items) < limit or last_seq == 1
    return Page(items, None if is_end else str(last_seq))


def _entry_view(account_id: str, body: str, digest: str) -> dict[str, Any]:
    entry = json.loads(body)
    view: dict[str, Any] = {name: entry[name] for name in _SHOWN}
    came_in = entry["credit"] == account_id
    view["points_change"] = entry["points"] if came_in else -entry["points"]
    if not came_in and entry["debit"] != account_id:
        view["points_change"] = 0
    view["lots"] = [
        {"vintage": vintage, "expires_on": expires_on, "points": points, "grams_co2e": grams}
        for vintage, expires_on, points, grams in entry["lots"]
    ]
    view["facts"] = {name: fact for name, fact in entry["facts"].items() if name != "staff_id"}
    view["text"] = entry_words(entry)
    view["hash"] = digest
    return view
