"""Owns a city's rules for boards and stars: when a board closes, whom it shows, who wins what and how it is checked.

Must not rank anybody; a document is checked field by field, as the rest of a profile.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.json_lines import pointer_to
from chalicelib.domain.periods import KINDS

_WHOLE = {
    "closes_days": (1, 31),
    "residents_min": (10, 1000),
    "community_change_days": (1, 365),
    "objection_days": (1, 60),
}
_STAR = {"winners": (1, 20), "points": (0, 100_000), "valid_days": (1, 1100)}
_FIELDS = {*_WHOLE, "star_title", "stars"}


@dataclass(frozen=True, slots=True)
class StarRule:
    """What the first `winners` of a community are awarded: points without grams, to be spent within `valid_days`."""

    winners: int
    points: int
    valid_days: int


@dataclass(frozen=True, slots=True)
class BoardRules:
    """`closes_days` after its last day a period takes no more; `stars` says by kind of period what there is to win.

    A board of fewer than `residents_min` is not shown. A resident may change the community every
    `community_change_days`; anybody may object to a star for `objection_days` before the bonus is booked.
    """

    closes_days: int
    residents_min: int
    community_change_days: int
    objection_days: int
    star_title: str
    stars: Mapping[str, StarRule]


def parse_board_rules(document: Mapping[str, Any]) -> BoardRules:
    """Return the rules in a document without faults."""
    stars = {kind: StarRule(**rule) for kind, rule in document["stars"].items()}
    return BoardRules(**{**document, "stars": stars})


def board_rule_faults(rules: Any) -> Iterator[dict[str, str]]:
    """Yield what is wrong with the member `boards` of a profile, each with its pointer."""
    if not isinstance(rules, dict) or rules.keys() != _FIELDS:
        yield {"pointer": "/boards", "detail": f"must have {', '.join(sorted(_FIELDS))}"}
        return
    for name, bounds in _WHOLE.items():
        yield from _whole_faults(rules[name], bounds, "boards", name)
    if not isinstance(rules["star_title"], str) or not rules["star_title"].strip():
        yield {"pointer": "/boards/star_title", "detail": "must be a text that is not empty"}
    if not isinstance(rules["stars"], dict) or not rules["stars"].keys() <= set(KINDS):
        yield {"pointer": "/boards/stars", "detail": f"may have {', '.join(KINDS)}"}
        return
    for kind, rule in rules["stars"].items():
        if not isinstance(rule, dict) or rule.keys() != set(_STAR):
            detail = f"must have {', '.join(sorted(_STAR))}"
            yield {"pointer": pointer_to("boards", "stars", kind), "detail": detail}
            continue
        for name, bounds in _STAR.items():
            yield from _whole_faults(rule[name], bounds, "boards", "stars", kind, name)


def closing_faults(document: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield a fault when boards close before everything is settled that may still be recorded."""
    if document["boards"]["closes_days"] < document["window_days"]:
        detail = "must not be less than window_days: what may still be recorded counts"
        yield {"pointer": "/boards/closes_days", "detail": detail}


def _whole_faults(value: Any, bounds: tuple[int, int], *at: str) -> Iterator[dict[str, str]]:
    low, high = bounds
    if type(value) is not int or not low <= value <= high:
        yield {"pointer": pointer_to(*at), "detail": f"must be a whole number from {low} to {high}"}
