"""Owns the pictures of offers: uploaded by merchants into their own folder, shown by links that end.

Must not judge what a picture shows; an operator does, before the offer is approved. What is shown to residents is a
copy that was checked and that no link can overwrite.
"""

from hashlib import sha256
from typing import Any

from chalicelib.domain.photos import HEAD_BYTES, type_of
from chalicelib.errors import NotFound, Refused
from chalicelib.store import files
from chalicelib.store.files import LINK_S, upload_link, view_link

SIZE_MAX_BYTES = 1024 * 1024
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
MEDIA = tuple(_ENDINGS)
_CHECKED = "checked"


def ask_for_upload(merchant_id: str, digest: str, media: str, size_bytes: int) -> dict[str, Any]:
    """Return the key under which a merchant may upload a picture, and a link that takes one PUT of it.

    The key follows from the content: asking again is the same key.
    """
    assert media in _ENDINGS and size_bytes <= SIZE_MAX_BYTES, "the body's model has checked this"
    key = f"pictures/{merchant_id}/{digest}.{_ENDINGS[media]}"
    return {"picture": key, "upload_url": upload_link(key, size_bytes, media), "expires_in_s": LINK_S}


def picture_link(picture: str) -> str:
    """Return a link to a picture in our bucket, good for a quarter of an hour."""
    return view_link(picture, LINK_S)


def is_ours(picture: str | None) -> bool:
    """Tell whether a picture lies in our bucket; others are addresses elsewhere."""
    return picture is not None and picture.startswith("pictures/")


def keep_checked(picture: str) -> str:
    """Look at an uploaded picture as it is and return the key of the copy that is kept of it; again: the same.

    Refused `picture-missing` before it was uploaded; `picture-invalid` unless its size, its type by its first bytes,
    what it was sent as and its digest are those of its key.
    """
    head = files.find_head(picture, HEAD_BYTES)
    if head is None:
        raise Refused("picture-missing", "this picture has not been uploaded", picture=picture)
    folder, merchant_id, *between, name = picture.split("/")
    if between:
        # The copy that was kept of it already; nothing else lies deeper in our bucket.
        return picture
    digest, _, ending = name.partition(".")
    media = type_of(head.first)
    is_as_said = media in _ENDINGS and _ENDINGS[media] == ending and head.content_type == media
    if not is_as_said or head.size_bytes > SIZE_MAX_BYTES:
        raise _invalid(picture, head.size_bytes)
    try:
        content = files.read_bytes(picture)
    except NotFound:
        raise Refused("picture-missing", "this picture is gone", picture=picture) from None
    # What was read just now may be another upload than the one whose head was looked at.
    if len(content) > SIZE_MAX_BYTES or sha256(content).hexdigest() != digest or type_of(content) != media:
        raise _invalid(picture, len(content))
    kept = f"{folder}/{merchant_id}/{_CHECKED}/{name}"
    files.write_bytes(kept, content, head.content_type)
    return kept


def _invalid(picture: str, size_bytes: int) -> Refused:
    detail = "not the picture that was announced: type, size or digest differ"
    return Refused("picture-invalid", detail, picture=picture, bytes=size_bytes, bytes_max=SIZE_MAX_BYTES)
