"""Owns a statement on paper and in a table: CSV that Excel opens in Chinese, PDF to print.

Must not compute: every number is the statement's own.
"""

import csv
import io
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.days import from_text
from chalicelib.domain.statements import Line, Statement
from chalicelib.services.pdf import A4, Page, pdf_text

BOM = "\ufeff"
_KINDS = {
    "voucher": "优惠券",
    "charge": "积分抵账单",
    "void": "撤销",
    "refund": "退款",
    "adjustment": "争议调整",
}
_COLUMNS = (
    "序号",
    "时间",
    "类别",
    "核销编号",
    "收款编号",
    "优惠编号",
    "退款编号",
    "争议编号",
    "收银员",
    "积分",
    "减排量（克）",
    "账单（分）",
    "结算金额（分）",
    "原因",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_PARTS = (("redeemed", "核销"), ("voids", "撤销"), ("refunds", "退款"), ("adjustments", "争议调整"))
_MARGIN, _LINE = 50.0, 16.0
_ROWS_PER_PAGE = 42
_AT = (50.0, 82.0, 180.0, 250.0, 400.0, 460.0, 545.0)


def csv_text(lines: Sequence[Line], tz: ZoneInfo) -> str:
    """Return the lines as CSV with a byte order mark, instants in the city's time."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for line in lines:
        writer.writerow(
            [
                line["line_no"],
                _local(line["at"], tz),
                _KINDS[line["kind"]],
                *(_plain(line[name]) for name in ("redemption_id", "charge_id", "offer_id", "refund_id")),
                _plain(line["dispute_id"]),
                _plain(line["staff_id"]),
                *(line[name] for name in ("points", "grams_co2e", "bill_fen", "fen")),
                _plain(line["reason"]),
            ]
        )
    return BOM + out.getvalue()


def _plain(text: str | None) -> str:
    """Return text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text and text.startswith(_FORMULA_STARTS) else text or ""


def _local(at: str, tz: ZoneInfo) -> str:
    return from_text(at).astimezone(tz).strftime("%Y-%m-%d %H:%M:%S")


def statement_pdf(statement: Statement, lines: Sequence[Line], names: tuple[str, str], tz: ZoneInfo) -> str:
    """Return the statement as PDF: figures on the first page, then the lines."""
    title = f"碳惠日结单 {statement['store_id']} {statement['on']}"
    pages = [_first_page(statement, names)]
    for start in range(0, len(lines), _ROWS_PER_PAGE):
        pages.append(_lines_page(lines[start : start + _ROWS_PER_PAGE], title, tz))
    return pdf_text(pages, title)


def _first_page(statement: Statement, names: tuple[str, str]) -> Page:
    page, y = Page(*A4), 70.0
    page.text(A4[0] / 2, y, "碳惠门店日结单", 24, align="center")
    for text in (
        f"{names[0]}　{names[1]}（{statement['store_id']}）",
        f"营业日 {statement['on']}　第 {statement['number']} 号　共 {statement['lines']} 笔",
    ):
        y += 28
        page.text(_MARGIN, y, text, 12)
    y = figures_table(page, statement["figures"], y + 34)
    y = _vintages(page, statement["figures"], y + 20)
    for text in _seal_lines(statement):
        y += _LINE
        page.text(_MARGIN, y, text, 8)
    return page


def figures_table(page: Page, figures: dict[str, Any], y: float) -> float:
    """Draw what lines add up to and return where the table ends."""
    rows = [("", "笔数", "积分", "减排量（克）", "结算金额（元）")]
    for part, label in _PARTS:
        one = figures[part]
        rows.append((label, str(one["count"]), str(one["points"]), str(one["grams_co2e"]), yuan(one["fen"])))
    net = figures["net"]
    rows.append(("净额", "", str(net["points"]), str(net["grams_co2e"]), yuan(net["fen"])))
    for row in rows:
        page.text(_MARGIN, y, row[0], 12)
        for place, text in zip((200.0, 300.0, 420.0, 545.0), row[1:], strict=True):
            page.text(place, y, text, 12, align="right")
        y += 22
    return y


def _vintages(page: Page, figures: dict[str, Any], y: float) -> float:
    for row in figures["vintages"]:
        text = f"{row['vintage']} 年份：积分 {row['points']}，减排量 {row['grams_co2e']} 克"
        page.text(_MARGIN, y, text, 11)
        y += 20
    return y


def _seal_lines(statement: Statement) -> list[str]:
    previous = statement["previous"]
    return [
        f"摘要 SHA-256 {statement['digest']}",
        f"上一号摘要 {previous['digest'] if previous else '（首号）'}",
        f"签名 Ed25519，密钥 {statement['kid']}：{statement['signature']}",
        "公钥见 /v1/public/statement-keys；金额与积分以签名的日结单为准。",
    ]


def _lines_page(lines: Sequence[Line], title: str, tz: ZoneInfo) -> Page:
    page, y = Page(*A4), 50.0
    page.text(_MARGIN, y, title, 12)
    for row in [
        ("序号", "时间", "类别", "核销编号", "积分", "减排量（克）", "结算金额（元）"),
        *(_row(line, tz) for line in lines),
    ]:
        y += _LINE
        for number, (place, text) in enumerate(zip(_AT, row, strict=True)):
            page.text(place, y, text, 9, align="right" if number > 3 else "left")
    return page


def _row(line: Line, tz: ZoneInfo) -> tuple[str, ...]:
    redemption = (line["redemption_id"] or "")[:30]
    amounts = (str(line["points"]), str(line["grams_co2e"]), yuan(line["fen"]))
    return (str(line["line_no"]), _local(line["at"], tz), _KINDS[line["kind"]], redemption, *amounts)


def yuan(fen: int) -> str:
    """Return an amount in yuan.

    >>> yuan(-1205)
    '-12.05'
    """
    sign, whole = "-" if fen < 0 else "", abs(fen)
    return f"{sign}{whole // 100}.{whole % 100:02d}"
