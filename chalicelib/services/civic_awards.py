"""Owns the list of stars that a community hands in for civic awards (文明家庭): CSV that Excel opens in Chinese.

Must not hold anybody who does not agree to be shown, nor a star that is not published or was revoked.
"""

import csv
import io

from chalicelib.services.communities import KIND as COMMUNITY
from chalicelib.services.stars import AWARDED, KIND, PUBLISHED, public_views
from chalicelib.store import cases
from chalicelib.store.catalogue import list_documents

_BOM = "\ufeff"
_PAGE = 100
_COLUMNS = ("区", "社区", "期间", "荣誉", "名次", "昵称", "减排量（克）", "账户编号", "公布时间")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def awards_csv(period: str) -> str:
    """Return the stars of one period as CSV with a byte order mark, by district and community."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    communities = list_documents(COMMUNITY)
    for community in sorted(communities, key=lambda one: (one["district"], one["name"], one["id"])):
        for row in _rows(community["id"], period):
            writer.writerow([_plain(cell) for cell in row])
    return _BOM + out.getvalue()


def _rows(community_id: str, period: str) -> list[list[str | int]]:
    """Return the rows of one community, the best first; a star of a period is proposed after it, newest first."""
    found = []
    cursor: str | None = None
    while True:
        page = cases.list_cases_of(community_id, KIND, _PAGE, cursor)
        found += [item for item in page.items if item["period"] == period]
        cursor = page.cursor
        if cursor is None:
            break
    found = [item for item in found if item["state"] in (PUBLISHED, AWARDED)]
    rows = []
    for item, shown in zip(found, public_views(found), strict=True):
        if shown["nickname"] is not None:
            community = item["community"]
            place = [community["district"], community["name"], period, shown["title"], shown["place"]]
            rows.append(
                [
                    *place,
                    shown["nickname"],
                    shown["grams_co2e"],
                    item["account_id"],
                    shown["published_at"],
                ]
            )
    return sorted(rows, key=lambda row: row[4])


def _plain(cell: str | int) -> str | int:
    """A cell that begins like a formula must not become one."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
