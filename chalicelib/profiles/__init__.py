"""Owns the reading of profile and methodology documents shipped with the code; names the file when one is wrong.

Must not interpret them: `domain.profiles` and `domain.methodologies` do.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from chalicelib.config import config
from chalicelib.domain.methodologies import Methodology, parse_methodology
from chalicelib.domain.profiles import Profile, parse_profile
from chalicelib.errors import InvalidInput

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=1)
def all_methodologies() -> dict[str, Methodology]:
    """Return every shipped methodology version by its ref."""
    found = [_checked(path) for path in sorted((_FOLDER / "methodologies").glob("*.json"))]
    by_ref = {m.ref: m for m in found}
    codes = {(m.code, m.version) for m in found}
    assert len(by_ref) == len(found) == len(codes), "two methodology documents share a code and version"
    return by_ref


@lru_cache(maxsize=8)
def load_profile(profile_id: str) -> Profile:
    """Return the profile `profile_id`; ValueError names file and field when a document is wrong."""
    newest: dict[str, Methodology] = {}
    for methodology in all_methodologies().values():
        if methodology.id not in newest or newest[methodology.id].version < methodology.version:
            newest[methodology.id] = methodology
    path = _FOLDER / f"{profile_id}.json"
    try:
        return parse_profile(_read(path), newest)
    except InvalidInput as error:
        raise ValueError(f"{path.name}: {error.detail}") from error


def current_profile() -> Profile:
    """Return the profile of this deployment."""
    return load_profile(config().profile_id)


def _checked(path: Path) -> Methodology:
    try:
        return parse_methodology(_read(path))
    except InvalidInput as error:
        raise ValueError(f"methodologies/{path.name}: {error.detail}") from error


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"there is no profile document {path.name}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path.name}, line {error.lineno}: {error.msg}") from error
