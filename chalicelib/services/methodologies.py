"""Owns the public list of methodologies: the documents as they count, with digest and validity."""

from typing import Any

from chalicelib.domain.methodologies import Methodology
from chalicelib.errors import NotFound
from chalicelib.profiles import all_methodologies, current_profile


def list_methodologies() -> list[dict[str, Any]]:
    """Return the methodologies of this city's profile, in the profile's order."""
    return [_view(methodology) for methodology in current_profile().methodologies.values()]


def get_methodology(methodology_id: str, version: int | None = None) -> dict[str, Any]:
    """Return one version, the newest unless `version` names another; NotFound `methodology-unknown`."""
    versions = [m for m in all_methodologies().values() if m.id == methodology_id]
    wanted = [m for m in versions if version is None or m.version == version]
    if not wanted:
        raise NotFound("methodology-unknown", f"there is no methodology {methodology_id!r}")
    return _view(max(wanted, key=lambda m: m.version))


def _view(methodology: Methodology) -> dict[str, Any]:
    grams_per_point = 1000 / methodology.points_per_kg
    return {
        **methodology.document,
        "digest": methodology.digest,
        "ref": methodology.ref,
        "grams_per_point": f"{grams_per_point:g}",
    }
