"""Owns the photos of appeals: uploaded straight to the private bucket, looked at when they are named, shown to few.

Must not be proof by themselves. A photo is named by its resident's own id for it; where it lies follows from both.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain.photos import HEAD_BYTES, is_photo
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.keys import keyed_digest
from chalicelib.services.photos import VIEW_S, photo_key
from chalicelib.store import files


def request_photo(account_id: str, photo_id: str, content_type: str, size_bytes: int) -> dict[str, Any]:
    """Return a link that takes one PUT of the photo within 15 minutes; the same again gives a fresh link."""
    link = files.upload_link(_key(account_id, photo_id), size_bytes, content_type)
    return {
        "photo_id": photo_id,
        "upload_url": link,
        "content_type": content_type,
        "valid_s": files.LINK_S,
    }


def check_photos(account_id: str, photo_ids: Sequence[str]) -> None:
    """Raise InvalidInput naming every photo that is not there, or is no photo, or is named twice."""
    faults = []
    for place, photo_id in enumerate(photo_ids):
        detail = "is named twice" if photo_id in photo_ids[:place] else _fault(account_id, photo_id)
        if detail:
            faults.append({"pointer": f"/photos/{place}", "detail": detail})
    if faults:
        raise InvalidInput(faults)


def photo_link(fields: Mapping[str, Any], photo_id: str) -> dict[str, Any]:
    """Return a link that shows one of an appeal's photos for five minutes; NotFound `photo-unknown`."""
    named = [*fields.get("photos", ()), *(p for said in fields.get("messages", ()) for p in said["photos"])]
    key = _key(fields["subject"], photo_id)
    if photo_id not in named or files.find_head(key, HEAD_BYTES) is None:
        raise NotFound("photo-unknown", "this appeal has no such photo, or it was kept its time")
    return {"photo_url": files.view_link(key, VIEW_S), "valid_s": VIEW_S}


def _fault(account_id: str, photo_id: str) -> str:
    found = files.find_head(_key(account_id, photo_id), HEAD_BYTES)
    if found is None:
        return "has not been uploaded"
    is_one = is_photo(found.size_bytes, found.content_type, found.first)
    return "" if is_one else "is no JPEG, PNG or WebP photo of at most 5 MB"


def _key(account_id: str, photo_id: str) -> str:
    return photo_key(account_id, keyed_digest("appeal-photo", account_id, photo_id))
