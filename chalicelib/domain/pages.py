"""Owns the shape of one page of a list."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a list, unless it ended the opaque cursor of the next page, and facts about the whole list."""

    items: list[dict[str, Any]]
    cursor: str | None
    facts: Mapping[str, Any] = field(default_factory=dict)
