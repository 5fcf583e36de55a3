"""Owns accreditations: which source a verifier trusts for which behaviours, with which grade of evidence, and when.

Must not know who may grant one, nor where they are kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chalicelib.domain.evidence import EVIDENCE_MARKS

SELF, PLATFORM = "self", "platform"
SELF_DECLARED = "self-declared"
GRADES = tuple(grade for grade in EVIDENCE_MARKS if grade != SELF_DECLARED)
_STRENGTH = {grade: -place for place, grade in enumerate(EVIDENCE_MARKS)}


@dataclass(frozen=True, slots=True)
class Accreditation:
    """What one source may deliver of some methodologies: days [valid_from, valid_to], both included."""

    methodologies: frozenset[str]
    evidence: str
    valid_from: date
    valid_to: date

    def covers(self, methodology_id: str, on: date) -> bool:
        """Say whether activities of a methodology and a day may rest on it."""
        return methodology_id in self.methodologies and self.valid_from <= on <= self.valid_to


def evidence_on(accreditations: Iterable[Accreditation], methodology_id: str, on: date) -> str | None:
    """Return the strongest grade that holds for a methodology on a day; None when the source is not accredited.

    >>> one = Accreditation(frozenset({"bus"}), "platform-observed", date(2026, 1, 1), date(2026, 6, 30))
    >>> evidence_on([one], "bus", date(2026, 6, 30)), evidence_on([one], "bus", date(2026, 7, 1))
    ('platform-observed', None)
    """
    grades = (one.evidence for one in accreditations if one.covers(methodology_id, on))
    return max(grades, key=lambda grade: _STRENGTH[grade], default=None)


def parse_accreditation(document: Mapping[str, Any], revoked_from: str | None = None) -> Accreditation:
    """Return the accreditation in a stored document, shortened to the day before it was revoked from."""
    valid_to = date.fromisoformat(document["valid_to"])
    if revoked_from is not None:
        valid_to = min(valid_to, date.fromisoformat(revoked_from) - timedelta(days=1))
    return Accreditation(
        frozenset(document["methodologies"]),
        document["evidence"],
        date.fromisoformat(document["valid_from"]),
        valid_to,
    )


def stored_form(accreditation: Accreditation) -> list[Any]:
    """Return what a run keeps of an accreditation, as `from_stored` reads it."""
    days = (accreditation.valid_from.isoformat(), accreditation.valid_to.isoformat())
    return [sorted(accreditation.methodologies), accreditation.evidence, *days]


def from_stored(stored: list[Any]) -> Accreditation:
    """Return the accreditation that `stored_form` wrote.

    >>> one = Accreditation(frozenset({"bus"}), "operator-signed", date(2026, 1, 1), date(2026, 6, 30))
    >>> from_stored(stored_form(one)) == one
    True
    """
    methodologies, evidence, valid_from, valid_to = stored
    return Accreditation(
        frozenset(methodologies), evidence, date.fromisoformat(valid_from), date.fromisoformat(valid_to)
    )
