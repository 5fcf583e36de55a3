"""Owns the export: a resident's whole history in one sealed document that can be checked without the platform.

Must not read anything. `chalicelib.proof` checks it and shares no code with this module, on purpose.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, islice
from typing import Any

from chalicelib.domain.accounts import Account
from chalicelib.domain.activities import encode_activity
from chalicelib.domain.canonical import digest_of
from chalicelib.domain.entries import Entry, parse_entry
from chalicelib.domain.methodologies import Methodology
from chalicelib.domain.sheets import Sheet, sheet_digest

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
    refs = sorted({a.methodology_ref for sheet in sheets for a in sheet.activities.values()})
    document = {
        "format": FORMAT,
        "account_id": account.account_id,
        "made_at": made_at,
        "account": _account_view(account),
        "entries": [{"body": body, "hash": digest} for body, digest in journal],
        "sheets": {sheet.on.isoformat(): _lines(sheet) for sheet in sheets},
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
    return {
        "seq": account.seq,
        "head_hash": account.head_hash,
        "lots": [
            [lot.vintage, lot.expires_on.isoformat(), lot.points, lot.grams_co2e]
            for lot in sorted(account.lots)
        ],
        "held": [account.held_points, account.held_grams_co2e],
        "millipoints_carry": account.millipoints_carry,
    }


def _lines(sheet: Sheet) -> dict[str, str]:
    return {key: encode_activity(activity) for key, activity in sheet.activities.items()}


def covered_by_grants(journal: Journal, sheets: Sequence[Sheet]) -> dict[str, list[str] | None]:
    """Return, by the seq of each grant, the keys of the activities that stood on its sheet when it was booked.

    A sheet grows after a grant when points are spent in the middle of a day; what stood on it then is found again by
    the grant's digest. None when the candidates of the whole export are used up.
    """
    by_day = {sheet.on.isoformat(): sheet for sheet in sheets}
    covered: dict[str, list[str] | None] = {}
    grants = [entry for entry in (parse_entry(body) for body, _ in journal) if entry.kind == "grant"]
    totals: dict[str, list[tuple[Entry, int]]] = {}
    for entry in grants:
        earlier = totals.setdefault(entry.facts["day"], [])
        earlier.append((entry, entry.facts["millipoints"] + (earlier[-1][1] if earlier else 0)))
    candidates_left = _CANDIDATES_MAX
    for day, booked in totals.items():
        sheet = by_day.get(day)
        for entry, millipoints in reversed(booked):
            found, tried = _as_it_was(sheet, entry.facts["sheet"], millipoints, candidates_left)
            sheet = found or sheet
            candidates_left -= tried
            covered[str(entry.seq)] = sorted(found.activities) if found else None
    return covered


def _as_it_was(
    sheet: Sheet | None, digest: str, millipoints: int, candidates_max: int
) -> tuple[Sheet | None, int]:
    """Return the sheet with what came later taken off, if it is found, and how many candidates that took."""
    tried = 0
    for later in islice(_later_sets(sheet), candidates_max) if sheet else ():
        assert sheet is not None
        tried += 1
        kept = {key: a for key, a in sheet.activities.items() if key not in later}
        if sum(a.millipoints for a in kept.values()) != millipoints:
            continue
        earlier = Sheet(sheet.account_id, sheet.on, kept)
        if sheet_digest(earlier) == digest:
            return earlier, tried
    return None, tried


def _later_sets(sheet: Sheet) -> Iterator[frozenset[str]]:
    """Yield sets of activities that may have come later: first the latest of the day, then any few, then more."""
    in_time = [
        key
        for key, _ in sorted(sheet.activities.items(), key=lambda pair: pair[1].second_of_day, reverse=True)
    ]
    for count in range(len(in_time)):
        yield frozenset(in_time[:count])
    for count in range(1, len(in_time)):
        for some in combinations(in_time, count):
            yield frozenset(some)
