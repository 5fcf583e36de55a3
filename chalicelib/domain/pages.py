"""Owns the shape of one page of a list."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a list and, unless it ended, the opaque cursor of the next page."""

    items: list[dict[str, Any]]
    cursor: str | None
