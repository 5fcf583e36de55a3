"""Owns what a photo may be: its types, its size, and how its first bytes must begin.

Must not fetch one, nor say what it proves: a photo supports a resident's word and never replaces another proof.
"""

PHOTO_BYTES_MAX = 5 * 1024**2
HEAD_BYTES = 16
JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
PHOTO_TYPES = (JPEG, PNG, WEBP)


def type_of(head: bytes) -> str | None:
    """Return the type of an image by its first 16 bytes; None for anything that cannot be a photo.

    >>> type_of(b"\\x89PNG\\r\\n\\x1a\\n" + bytes(8)), type_of(b"RIFF\\x00\\x00\\x00\\x00WEBPVP8 ")
    ('image/png', 'image/webp')
    >>> type_of(b"<svg xmlns=") is None
    True
    """
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    return None


def is_photo(size_bytes: int, content_type: str, head: bytes) -> bool:
    """Say whether a stored object can be the photo it claims to be."""
    return 0 < size_bytes <= PHOTO_BYTES_MAX and type_of(head) == content_type
