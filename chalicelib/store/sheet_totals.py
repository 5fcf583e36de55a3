"""Owns reading what day sheets add up to, without their activities.

Must not write. A query costs what the whole items cost; naming attributes saves the transfer and the parsing.
"""

from dataclasses import dataclass
from datetime import date

from chalicelib.config import config
from chalicelib.store.client import Item, query_all, text


@dataclass(frozen=True, slots=True)
class DayTotals:
    """What one local day holds."""

    on: date
    activities: int
    grams_co2e: int
    millipoints: int


def list_day_totals(account_id: str, from_on: date, to_on: date) -> list[DayTotals]:
    """Return the totals of a resident's days from `from_on` to `to_on`, both included, oldest first."""
    arguments = {
        "TableName": config().table("accounts"),
        "KeyConditionExpression": "account_id = :a AND #item BETWEEN :low AND :high",
        "ExpressionAttributeNames": {"#item": "item", "#n": "n", "#x": "x", "#g": "g", "#mp": "mp"},
        "ExpressionAttributeValues": {
            ":a": text(account_id),
            ":low": text(f"sheet#{from_on.isoformat()}"),
            ":high": text(f"sheet#{to_on.isoformat()}"),
        },
        "ProjectionExpression": "#item, #n, #x, #g, #mp",
    }
    return [_totals(item) for item in query_all(arguments)]


def _totals(item: Item) -> DayTotals:
    """`n` counts what was written on the sheet, corrections too; those are `x`."""
    n, x, grams_co2e, millipoints = (
        int(item[name]["N"]) if name in item else 0 for name in ("n", "x", "g", "mp")
    )
    on = date.fromisoformat(item["item"]["S"].removeprefix("sheet#"))
    return DayTotals(on, n - x, grams_co2e, millipoints)
