"""Owns the poster at a till: a merchant's code as a QR big enough for a phone at arm's length, with three lines of how.

Must not know whether the code is good; whoever asked has looked.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.services.pdf import Page

_GREEN, _DARK, _GREY, _WHITE = (11, 122, 75), (20, 32, 26), (71, 86, 78), (255, 255, 255)
_QUIET_MODULES = 4
_NAME_WIDTH = 515.0
_STEPS = ("打开碳惠小程序，点击扫一扫", "扫描二维码，输入账单金额", "核对商户和积分，确认支付")


def poster_pdf(merchant_name: str, store_name: str, label: str, code_text: str, size: str) -> str:
    """Return the poster as PDF; everything is laid out for A4 and scaled."""
    from chalicelib.services.pdf import A4, A6, Page, pdf_text

    width, height = {"A4": A4, "A6": A6}[size]
    page, scale = Page(width, height), width / A4[0]
    middle = width / 2
    page.box(0, 0, width, 150 * scale, _GREEN)
    page.text(middle, 72 * scale, "碳惠", 46 * scale, _WHITE, "center")
    page.text(middle, 120 * scale, "低碳积分，扫码抵账单", 26 * scale, _WHITE, "center")
    _write_fitting(page, middle, 205 * scale, merchant_name, 34 * scale, _NAME_WIDTH * scale)
    _write_fitting(page, middle, 244 * scale, store_name, 20 * scale, _NAME_WIDTH * scale)
    _draw_qr(page, code_text, middle - 175 * scale, 262 * scale, 350 * scale)
    for number, step in enumerate(_STEPS):
        y = (652 + 36 * number) * scale
        page.text(112 * scale, y, f"{number + 1}. {step}", 20 * scale, _DARK)
    page.text(middle, 786 * scale, f"收款码 {label}", 16 * scale, _GREY, "center")
    note = "积分抵扣后，对应的减排量转给本店。金额以手机上的商户名称和账单为准。"
    page.text(middle, 812 * scale, note, 12 * scale, _GREY, "center")
    return pdf_text([page], f"碳惠收款码 {store_name} {label}")


def _write_fitting(page: "Page", x: float, y: float, text: str, size: float, width_max: float) -> None:
    """Write in the middle, smaller when the name is long."""
    from chalicelib.services.pdf import text_width

    shrunk = size * min(1.0, width_max / max(text_width(text, size), 1))
    page.text(x, y, text, shrunk, _DARK, "center")


def _draw_qr(page: "Page", text: str, x: float, y: float, side: float) -> None:
    """Draw the QR with its quiet zone into a square; neighbouring modules of a row are one box."""
    import qrcode
    from qrcode.constants import ERROR_CORRECT_Q

    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=_QUIET_MODULES)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    module = side / len(rows)
    page.box(x, y, side, side, _WHITE)
    for row, cells in enumerate(rows):
        start = None
        for column, is_dark in enumerate([*cells, False]):
            if is_dark and start is None:
                start = column
            elif not is_dark and start is not None:
                width = (column - start) * module
                page.box(x + start * module, y + row * module, width, module * 1.01)
                start = None
