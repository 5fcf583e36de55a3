"""Owns the registry of methodology versions, shipped and published: which counts on a day, which a ref means.

Must not publish (`services.methodology_proposals` does). The registry is read when first needed and again after a
minute; a version is published at least a whole day before it counts, so that every process knows it in time.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chalicelib.config import config
from chalicelib.domain import methodology_versions
from chalicelib.domain.days import local_day
from chalicelib.domain.methodologies import Methodology, parse_methodology
from chalicelib.domain.methodology_versions import last_day, state_on, successor_of
from chalicelib.errors import NotFound
from chalicelib.profiles import all_methodologies, current_profile, load_profile
from chalicelib.store.methodologies import list_published

CACHE_S = 60
_GRAMS_PER_KG = 1000
_Versions = Mapping[str, tuple[Methodology, ...]]


@dataclass(frozen=True, slots=True)
class _Registry:
    """Every version by ref; the versions of every methodology, newest first; those that count in this deployment."""

    by_ref: Mapping[str, Methodology]
    by_id: _Versions
    counting: _Versions
    records: Mapping[str, Mapping[str, Any]]


_read: dict[str, tuple[float, _Registry]] = {}


def by_ref(ref: str) -> Methodology:
    """Return the version that an activity names, whether or not it still counts; KeyError for a ref of nobody's."""
    found = _registry().by_ref.get(ref)
    if found is None:
        forget_registry()
        found = _registry().by_ref[ref]
    return found


def version_on(methodology_id: str, on: date) -> Methodology | None:
    """Return the version by which this city counts activities of the local day `on`, or None."""
    return methodology_versions.version_on(_registry().counting.get(methodology_id, ()), on)


def versions_of(methodology_id: str) -> tuple[Methodology, ...]:
    """Return all versions of a methodology, the newest first; none when there is no such methodology."""
    return _registry().by_id.get(methodology_id, ())


def counting_ids() -> Iterable[str]:
    """Return the ids of the methodologies that count in this deployment, in the order of the city's profile."""
    return _registry().counting.keys()


def all_refs() -> Mapping[str, Methodology]:
    """Return every version, of this city or not, by its ref."""
    return _registry().by_ref


def forget_registry() -> None:
    """Have the registry read again when it is needed next."""
    _read.clear()


def list_methodologies(now: datetime) -> list[dict[str, Any]]:
    """Return the methodologies of this city, in the profile's order: of each the version that counts today.

    Where none does, the newest: it is announced, or has ended.
    """
    today = local_day(now, current_profile().tz)
    counting = _registry().counting
    shown = (methodology_versions.version_on(some, today) or some[0] for some in counting.values())
    return [_view(methodology, today) for methodology in shown]


def get_methodology(methodology_id: str, version: int | None, now: datetime) -> dict[str, Any]:
    """Return one version, that which counts today unless `version` names another; NotFound `methodology-unknown`."""
    today = local_day(now, current_profile().tz)
    versions = versions_of(methodology_id)
    if version is None and versions:
        return _view(methodology_versions.version_on(versions, today) or versions[0], today)
    for methodology in versions:
        if methodology.version == version:
            return _view(methodology, today)
    raise NotFound("methodology-unknown", f"there is no methodology {methodology_id!r}, or not this version")


def list_versions(methodology_id: str, now: datetime) -> list[dict[str, Any]]:
    """Return every version of a methodology, the newest first; NotFound `methodology-unknown`."""
    versions = versions_of(methodology_id)
    if not versions:
        raise NotFound("methodology-unknown", f"there is no methodology {methodology_id!r}")
    today = local_day(now, current_profile().tz)
    return [_view(methodology, today) for methodology in versions]


def _view(methodology: Methodology, today: date) -> dict[str, Any]:
    versions = versions_of(methodology.id)
    successor, last_on = successor_of(versions, methodology), last_day(versions, methodology)
    return {
        "points_reason": None,
        **methodology.document,
        "digest": methodology.digest,
        "ref": methodology.ref,
        "grams_per_point": f"{_GRAMS_PER_KG / methodology.points_per_kg:g}",
        "state": state_on(versions, methodology, today),
        "first_on": methodology.valid_from.isoformat(),
        "last_on": last_on.isoformat() if last_on else None,
        "superseded_by": successor.version if successor else None,
        "publication": _registry().records.get(methodology.ref),
    }


def _registry() -> _Registry:
    known = _read.get("registry")
    if known is None or known[0] <= time.monotonic():
        known = (time.monotonic() + CACHE_S, _read_registry())
        _read["registry"] = known
    return known[1]


def _read_registry() -> _Registry:
    settings = config()
    by_ref, records = dict(all_methodologies()), {}
    for record in list_published():
        methodology = parse_methodology(record["document"])
        by_ref[methodology.ref] = methodology
        records[methodology.ref] = _public_record(record)
    by_id = _by_id(by_ref.values())
    is_enabled = {m.ref: settings.demo or not m.demo for m in by_ref.values()}
    counting = {
        id: tuple(m for m in by_id[id] if is_enabled[m.ref])
        for id in load_profile(settings.profile_id).methodologies
    }
    return _Registry(by_ref, by_id, {id: some for id, some in counting.items() if some}, records)


def _by_id(methodologies: Iterable[Methodology]) -> _Versions:
    newest_first = sorted(methodologies, key=lambda m: -m.version)
    return {m.id: tuple(other for other in newest_first if other.id == m.id) for m in newest_first}


def _public_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out who in the office did it: the reviewer signs by name, the office by its own."""
    review = {name: value for name, value in record["review"].items() if name != "reviewed_by"}
    return {"published_at": record["published_at"], "proposal_id": record["proposal_id"], "review": review}
