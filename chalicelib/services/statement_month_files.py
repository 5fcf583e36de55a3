"""Owns a month of statements on paper and in a table: a row a store and day, sums a store, the whole.

Must not compute: rows are statements, sums are those of `services.statements.month_of`.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chalicelib.domain.statements import Figures, Statement
from chalicelib.services.pdf import A4, Page, pdf_text
from chalicelib.services.statement_files import BOM, figures_table, yuan

_PARTS = (("redeemed", "核销"), ("voids", "撤销"), ("refunds", "退款"), ("adjustments", "争议调整"))
_COUNTED = (("count", "笔数"), ("points", "积分"), ("grams_co2e", "减排量（克）"), ("fen", "结算金额（分）"))
_OF_DAY, _OF_STORE, _OF_ALL = "日结", "门店小计", "合计"
_MARGIN, _LINE, _ROWS_PER_PAGE = 50.0, 16.0, 42
_AT = (50.0, 120.0, 290.0, 350.0, 420.0, 545.0)


def month_csv(month: Mapping[str, Any], statements: Sequence[Statement]) -> str:
    """Return the month as CSV with a byte order mark: days in order, then each store's sum, then all."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    parts = [f"{part}{name}" for _, part in _PARTS for _, name in _COUNTED]
    net = [f"净{name}" for _, name in _COUNTED[1:]]
    writer.writerow(["类别", "营业日", "门店", "编号", "日结单数", *parts, *net, "账单（分）"])
    for kind, on, store_id, number, count, figures in _rows(month, statements):
        writer.writerow([kind, on, store_id, number, count, *_amounts(figures)])
    return BOM + out.getvalue()


def _rows(
    month: Mapping[str, Any], statements: Sequence[Statement]
) -> Iterator[tuple[str, str, str, str, int, Figures]]:
    for one in sorted(statements, key=lambda one: (one["on"], one["store_id"])):
        yield _OF_DAY, one["on"], one["store_id"], str(one["number"]), 1, one["figures"]
    for shop in month["stores"]:
        yield _OF_STORE, month["month"], shop["store_id"], "", shop["statements"], shop["figures"]
    yield _OF_ALL, month["month"], "", "", month["statements"], month["figures"]


def _amounts(figures: Figures) -> list[int]:
    of_parts = [figures[part][name] for part, _ in _PARTS for name, _ in _COUNTED]
    return [*of_parts, *(figures["net"][name] for name, _ in _COUNTED[1:]), figures["bill_fen"]]


def month_pdf(month: Mapping[str, Any], statements: Sequence[Statement], merchant_name: str) -> str:
    """Return the month as PDF: what it adds up to on the first page, then the days and the stores' sums."""
    title = f"碳惠月度汇总 {merchant_name} {month['month']}"
    rows = list(_rows(month, statements))
    pages = [_first_page(month, merchant_name)]
    for start in range(0, len(rows), _ROWS_PER_PAGE):
        pages.append(_rows_page(rows[start : start + _ROWS_PER_PAGE], title))
    return pdf_text(pages, title)


def _first_page(month: Mapping[str, Any], merchant_name: str) -> Page:
    page, y = Page(*A4), 70.0
    page.text(A4[0] / 2, y, "碳惠月度汇总", 24, align="center")
    state = "全月已结" if month["is_complete"] else "未满月，只含已结的日子"
    stores = f"门店 {len(month['stores'])} 家　日结单 {month['statements']} 份　{state}"
    for text in (f"{merchant_name}　{month['month']}", stores):
        y += 28
        page.text(_MARGIN, y, text, 12)
    y = figures_table(page, month["figures"], y + 34)
    page.text(_MARGIN, y + 20, "以每天签名的日结单为准。", 9)
    return page


def _rows_page(rows: Sequence[tuple[str, str, str, str, int, Figures]], title: str) -> Page:
    page, y = Page(*A4), 50.0
    page.text(_MARGIN, y, title, 12)
    header = ("营业日", "门店", "日结单", "净积分", "净减排量（克）", "净结算金额（元）")
    for row in [header, *(_row(*one) for one in rows)]:
        y += _LINE
        for number, (place, text) in enumerate(zip(_AT, row, strict=True)):
            page.text(place, y, text, 9, align="right" if number > 1 else "left")
    return page


def _row(kind: str, on: str, store_id: str, number: str, count: int, figures: Figures) -> tuple[str, ...]:
    net = figures["net"]
    named = f"{store_id[:24]} {number}" if kind == _OF_DAY else f"{kind} {store_id[:20]}"
    return on, named, str(count), str(net["points"]), str(net["grams_co2e"]), yuan(net["fen"])
