"""Owns statements as merchants and operators read them: lists, one with its lines, a month, today's running figures.

Must not make or change a statement; `services.statement_closing` does. Without a store a reading covers all of a
merchant's; which merchant is the caller's business.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from chalicelib.domain.days import day_start, local_day, to_text
from chalicelib.domain.pages import Page
from chalicelib.domain.statements import (
    LINES_PER_BLOCK,
    Line,
    Statement,
    figures_of,
    line_of,
    store_of,
    summed,
)
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.profiles import current_profile
from chalicelib.services.merchant_journal import entries_between
from chalicelib.services.statement_closing import last_closable
from chalicelib.store import statements as store
from chalicelib.store.catalogue import find_document, get_document


def list_statements(
    merchant_id: str, store_id: str | None, month: str | None, limit: int, cursor: str | None
) -> Page:
    """Return a page of statements, newest day first, of one store or all, of one month (`2026-11`) or all."""
    if store_id is not None:
        items = store.list_of_store(merchant_id, store_id, month or "", cursor, limit)
        return Page(items, items[-1]["on"] if len(items) == limit else None)
    references = store.list_references(merchant_id, month or "", cursor, limit)
    last = f"{references[-1]['on']}.{references[-1]['store_id']}" if len(references) == limit else None
    return Page(store.read_statements(merchant_id, references), last)


def list_all_statements(
    month: str | None, on: date | None, limit: int, cursor: str | None, now: datetime
) -> Page:
    """Return a page of the statements of all merchants, newest day first: of a day, or a month, else the newest month.

    InvalidInput `/query/on` when the day is not in the month.
    """
    if month is not None and on is not None and on.isoformat()[:7] != month:
        raise InvalidInput.at("/query/on", "is not a day of this month")
    wanted = month or (on or last_closable(now)).isoformat()[:7]
    statements, last = store.list_of_month(wanted, on.isoformat() if on else None, cursor, limit)
    return Page(statements, last)


def get_statement(merchant_id: str, store_id: str, on: str) -> Statement:
    """Return one statement as it was signed; NotFound `statement-unknown`."""
    return store.get_statement(merchant_id, store_id, on)


def list_lines(merchant_id: str, store_id: str, on: str, limit: int, cursor: str | None) -> Page:
    """Return a page of a statement's lines, in order; `cursor` is the line number after which to go on."""
    if cursor is not None and not cursor.isdecimal():
        raise InvalidInput.at("/query/cursor", "is not a cursor of this list")
    statement, after = get_statement(merchant_id, store_id, on), int(cursor or 0)
    block = after // LINES_PER_BLOCK
    lines = store.read_lines(merchant_id, statement["lines_digest"], block)
    lines += store.read_lines(merchant_id, statement["lines_digest"], block + 1)
    found = [line_view(line) for line in lines if line["line_no"] > after][:limit]
    is_end = after + len(found) >= statement["lines"]
    return Page(found, None if is_end else str(after + len(found)))


def find_line(merchant_id: str, store_id: str, on: str, line_no: int) -> Line:
    """Return one line of a statement; NotFound `statement-unknown`, `statement-line-unknown`."""
    statement = get_statement(merchant_id, store_id, on)
    block = (line_no - 1) // LINES_PER_BLOCK
    lines = store.read_lines(merchant_id, statement["lines_digest"], block)
    found = next((line for line in lines if line["line_no"] == line_no), None)
    if found is None:
        raise NotFound("statement-line-unknown", "this statement has no such line", lines=statement["lines"])
    return found


def line_view(line: Line) -> dict[str, Any]:
    """Return a line with its vintages by name."""
    vintages = [{"vintage": v, "points": p, "grams_co2e": g} for v, p, g in line["vintages"]]
    return {**line, "vintages": vintages}


def all_lines(statement: Statement) -> list[Line]:
    """Return every line of a statement, in order."""
    lines: list[Line] = []
    for number in range(ceil(statement["lines"] / LINES_PER_BLOCK)):
        lines += store.read_lines(statement["merchant_id"], statement["lines_digest"], number)
    return lines


def month_of(merchant_id: str, month: str, now: datetime) -> dict[str, Any]:
    """Return what a merchant's statements of one month add up to, by store and together.

    `is_complete` tells that the month is over and closed; before that the figures are those of the closed days.
    """
    statements = statements_of_month(merchant_id, month)
    by_store: dict[str, list[Statement]] = {}
    for statement in statements:
        by_store.setdefault(statement["store_id"], []).append(statement)
    return {
        "merchant_id": merchant_id,
        "month": month,
        "is_complete": last_closable(now).isoformat()[:7] > month or _is_last_of(month, now),
        "statements": len(statements),
        "stores": [
            {
                "store_id": store_id,
                "statements": len(found),
                "figures": summed([one["figures"] for one in found]),
            }
            for store_id, found in sorted(by_store.items())
        ],
        "figures": summed([one["figures"] for one in statements]),
    }


def statements_of_month(merchant_id: str, month: str) -> list[Statement]:
    """Return a merchant's statements of one month, newest day first."""
    return store.read_statements(merchant_id, store.list_references(merchant_id, month, None, None))


def _is_last_of(month: str, now: datetime) -> bool:
    last = last_closable(now)
    return last.isoformat()[:7] == month and (last + timedelta(days=1)).isoformat()[:7] > month


def today_of(merchant_id: str, store_ids: Sequence[str] | None, now: datetime) -> dict[str, Any]:
    """Return the running figures of the local day: nothing is closed yet, the last second may be missing.

    `store_ids` None takes all stores of the merchant.
    """
    tz = current_profile().tz
    on = local_day(now, tz)
    lines: dict[str, list[Line]] = {store_id: [] for store_id in store_ids or ()}
    for entry in entries_between(merchant_id, day_start(on, tz), now + timedelta(seconds=1)):
        store_id = store_of(entry)
        if store_ids is None or store_id in store_ids:
            lines.setdefault(store_id, []).append(line_of(entry, merchant_id))
    return {
        "on": on.isoformat(),
        "as_of": to_text(now),
        "stores": [{"store_id": one, "figures": figures_of(found)} for one, found in sorted(lines.items())],
        "figures": figures_of(line for found in lines.values() for line in found),
    }


def names_of(statement: Statement) -> tuple[str, str]:
    """Return the names of merchant and store, for paper; the store's id where it has no name."""
    place = find_document("store", statement["store_id"])
    merchant = get_document("merchant", statement["merchant_id"])
    return merchant["name"], place["name"] if place else statement["store_id"]


def check_month(text: str) -> str:
    """Return `text` if it is a month; InvalidInput `/path/month`."""
    try:
        date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InvalidInput.at("/path/month", "must be a month, YYYY-MM") from None
    return text
