"""Owns the forecast of expiry: what of the lots that accounts hold today will expire until a day, in bounded rows.

Must not read. What is held for vouchers is in no lot, and what is not settled yet neither; both are left out.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from chalicelib.domain.lots import Lot

ROWS_MAX = 3000
OTHERS = "others"
Row = list[int]
"""Accounts, points, grams."""
Rows = Mapping[str, Row]


def key_of(lot: Lot, community_id: str | None) -> str:
    """Return under which row a lot counts: last day, vintage, community."""
    return f"{lot.expires_on.isoformat()}|{lot.vintage}|{community_id or ''}"


def rows_of(lots: Iterable[Lot], community_id: str | None, first_on: date, last_on: date) -> dict[str, Row]:
    """Return the rows of one account's lots with a last day from `first_on` to `last_on`.

    >>> lots = (Lot(date(2026, 12, 31), 2025, 3, 30), Lot(date(2027, 12, 31), 2026, 5, 50))
    >>> rows_of(lots, "com_a", date(2026, 11, 1), date(2026, 12, 31))
    {'2026-12-31|2025|com_a': [1, 3, 30]}
    """
    found = (lot for lot in lots if first_on <= lot.expires_on <= last_on)
    return {key_of(lot, community_id): [1, lot.points, lot.grams_co2e] for lot in found}


def add_rows(sums: dict[str, Row], more: Rows) -> None:
    """Add `more` to the rows `sums`, in place.

    >>> sums = {"2026-12-31|2025|a": [1, 3, 30]}
    >>> add_rows(sums, {"2026-12-31|2025|a": [1, 2, 20]})
    >>> sums
    {'2026-12-31|2025|a': [2, 5, 50]}
    """
    for key, row in more.items():
        known = sums.setdefault(key, [0, 0, 0])
        known[:] = [had + added for had, added in zip(known, row, strict=True)]


def bounded_rows(rows: Rows) -> dict[str, Row]:
    """Return the rows; of more than are kept, all communities of a day and vintage as one.

    >>> bounded_rows({"2026-12-31|2025|a": [1, 3, 30]})
    {'2026-12-31|2025|a': [1, 3, 30]}
    """
    if len(rows) <= ROWS_MAX:
        return dict(rows)
    merged: dict[str, Row] = {}
    for key, row in rows.items():
        add_rows(merged, {key.rpartition("|")[0] + "|" + OTHERS: row})
    return merged


def shown_rows(rows: Rows) -> list[dict[str, str | int | None]]:
    """Return the rows as a table, by day, vintage and community."""
    shown: list[dict[str, str | int | None]] = []
    for key, (accounts, points, grams) in sorted(rows.items()):
        expires_on, vintage, community_id = key.split("|")
        shown.append(
            {
                "expires_on": expires_on,
                "vintage": int(vintage),
                "community_id": community_id or None,
                "accounts": accounts,
                "points": points,
                "grams_co2e": grams,
            }
        )
    return shown
