"""Owns the reading of word lists shipped with the code; must not judge anything by them."""

import json
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def blocked_words() -> tuple[str, ...]:
    """Return the words that no nickname may hold."""
    text = (Path(__file__).parent / "blocked.json").read_text(encoding="utf-8")
    return tuple(json.loads(text)["words"])
