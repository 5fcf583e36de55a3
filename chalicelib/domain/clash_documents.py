"""Owns the shape of what a profile says about double counting: trips one at a time, and what two sources tell once.

Must not decide what clashes: `domain.clashes` does, by the rules that are read here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.domain.clashes import ASSET, QUANTITY, OneAtATime, ToldOnce
from chalicelib.domain.json_lines import pointer_to
from chalicelib.domain.methodologies import Methodology

_SECONDS_MAX = 3600
_WITHIN_S_MAX = 86_400
_EQUAL = (ASSET, QUANTITY)
Fault = dict[str, str]
Known = Mapping[str, Methodology]


def parse_one_at_a_time(known: Known, rule: Any) -> OneAtATime:
    """Return the trips in a section without faults; `known` holds every methodology by id."""
    codes = frozenset(known[id].code for id in rule["methodologies"])
    return OneAtATime(codes, rule["same_event_s"], rule["instant_s"])


def parse_told_once(known: Known, rules: Any) -> dict[str, tuple[ToldOnce, ...]]:
    """Return, by code, what a section without faults says; a methodology may stand under several rules."""
    by_code: dict[str, tuple[ToldOnce, ...]] = {}
    for rule in rules:
        made = ToldOnce(rule["within_s"], rule.get("equal", ""))
        for code in (known[id].code for id in rule["methodologies"]):
            by_code[code] = (*by_code.get(code, ()), made)
    return by_code


def one_at_a_time_faults(known: Known, rule: Any) -> Iterator[Fault]:
    """Yield what is wrong with the section of trips."""
    if not isinstance(rule, dict) or rule.keys() != {"methodologies", "same_event_s", "instant_s"}:
        detail = "must have methodologies, same_event_s and instant_s"
        yield {"pointer": "/one_at_a_time", "detail": detail}
        return
    for name in ("same_event_s", "instant_s"):
        yield from _whole_faults(rule[name], _SECONDS_MAX, "one_at_a_time", name)
    yield from methodology_faults(known, rule["methodologies"], "one_at_a_time")


def told_once_faults(known: Known, rules: Any) -> Iterator[Fault]:
    """Yield what is wrong with the list of what two sources tell once."""
    if not isinstance(rules, list):
        yield {"pointer": "/told_once", "detail": "must be a list"}
        return
    for place, rule in enumerate(rules):
        if not isinstance(rule, dict) or rule.keys() - {"equal"} != {"methodologies", "within_s"}:
            detail = "must have methodologies and within_s, and may have equal"
            yield {"pointer": pointer_to("told_once", place), "detail": detail}
            continue
        yield from _whole_faults(rule["within_s"], _WITHIN_S_MAX, "told_once", place, "within_s")
        if "equal" in rule and rule["equal"] not in _EQUAL:
            pointer = pointer_to("told_once", place, "equal")
            yield {"pointer": pointer, "detail": f"must be one of {', '.join(_EQUAL)}"}
        yield from methodology_faults(known, rule["methodologies"], "told_once", place)


def methodology_faults(known: Known, ids: Any, *at: str | int) -> Iterator[Fault]:
    """Yield what is wrong with a list of methodology ids that stands in the document at `at`."""
    if not isinstance(ids, list):
        yield {"pointer": pointer_to(*at, "methodologies"), "detail": "must be a list"}
        return
    for position, methodology_id in enumerate(ids):
        pointer = pointer_to(*at, "methodologies", position)
        if not isinstance(methodology_id, str) or methodology_id not in known:
            yield {"pointer": pointer, "detail": f"no methodology {methodology_id!r}"}
        elif methodology_id in ids[:position]:
            yield {"pointer": pointer, "detail": f"{methodology_id!r} is listed twice"}


def twice_faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the methodologies that stand in both sections; each by itself has no faults."""
    trips = document["one_at_a_time"]["methodologies"]
    for place, rule in enumerate(document["told_once"]):
        for position, methodology_id in enumerate(rule["methodologies"]):
            if methodology_id in trips:
                pointer = pointer_to("told_once", place, "methodologies", position)
                yield {"pointer": pointer, "detail": f"{methodology_id!r} is a trip already"}


def _whole_faults(value: Any, maximum: int, *at: str | int) -> Iterator[Fault]:
    if type(value) is not int or not 1 <= value <= maximum:
        yield {"pointer": pointer_to(*at), "detail": f"must be a whole number from 1 to {maximum}"}
