"""Owns the reading of adapter documents shipped with the code, which operators may register as they are."""

import json
from pathlib import Path
from typing import Any


def shipped_adapter(name: str) -> dict[str, Any]:
    """Return the adapter document `name`, e.g. `szt`, not yet checked; KeyError when none is shipped."""
    path = Path(__file__).with_name(f"{name}.json")
    if not path.exists():
        raise KeyError(name)
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
