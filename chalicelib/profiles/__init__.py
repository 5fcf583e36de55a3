"""Owns the reading of profile and methodology documents shipped with the code; names file, line and field of a typo.

Must not interpret them: `domain.profiles` and `domain.methodologies` do.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from chalicelib.config import config
from chalicelib.domain.json_lines import duplicates, line_of
from chalicelib.domain.methodologies import Methodology, parse_methodology
from chalicelib.domain.profiles import Profile, parse_profile
from chalicelib.errors import InvalidInput

_FOLDER = Path(__file__).parent
T = TypeVar("T")


class WrongDocumentError(ValueError):
    """A document that cannot be used; `faults` are lines like `yinchuan.json, line 6, /window_days: …`."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(self.faults))


@lru_cache(maxsize=1)
def all_methodologies() -> dict[str, Methodology]:
    """Return every shipped methodology version by its ref; WrongDocumentError when one is wrong."""
    return read_methodologies(_FOLDER)


@lru_cache(maxsize=8)
def load_profile(profile_id: str) -> Profile:
    """Return the whole profile `profile_id`, demo methodologies included; WrongDocumentError names every typo."""
    return read_profile(_FOLDER, profile_id, all_methodologies())


def current_profile() -> Profile:
    """Return the profile of this deployment; a stage that is no demonstration has no demo methodologies."""
    settings = config()
    return _enabled_profile(settings.profile_id, settings.demo)


@lru_cache(maxsize=8)
def _enabled_profile(profile_id: str, with_demo: bool) -> Profile:
    profile = load_profile(profile_id)
    enabled = {id: m for id, m in profile.methodologies.items() if with_demo or not m.demo}
    return replace(profile, methodologies=enabled)


def read_methodologies(folder: Path) -> dict[str, Methodology]:
    """Return the versions in `folder`/methodologies by ref; WrongDocumentError with the faults of all documents."""
    found: list[Methodology] = []
    faults: list[str] = []
    for path in sorted((folder / "methodologies").glob("*.json")):
        try:
            found.append(read_document(path, parse_methodology))
            faults += _naming_faults(path, found)
        except WrongDocumentError as error:
            faults += error.faults
    if faults:
        raise WrongDocumentError(faults)
    return {methodology.ref: methodology for methodology in found}


def read_profile(folder: Path, profile_id: str, methodologies: dict[str, Methodology]) -> Profile:
    """Return the profile in `folder`, with the newest version of each methodology it lists."""
    newest: dict[str, Methodology] = {}
    for methodology in methodologies.values():
        if methodology.id not in newest or newest[methodology.id].version < methodology.version:
            newest[methodology.id] = methodology
    path = folder / f"{profile_id}.json"
    profile = read_document(path, lambda document: parse_profile(document, newest))
    if profile.id != profile_id:
        raise WrongDocumentError([_fault(path, path.read_text("utf-8"), "/id", f"must be {profile_id!r}")])
    return profile


def read_document(path: Path, parse: Callable[[Any], T]) -> T:
    """Return what `parse` makes of the JSON in `path`; WrongDocumentError with line and pointer of every fault."""
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text, object_pairs_hook=_object)
    except FileNotFoundError:
        raise WrongDocumentError([f"there is no document {path.name}"]) from None
    except UnicodeDecodeError as error:
        raise WrongDocumentError([f"{path.name}: is not UTF-8: {error.reason}"]) from error
    except json.JSONDecodeError as error:
        raise WrongDocumentError([f"{path.name}, line {error.lineno}: {error.msg}"]) from error
    except _DuplicateNameError:
        twice = (
            f"{path.name}, line {line}, {pointer}: stands here twice" for pointer, line in duplicates(text)
        )
        raise WrongDocumentError(twice) from None
    try:
        return parse(document)
    except InvalidInput as error:
        faults = (_fault(path, text, e["pointer"], e["detail"]) for e in error.facts["errors"])
        raise WrongDocumentError(faults) from error


class _DuplicateNameError(Exception):
    """An object names a member twice; JSON readers would silently keep the last."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _DuplicateNameError
    return made


def _naming_faults(path: Path, found: list[Methodology]) -> list[str]:
    """Say where the newest of `found` disagrees with its file's name or shares its code with another methodology."""
    newest, text = found[-1], path.read_text(encoding="utf-8")
    faults = []
    if path.name != f"{newest.id}.v{newest.version}.json":
        faults.append(_fault(path, text, "/id", "id and version must be those in the file's name"))
    for other in found[:-1]:
        if other.code == newest.code and other.id != newest.id:
            faults.append(_fault(path, text, "/code", f"is the code of {other.id!r} already"))
        elif other.id == newest.id and other.code != newest.code:
            faults.append(
                _fault(path, text, "/code", f"must be {other.code!r} as in version {other.version}")
            )
    return faults


def _fault(path: Path, text: str, pointer: str, detail: str) -> str:
    return f"{path.name}, line {line_of(text, pointer)}, {pointer or '/'}: {detail}"
