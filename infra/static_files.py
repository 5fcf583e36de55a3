"""Owns how the mini-app's files are served: which file a path means, how long it may be kept, what a page may load.

Must not know the API. Everything here holds for any host of the H5 build: `/assets/` never changes under a name, every
other path without a dot is a page of the app and means `index.html`, nothing is loaded from anywhere else.
"""

import gzip
import mimetypes
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

_GZIP_AT_LEAST_BYTES = 1024
_TEXTS = ("text/", "application/javascript", "application/json", "image/svg+xml", "application/manifest+json")
_SAFE = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class StaticAnswer:
    """What to answer for a path."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def policy(files_origin: str = "") -> str:
    """Return what a page may load: our own files, the API, and photos and pictures to and from the bucket.

    uni-app writes styles into the page as it starts, hence 'unsafe-inline' for styles; scripts are files of ours only.
    `files_origin` is that of the links the API signs, `https://<bucket>.s3.<region>.amazonaws.com.cn` in the cloud.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob: {files_origin}".rstrip(),
            "media-src 'self' blob: mediastream:",
            f"connect-src 'self' {files_origin}".rstrip(),
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def answer_file(
    root: Path, method: str, path: str, takes_gzip: bool, files_origin: str = ""
) -> StaticAnswer | None:
    """Return the answer for `path` under `root`; None when no mini-app is built there and `/` is asked for."""
    if method not in ("GET", "HEAD"):
        return StaticAnswer(
            405, {"Content-Type": "text/plain", "Allow": "GET, HEAD"}, b"Method Not Allowed\n"
        )
    file = _find_file(root, path)
    if file is None:
        is_start = path == "/"
        return None if is_start else StaticAnswer(404, {"Content-Type": "text/plain"}, b"Not Found\n")
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    kind = "application/javascript" if kind.endswith("javascript") else kind
    is_text = kind.startswith(_TEXTS)
    is_fixed = path.startswith("/assets/")
    headers = {
        **_SAFE,
        "Content-Security-Policy": policy(files_origin),
        "Content-Type": f"{kind}; charset=utf-8" if is_text else kind,
        "Cache-Control": "public, max-age=31536000, immutable" if is_fixed else "no-cache",
    }
    content = _read(file, file.stat().st_mtime_ns, is_text and takes_gzip)
    if is_text and takes_gzip and content[:2] == b"\x1f\x8b":
        headers["Content-Encoding"] = "gzip"
    if is_text:
        headers["Vary"] = "Accept-Encoding"
    return StaticAnswer(200, headers, content)


def _find_file(root: Path, path: str) -> Path | None:
    """Return the file under `root` that `path` means, None when there is none or it would leave `root`."""
    if "\0" in path or not root.is_dir():
        return None
    file = (root / path.lstrip("/")).resolve()
    if not file.is_relative_to(root.resolve()):
        return None
    is_page = "." not in path.rpartition("/")[2]
    if is_page and not file.is_file():
        file = root / "index.html"
    return file if file.is_file() else None


@lru_cache(maxsize=256)
def _read(file: Path, _changed_at_ns: int, compressed: bool) -> bytes:
    content = file.read_bytes()
    if not compressed or len(content) < _GZIP_AT_LEAST_BYTES:
        return content
    return gzip.compress(content, 6)
