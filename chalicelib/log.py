"""Owns what is written to the log: one JSON line a request or job step, at most 200 bytes, no personal data.

Must not carry ids of people, bodies, tokens or card numbers: callers pass templates, codes and counts.
"""

import json
import re
import sys
import traceback
from datetime import datetime
from typing import Any

LINE_MAX_BYTES = 200
NAMESPACE = "Tanhui"
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_FRAMES_MAX = 12
_NAMING = re.compile(r"(?:res|crd|stf)_[\w-]+|[A-Za-z0-9_-]{15,}|[0-9]{5,}")


def write_line(now: datetime, **fields: str | int) -> str:
    """Write one line with the instant first; return it. Asserts that it fits into 200 bytes, newline included."""
    document: dict[str, Any] = {"at": now.isoformat(timespec="milliseconds")[:23] + "Z", **fields}
    line = _ENCODER.encode(document) + "\n"
    assert len(line.encode()) <= LINE_MAX_BYTES, f"log line of {len(line.encode())} bytes"
    sys.stdout.write(line)
    return line


def write_metric(now: datetime, stage: str, name: str, value: int) -> None:
    """Write one number in CloudWatch's embedded metric format: the log line itself is the metric, per stage."""
    metric = {"Namespace": NAMESPACE, "Dimensions": [["Stage"]], "Metrics": [{"Name": name, "Unit": "Count"}]}
    document = {
        "_aws": {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [metric]},
        "Stage": stage,
        name: value,
    }
    sys.stdout.write(_ENCODER.encode(document) + "\n")


def write_failure(now: datetime, request_id: str, error: BaseException) -> None:
    """Write the cause of an unforeseen failure under the id that the caller was told.

    The message is scrubbed of anything that may name a person; the frames say where it was.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_MAX:]
    document = {
        "at": now.isoformat(timespec="milliseconds")[:23] + "Z",
        "id": request_id,
        "error": type(error).__name__,
        "message": _NAMING.sub("…", str(error))[:300],
        "frames": [f"{f.filename.rsplit('/', 2)[-1]}:{f.lineno} {f.name}" for f in frames],
    }
    sys.stdout.write(_ENCODER.encode(document) + "\n")
    sys.stdout.flush()
