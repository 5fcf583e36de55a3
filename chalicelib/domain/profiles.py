"""Owns what two cities differ in: a profile is policy as data, read from a document and checked as a whole.

Must not read files; `chalicelib.profiles` does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.days import zone
from chalicelib.domain.methodologies import Methodology
from chalicelib.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Profile:
    """One city's rules. Day counts are calendar days of `timezone`."""

    id: str
    name: str
    timezone: str
    window_days: int
    events_per_day_max: int
    expiry_years_after_earning: int
    grace_days: int
    voucher_days: int
    consents: Mapping[str, Mapping[str, str]]
    methodologies: Mapping[str, Methodology]

    @property
    def tz(self) -> ZoneInfo:
        """Return the city's zone."""
        return zone(self.timezone)

    def expires_on(self, vintage: int) -> date:
        """Return the last day on which a lot earned in `vintage` can be spent."""
        return date(vintage + self.expiry_years_after_earning, 12, 31)


_WHOLE = {
    "window_days": (1, 31),
    "events_per_day_max": (1, 200),
    "expiry_years_after_earning": (0, 10),
    "grace_days": (0, 365),
    "voucher_days": (1, 365),
}


def parse_profile(document: Mapping[str, Any], methodologies: Mapping[str, Methodology]) -> Profile:
    """Return the profile in `document`; InvalidInput naming every field that is wrong.

    `methodologies` holds every known methodology by id; the document lists the ids that the city uses.
    """
    errors = [
        {"pointer": f"/{name}", "detail": f"must be a whole number from {low} to {high}"}
        for name, (low, high) in _WHOLE.items()
        if type(document.get(name)) is not int or not low <= document[name] <= high
    ]
    for position, methodology_id in enumerate(document.get("methodologies", [])):
        if methodology_id not in methodologies:
            detail = f"no methodology {methodology_id!r}"
            errors.append({"pointer": f"/methodologies/{position}", "detail": detail})
    known = set(_WHOLE) | {"id", "name", "timezone", "consents", "methodologies"}
    errors += [{"pointer": f"/{name}", "detail": "unknown field"} for name in document if name not in known]
    errors += [{"pointer": f"/{name}", "detail": "missing"} for name in sorted(known - set(document))]
    if errors:
        raise InvalidInput(errors)
    fields = dict(document, methodologies={m: methodologies[m] for m in document["methodologies"]})
    return Profile(**fields)
