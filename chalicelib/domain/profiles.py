"""Owns what two cities differ in: a profile is policy as data, read from a document and checked as a whole.

Must not read files; `chalicelib.profiles` does.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.domain.board_rules import BoardRules, board_rule_faults, closing_faults, parse_board_rules
from chalicelib.domain.clash_documents import (
    methodology_faults,
    one_at_a_time_faults,
    parse_one_at_a_time,
    parse_told_once,
    told_once_faults,
    twice_faults,
)
from chalicelib.domain.clashes import ClashRules, OneAtATime, ToldOnce
from chalicelib.domain.days import local_day, zone
from chalicelib.domain.json_lines import pointer_to
from chalicelib.domain.message_rules import MessageRules, message_rule_faults, parse_message_rules
from chalicelib.domain.methodologies import Methodology
from chalicelib.domain.recording import DayRules
from chalicelib.domain.scores import Scoring
from chalicelib.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class AppealRules:
    """A city's rules for objections.

    An appeal is decided within `working_days`, urgent when `urgent_working_days` are left; a question waits
    `answer_working_days` for its answer. Upholding more than `second_person_above_points` takes two operators. A
    behaviour may be claimed as missing for `missing_days` calendar days.
    """

    working_days: int
    urgent_working_days: int
    answer_working_days: int
    second_person_above_points: int
    missing_days: int


@dataclass(frozen=True, slots=True)
class Profile:
    """One city's rules. Day counts are calendar days of `timezone`.

    At the till: `fen_per_100_points` by scenario, at most `bill_share_percent_max` of a bill; more charges or points of
    a resident a day than `review_…` are looked at first; a till may bring `offline_points_per_day` scanned offline.
    A line of a statement may be disputed for `dispute_days` and is answered within `dispute_answer_days`.
    """

    id: str
    name: str
    timezone: str
    window_days: int
    events_per_day_max: int
    points_per_day_max: int
    expiry_years_after_earning: int
    grace_days: int
    voucher_days: int
    appeals: AppealRules
    fen_per_100_points: Mapping[str, int]
    bill_share_percent_max: int
    charge_void_minutes: int
    refund_days: int
    review_charges_per_day: int
    review_points_per_day: int
    offline_hours: int
    offline_points_per_day: int
    leaving_notice_days: int
    dispute_days: int
    dispute_answer_days: int
    consents: Mapping[str, Mapping[str, str]]
    messages: MessageRules
    boards: BoardRules
    methodologies: Mapping[str, Methodology]
    one_at_a_time: OneAtATime
    told_once: Mapping[str, tuple[ToldOnce, ...]]

    @property
    def tz(self) -> ZoneInfo:
        """Return the city's zone."""
        return zone(self.timezone)

    def expires_on(self, vintage: int) -> date:
        """Return the last day on which a lot earned in `vintage` can be spent."""
        return date(vintage + self.expiry_years_after_earning, 12, 31)

    def scoring(self, now: datetime) -> Scoring:
        """Return what decides which periods a change counts for that is booked now."""
        return Scoring(local_day(now, self.tz), self.boards.closes_days)

    @property
    def clash_rules(self) -> ClashRules:
        """Return what counts once: trips, and what two sources tell."""
        return ClashRules(self.one_at_a_time, self.told_once)

    @property
    def day_rules(self) -> DayRules:
        """Return what one resident's day may hold."""
        millipoints_max = self.points_per_day_max * MILLIPOINTS_PER_POINT
        return DayRules(self.events_per_day_max, millipoints_max, self.clash_rules)


MILLIPOINTS_PER_POINT = 1000

_WHOLE = {
    "window_days": (1, 31),
    "events_per_day_max": (1, 200),
    "points_per_day_max": (1, 100_000),
    "expiry_years_after_earning": (0, 10),
    "grace_days": (0, 365),
    "voucher_days": (1, 365),
    "bill_share_percent_max": (1, 100),
    "charge_void_minutes": (1, 7 * 24 * 60),
    "refund_days": (1, 365),
    "review_charges_per_day": (1, 1000),
    "review_points_per_day": (1, 1_000_000),
    "offline_hours": (1, 24 * 7),
    "offline_points_per_day": (0, 1_000_000),
    "leaving_notice_days": (0, 365),
    "dispute_days": (1, 365),
    "dispute_answer_days": (1, 90),
}
SCENARIOS = ("衣", "食", "住", "行", "用", "其他")
_RATE = range(1, 10_001)
_TEXTS = ("id", "name", "timezone")
_APPEALS = {
    "working_days": (1, 60),
    "urgent_working_days": (1, 30),
    "answer_working_days": (1, 30),
    "second_person_above_points": (0, 1_000_000),
    "missing_days": (1, 365),
}
_KNOWN = {
    *_WHOLE,
    *_TEXTS,
    "appeals",
    "boards",
    "consents",
    "fen_per_100_points",
    "messages",
    "methodologies",
    "one_at_a_time",
    "told_once",
}
_CONSENT_FIELDS = {"version", "title", "text"}
Fault = dict[str, str]


