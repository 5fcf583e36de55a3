"""Owns residents' photos: uploaded straight to the private bucket, looked at once when declared, shown to few.

Must not raise what an activity is worth: a photo supports a self-declaration and proves nothing by itself. Where it
lies follows from account and event alone; nothing about it is stored. The bucket forgets it after 180 days.
"""

from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.domain.days import local_day
from chalicelib.domain.photos import HEAD_BYTES, is_photo
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.keys import keyed_digest
from chalicelib.profiles import current_profile
from chalicelib.store import files

VIEW_S = 5 * 60
_PREFIX = "pho_"


def request_photo(
    account_id: str, event_id: str, content_type: str, size_bytes: int, now: datetime
) -> dict[str, Any]:
    """Return a link that takes one PUT of the photo for the event `event_id` within 15 minutes.

    `event_id` is that of the declaration to come and begins with its day, which must be one that can still be
    declared. The same again gives a fresh link to the same place.
    """
    _check_day(event_id, now)
    event_key = _event_key(account_id, event_id)
    link = files.upload_link(photo_key(account_id, event_key), size_bytes, content_type)
    return {
        "photo_id": _PREFIX + event_key,
        "upload_url": link,
        "content_type": content_type,
        "valid_s": files.LINK_S,
    }


def photo_refusal(account_id: str, event_id: str, photo_id: str | None, is_demanded: bool) -> str:
    """Return why the photo of a declared event is none; empty when it is there, or neither named nor demanded.

    `evidence-missing` when it is not there, or is another event's; `evidence-invalid` when it is no photo, too big, or
    of another type than was said.
    """
    if photo_id is None:
        return "evidence-missing" if is_demanded else ""
    event_key = _event_key(account_id, event_id)
    found = files.find_head(photo_key(account_id, event_key), HEAD_BYTES)
    if photo_id != _PREFIX + event_key or found is None:
        return "evidence-missing"
    return "" if is_photo(found.size_bytes, found.content_type, found.first) else "evidence-invalid"


def photo_link(account_id: str, event_key: str) -> dict[str, Any]:
    """Return a link that shows the photo of an activity for five minutes; NotFound `photo-unknown`."""
    key = photo_key(account_id, event_key)
    if files.find_head(key, HEAD_BYTES) is None:
        raise NotFound("photo-unknown", "this activity has no photo, or it was kept its time")
    return {"photo_url": files.view_link(key, VIEW_S), "valid_s": VIEW_S}


def _event_key(account_id: str, event_id: str) -> str:
    """Return the key under which the declared event stands on its sheet."""
    return keyed_digest("event-key", f"self:{account_id}", event_id)


def photo_key(account_id: str, name: str) -> str:
    """Return where a photo lies. The folder is no account id, so that a link tells a verifier nobody's."""
    return f"evidence/{keyed_digest('photo-folder', account_id)}/{name}"


def _check_day(event_id: str, now: datetime) -> None:
    profile = current_profile()
    today = local_day(now, profile.tz)
    try:
        on = date.fromisoformat(event_id[:8])
    except ValueError:
        raise InvalidInput.at("/event_id", "must begin with its day, YYYYMMDD") from None
    if not today - timedelta(days=profile.window_days) <= on <= today:
        raise InvalidInput.at("/event_id", "its day cannot be declared")
