"""Owns the export: a resident's whole history in one sealed document that can be checked without the platform.

Must not read anything. `chalicelib.proof` checks it and shares no code with this module, on purpose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.accounts import Account
from chalicelib.domain.canonical import digest_of
from chalicelib.domain.entries import parse_entry
from chalicelib.domain.methodologies import Methodology
from chalicelib.domain.sheet_pasts import as_it_was, without_correction
from chalicelib.domain.sheets import Sheet, sheet_lines

FORMAT = "tanhui-export/1"
# Over the whole export; about half a second when all are tried. An ordinary day takes one.
_CANDIDATES_MAX = 20_000

Journal = Sequence[tuple[str, str]]


def export_document(
    account: Account,
    journal: Journal,
    sheets: Sequence[Sheet],
    methodologies: Mapping[str, Methodology],
    made_at: str,
    proof: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the sealed export. `journal` ends at the account's seq; `proof` holds `day` and `inclusion`."""
    refs = sorted({ref for sheet in sheets for ref in _refs(sheet)})
    document = {
        "format": FORMAT,
        "account_id": account.account_id,
        "made_at": made_at,
        "account": _account_view(account),
        "entries": [{"body": body, "hash": digest} for body, digest in journal],
        "sheets": {sheet.on.isoformat(): sheet_lines(sheet) for sheet in sheets if sheet.activities},
        "grants": covered_by_grants(journal, sheets),
        "methodologies": {
            ref: {"digest": methodologies[ref].digest, "document": dict(methodologies[ref].document)}
            for ref in refs
        },
        "day": proof["day"] if proof else None,
        "inclusion": proof["inclusion"] if proof else None,
    }
    return {**document, "digest": digest_of(document)}


def _account_view(account: Account) -> dict[str, Any]:
    borne = [[loss.seq, loss.vintage, loss.points, loss.grams_co2e] for loss in account.borne]
    return {
        "seq": account.seq,
        "head_hash": account.head_hash,
        "lots": [
            [lot.vintage, lot.expires_on.isoformat(), lot.points, lot.grams_co2e]
            for lot in sorted(account.lots)
        ],
        "held": [account.held_points, account.held_grams_co2e],
        "millipoints_carry": account.millipoints_carry,
        **({"borne": borne} if borne else {}),
    }


def _refs(sheet: Sheet) -> set[str]:
    made = (correction for some in sheet.corrections.values() for correction in some)
    refs = {activity.methodology_ref for activity in sheet.activities.values()}
    return refs | {correction.methodology_ref for correction in made}


def covered_by_grants(journal: Journal, sheets: Sequence[Sheet]) -> dict[str, list[str] | None]:
    """Return, by the seq of each grant and adjust, the names of what stood on its sheet when it was booked.

    Names are keys of activities, and `key~number` of corrections. A sheet grows after an entry, when points are spent
    in the middle of a day or something is corrected; what stood on it then is found again by the entry's digest. None
    when the candidates of the whole export are used up.
    """
    by_day = {sheet.on.isoformat(): sheet for sheet in sheets}
    covered: dict[str, list[str] | None] = {}
    candidates_left = _CANDIDATES_MAX
    for day, bookings in _bookings_by_day(journal).items():
        sheet = by_day.get(day)
        for booked in reversed(bookings):
            found, tried = (
                as_it_was(sheet, booked.digest, booked.millipoints, candidates_left) if sheet else (None, 0)
            )
            candidates_left -= tried
            names = sorted(sheet_lines(found)) if found else None
            covered |= {str(seq): names for seq in booked.seqs}
            sheet = found or sheet
            if sheet is not None and booked.correction is not None:
                sheet = without_correction(sheet, *booked.correction)
    return covered


@dataclass(slots=True)
class _Booked:
    """The entries of one booking of a day, the day's total after it, and (key, cause) of what it corrected."""

    digest: str
    correction: tuple[str, str] | None
    millipoints: int
    seqs: list[int] = field(default_factory=list)


def _bookings_by_day(journal: Journal) -> dict[str, list[_Booked]]:
    by_day: dict[str, list[_Booked]] = {}
    for entry in (parse_entry(body) for body, _ in journal):
        if entry.kind not in ("grant", "adjust"):
            continue
        facts = entry.facts
        correction = (facts["key"], facts["cause"]) if entry.kind == "adjust" else None
        bookings = by_day.setdefault(facts["day"], [])
        before = bookings[-1].millipoints if bookings else 0
        if correction is None or not bookings or bookings[-1].correction != correction:
            bookings.append(_Booked(facts["sheet"], correction, before))
        bookings[-1].millipoints += facts["millipoints"]
        bookings[-1].seqs.append(entry.seq)
    return by_day
