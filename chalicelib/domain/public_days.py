"""Owns what is published of a day: the root over all accounts, and totals in which nobody can be recognised.

Must not read anything. What the public document tells and what it does not:

- The leaf of an account is the hash of its id, seq and head hash. Only its owner knows all three (the id has 100 random
  bits, the head hash depends on the whole journal), so neither the root nor the siblings in somebody's proof tell
  whether a given person or account is in the tree. The number of accounts is public.
- Leaves stand in the order of the hash of the account id: a position tells nothing about the account.
- An operator who changes, drops or adds an entry after publication cannot show a path from the changed head to the
  published root; one who publishes two roots for one day is found when two residents compare them, and each day names
  the digest of the day before, so that a past day cannot be exchanged alone.
- Groups under ten residents are merged until at least ten stand behind every number, as one number could otherwise be
  found by subtraction; there is one table, not a second one by scenario, for the same reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chalicelib.domain.canonical import canonical_json, digest_of

FORMAT = "tanhui-day/1"
RESIDENTS_MIN = 10
ALGORITHMS = {
    "digest": "SHA-256 of the canonical JSON (sorted keys, no spaces, UTF-8) of this document without `digest`",
    "leaf": 'SHA-256 of 0x00 and the canonical JSON {"account_id","head_hash","seq"}',
    "order": "leaves by the SHA-256 of their account_id",
    "tree": "RFC 6962 with SHA-256",
}


@dataclass(frozen=True, slots=True, order=True)
class GroupKey:
    """What one line of the totals is about."""

    scenario: str
    methodology_id: str
    version: int


@dataclass(slots=True)
class Group:
    """Totals of one line. `few` names the residents as long as they are fewer than ten."""

    residents: int = 0
    activities: int = 0
    grams_co2e: int = 0
    millipoints: int = 0
    few: set[str] = field(default_factory=set)

    def merge(self, other: "Group") -> None:
        """Add another line to this one; who is in both counts once as far as that is known."""
        if self.is_small and other.is_small:
            self.few |= other.few
            self.residents = len(self.few)
        else:
            # At least so many: who is in both lines is not kept.
            self.residents = max(self.residents, other.residents)
        self.activities += other.activities
        self.grams_co2e += other.grams_co2e
        self.millipoints += other.millipoints

    @property
    def is_small(self) -> bool:
        """Say whether fewer than ten residents stand behind this line."""
        return self.residents < RESIDENTS_MIN


class DayTotals:
    """The totals of a day, gathered sheet by sheet; a resident has one sheet a day."""

    def __init__(self) -> None:
        self.groups: dict[GroupKey, Group] = {}

    def add(self, account_id: str, activities: Iterable[tuple[GroupKey, int, int]]) -> None:
        """Count one resident's sheet, given as (group, grams, millipoints) of each activity."""
        seen = set()
        for key, grams, millipoints in activities:
            group = self.groups.setdefault(key, Group())
            if key not in seen:
                seen.add(key)
                group.residents += 1
                if group.is_small:
                    group.few.add(account_id)
            group.activities += 1
            group.grams_co2e += grams
            group.millipoints += millipoints

    def stored(self) -> list[list[Any]]:
        """Return the totals as JSON, a list for each line; who stands behind it only while they are fewer than ten."""
        return [
            [
                *(key.scenario, key.methodology_id, key.version),
                *(group.residents, group.activities, group.grams_co2e, group.millipoints),
                sorted(group.few) if group.is_small else [],
            ]
            for key, group in sorted(self.groups.items())
        ]

    def add_stored(self, lines: Iterable[list[Any]]) -> None:
        """Add totals that `stored` returned for other residents: of other accounts than those counted here."""
        for scenario, methodology_id, version, residents, activities, grams, millipoints, few in lines:
            group = self.groups.setdefault(GroupKey(scenario, methodology_id, version), Group())
            group.residents += residents
            group.activities += activities
            group.grams_co2e += grams
            group.millipoints += millipoints
            group.few = group.few | set(few) if group.is_small else set()

    def published(self) -> dict[str, Any]:
        """Return `groups` of at least ten residents, `other` with all the rest, and whether even that is too few.

        When `other` would be under ten, the smallest published group goes into it.
        """
        small = Group()
        shown = sorted(self.groups.items(), key=lambda pair: (-pair[1].residents, pair[0]))
        while shown and shown[-1][1].is_small:
            small.merge(shown.pop()[1])
        if small.activities and small.is_small and shown:
            small.merge(shown.pop()[1])
        is_withheld = bool(small.activities) and small.is_small
        other = _totals(small) if small.activities and not is_withheld else None
        groups = [
            {
                "methodology_id": key.methodology_id,
                "version": key.version,
                "scenario": key.scenario,
                "residents": group.residents,
                **_totals(group),
            }
            for key, group in sorted(shown)
        ]
        return {"groups": groups, "other": other, "is_withheld": is_withheld, "residents_min": RESIDENTS_MIN}


def _totals(group: Group) -> dict[str, int]:
    return {
        "activities": group.activities,
        "grams_co2e": group.grams_co2e,
        "millipoints": group.millipoints,
    }


def leaf_data(account_id: str, seq: int, head_hash: str) -> bytes:
    """Return the bytes of an account's leaf.

    >>> leaf_data("res_a", 2, "ff")
    b'{"account_id":"res_a","head_hash":"ff","seq":2}'
    """
    return canonical_json({"account_id": account_id, "head_hash": head_hash, "seq": seq}).encode()


def day_document(
    profile_id: str,
    on: date,
    as_of: str,
    root: bytes,
    leaves: int,
    totals: DayTotals,
    previous: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the document of the day `on`; totals are those known at `as_of`, `previous` the day published before."""
    document = {
        "format": FORMAT,
        "profile": profile_id,
        "date": on.isoformat(),
        "as_of": as_of,
        "algorithms": ALGORITHMS,
        "leaves": leaves,
        "root": root.hex(),
        "previous": {name: previous[name] for name in ("date", "root", "digest")} if previous else None,
        **totals.published(),
    }
    return {**document, "digest": digest_of(document)}