def parse_profile(document: Any, methodologies: Mapping[str, Methodology]) -> Profile:
    """Return the profile in `document`; InvalidInput naming every field that is wrong.

    `methodologies` holds every known methodology by id; the document lists the ids that the city uses.
    """
    if not isinstance(document, dict):
        raise InvalidInput.at("", "must be an object")
    errors = [
        *({"pointer": pointer_to(n), "detail": "unknown field"} for n in document if n not in _KNOWN),
        *({"pointer": pointer_to(n), "detail": "missing"} for n in sorted(_KNOWN - document.keys())),
    ]
    checks: dict[str, Callable[[Any], Iterator[Fault]]] = {
        "appeals": _appeal_errors,
        "boards": board_rule_faults,
        "consents": _consent_errors,
        "messages": message_rule_faults,
        "fen_per_100_points": _rate_errors,
        "methodologies": partial(methodology_faults, methodologies),
        "one_at_a_time": partial(one_at_a_time_faults, methodologies),
        "told_once": partial(told_once_faults, methodologies),
    }
    for name in (n for n in document if n in _KNOWN):
        errors += checks.get(name, partial(_plain_errors, name))(document[name])
    errors = errors or [*twice_faults(document), *closing_faults(document)]
    if errors:
        raise InvalidInput(errors)
    fields = dict(
        document,
        methodologies={m: methodologies[m] for m in document["methodologies"]},
        appeals=AppealRules(**document["appeals"]),
        messages=parse_message_rules(document["messages"]),
        boards=parse_board_rules(document["boards"]),
        one_at_a_time=parse_one_at_a_time(methodologies, document["one_at_a_time"]),
        told_once=parse_told_once(methodologies, document["told_once"]),
    )
    return Profile(**fields)


def _plain_errors(name: str, value: Any) -> Iterator[Fault]:
    if name in _WHOLE:
        low, high = _WHOLE[name]
        if type(value) is not int or not low <= value <= high:
            yield {"pointer": pointer_to(name), "detail": f"must be a whole number from {low} to {high}"}
    elif not isinstance(value, str) or not value.strip():
        yield {"pointer": pointer_to(name), "detail": "must be a text that is not empty"}
    elif name == "timezone" and not _is_zone(value):
        yield {"pointer": pointer_to(name), "detail": f"there is no time zone {value!r}"}


def _is_zone(name: str) -> bool:
    try:
        zone(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def _appeal_errors(rules: Any) -> Iterator[Fault]:
    if not isinstance(rules, dict) or rules.keys() != _APPEALS.keys():
        yield {"pointer": "/appeals", "detail": f"must have {', '.join(_APPEALS)}"}
        return
    for name, (low, high) in _APPEALS.items():
        if type(rules[name]) is not int or not low <= rules[name] <= high:
            detail = f"must be a whole number from {low} to {high}"
            yield {"pointer": pointer_to("appeals", name), "detail": detail}


def _rate_errors(rates: Any) -> Iterator[Fault]:
    if not isinstance(rates, dict) or rates.keys() != set(SCENARIOS):
        detail = f"must have a rate for each of {', '.join(SCENARIOS)}"
        yield {"pointer": "/fen_per_100_points", "detail": detail}
        return
    for scenario, fen in rates.items():
        if type(fen) is not int or fen not in _RATE:
            detail = f"must be a whole number from {_RATE.start} to {_RATE.stop - 1}"
            yield {"pointer": pointer_to("fen_per_100_points", scenario), "detail": detail}


def _consent_errors(consents: Any) -> Iterator[Fault]:
    if not isinstance(consents, dict):
        yield {"pointer": "/consents", "detail": "must be an object"}
        return
    for purpose, fields in consents.items():
        if not isinstance(fields, dict) or fields.keys() != _CONSENT_FIELDS:
            yield {
                "pointer": pointer_to("consents", purpose),
                "detail": f"must have {sorted(_CONSENT_FIELDS)}",
            }
            continue
        for name, text in fields.items():
            if not isinstance(text, str) or not text.strip():
                detail = "must be a text that is not empty"
                yield {"pointer": pointer_to("consents", purpose, name), "detail": detail}
