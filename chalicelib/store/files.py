"""Owns the files bucket: deliveries under `inbox/`, unfinished work under `parts/`, results under `reports/`, leaves of
published days under `proofs/`, residents' photos under `evidence/`, pictures of offers under `pictures/`.

Must not know what a file says. Whole files never come into memory: they are read in chunks and written from disk.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import botocore.config
import botocore.session

from chalicelib.config import config
from chalicelib.errors import NotFound

CHUNK_BYTES = 128 * 1024
LINK_S = 15 * 60
_MISSING = ("NoSuchKey", "404", "NotFound")
_EMPTY = "InvalidRange"


@lru_cache(maxsize=1)
def _s3() -> Any:
    settings = config()
    return botocore.session.get_session().create_client(
        "s3",
        region_name=settings.region,
        endpoint_url=settings.endpoint_url,
        config=botocore.config.Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if settings.endpoint_url else "virtual"},
            connect_timeout=2,
            read_timeout=20,
            retries={"mode": "standard", "max_attempts": 4},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@dataclass(frozen=True, slots=True)
class Head:
    """What a file is said to be, and how it begins."""

    size_bytes: int
    content_type: str
    first: bytes


def upload_link(key: str, size_bytes: int, content_type: str = "") -> str:
    """Return a link that takes one PUT of exactly `size_bytes` to `key` within 15 minutes.

    With `content_type`, only a PUT that says so.
    """
    arguments = {"Bucket": config().files_bucket, "Key": key, "ContentLength": size_bytes}
    if content_type:
        arguments["ContentType"] = content_type
    return str(
        _s3().generate_presigned_url("put_object", Params=arguments, ExpiresIn=LINK_S, HttpMethod="PUT")
    )


def download_link(key: str, file_name: str) -> str:
    """Return a link that gives `key` as a download named `file_name` (ASCII) for 15 minutes."""
    arguments = {
        "Bucket": config().files_bucket,
        "Key": key,
        "ResponseContentDisposition": f'attachment; filename="{file_name}"',
    }
    return str(
        _s3().generate_presigned_url("get_object", Params=arguments, ExpiresIn=LINK_S, HttpMethod="GET")
    )


def view_link(key: str, valid_s: int) -> str:
    """Return a link that shows `key` in place for `valid_s` seconds."""
    arguments = {
        "Bucket": config().files_bucket,
        "Key": key,
        "ResponseContentDisposition": "inline",
        "ResponseCacheControl": "no-store",
    }
    return str(
        _s3().generate_presigned_url("get_object", Params=arguments, ExpiresIn=valid_s, HttpMethod="GET")
    )


def find_head(key: str, bytes_count: int) -> Head | None:
    """Return how a file begins, and its size and type; None when there is no such file or it is empty."""
    client = _s3()
    try:
        found = client.get_object(Bucket=config().files_bucket, Key=key, Range=f"bytes=0-{bytes_count - 1}")
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in (*_MISSING, _EMPTY):
            raise
        return None
    size_bytes = int(found["ContentRange"].rpartition("/")[2])
    return Head(size_bytes, found["ContentType"], found["Body"].read())


def read_chunks(key: str) -> Iterator[bytes]:
    """Yield the bytes of a file in order; NotFound `file-missing`."""
    body = _get(key)["Body"]
    with body:
        yield from body.iter_chunks(CHUNK_BYTES)


def read_part(key: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield the (line number, outcome, reason, activity id) that `write_part` wrote; NotFound `file-missing`."""
    for line in _get(key)["Body"].read().decode("ascii").splitlines():
        line_no, outcome, reason, activity_id = line.split(",")
        yield int(line_no), outcome, reason, activity_id


def write_part(key: str, verdicts: Iterable[tuple[int, str, str, str]]) -> None:
    """Store verdicts, as many as fit into memory."""
    text = "".join(f"{','.join(map(str, verdict))}\n" for verdict in verdicts)
    _s3().put_object(Bucket=config().files_bucket, Key=key, Body=text.encode("ascii"), ContentType="text/csv")


def write_file(key: str, path: Path, content_type: str) -> None:
    """Store the file at `path`, streamed from disk."""
    with path.open("rb") as body:
        _s3().put_object(
            Bucket=config().files_bucket,
            Key=key,
            Body=body,
            ContentLength=os.path.getsize(path),
            ContentType=content_type,
        )


def read_bytes(key: str) -> bytes:
    """Return a small file whole; NotFound `file-missing`."""
    content: bytes = _get(key)["Body"].read()
    return content


def write_bytes(key: str, content: bytes, content_type: str = "application/octet-stream") -> None:
    """Store a small file."""
    _s3().put_object(Bucket=config().files_bucket, Key=key, Body=content, ContentType=content_type)


def _get(key: str) -> Any:
    client = _s3()
    try:
        return client.get_object(Bucket=config().files_bucket, Key=key)
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in _MISSING:
            raise
        raise NotFound("file-missing", f"there is no file {key!r}", key=key) from None
