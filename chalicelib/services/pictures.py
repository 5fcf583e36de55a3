"""Owns the pictures of offers: uploaded by merchants into their own folder, shown by links that end.

Must not look at a picture; an operator does, before the offer is approved.
"""

from typing import Any

from chalicelib.store.files import LINK_S, upload_link, view_link

SIZE_MAX_BYTES = 1024 * 1024
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
MEDIA = tuple(_ENDINGS)


def ask_for_upload(merchant_id: str, sha256: str, media: str, size_bytes: int) -> dict[str, Any]:
    """Return the key under which a merchant may upload a picture, and a link that takes one PUT of it.

    The key follows from the content: asking again is the same key.
    """
    assert media in _ENDINGS and size_bytes <= SIZE_MAX_BYTES, "the body's model has checked this"
    key = f"pictures/{merchant_id}/{sha256}.{_ENDINGS[media]}"
    return {"picture": key, "upload_url": upload_link(key, size_bytes, media), "expires_in_s": LINK_S}


def picture_link(picture: str) -> str:
    """Return a link to a picture in our bucket, good for a quarter of an hour."""
    return view_link(picture, LINK_S)
