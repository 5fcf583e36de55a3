"""Owns the page for development on which one sees what the local channel was given."""

from chalicelib.config import config
from chalicelib.domain.pages import Page
from chalicelib.errors import NotFound
from chalicelib.store.sendings import list_local


def list_local_sendings(limit: int, cursor: str | None) -> Page:
    """Return a page of what would have left, newest first; NotFound `not-found` where this is no demonstration."""
    if not config().demo:
        raise NotFound("not-found", "there is nothing at this address")
    found = list_local(cursor, limit)
    last_id = found[-1][0] if len(found) == limit else None
    return Page([{"id": line_id, **line} for line_id, line in found], last_id)
