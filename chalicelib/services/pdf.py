"""Owns the writing of PDF: pages of Chinese text, lines and boxes, as plain ASCII that any gateway passes untouched.

Must not know what a page says. The font is Adobe's STSong-Light, which every reader has or substitutes: nothing is
embedded. Lengths are points (1/72 inch), measured from the top left; text outside Unicode's first plane shows as 〓.
"""

from dataclasses import dataclass, field

A4 = (595.28, 841.89)
A6 = (297.64, 419.53)
_HALF_WIDTH = 0.5
_UNKNOWN = "〓"
_FONT = (
    "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>",
    "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /W [1 95 500] /FontDescriptor 5 0 R "
    "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>",
    "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 "
    "/Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
)
_FIRST_PAGE_OBJECT = 6
Color = tuple[int, int, int]
BLACK: Color = (0, 0, 0)


@dataclass(slots=True)
class Page:
    """One page, drawn from the top left; later things cover earlier ones."""

    width: float
    height: float
    _operations: list[str] = field(default_factory=list)

    def text(
        self, x: float, y: float, text: str, size: float, color: Color = BLACK, align: str = "left"
    ) -> None:
        """Write `text` on the base line `y`; `x` is its left edge, its middle or its right edge, as `align` says."""
        shift = {"left": 0.0, "center": 0.5, "right": 1.0}[align] * text_width(text, size)
        place = f"{x - shift:.2f} {self.height - y:.2f}"
        self._operations.append(f"BT {_paint(color)} /F1 {size:.2f} Tf {place} Td <{_ucs2(text)}> Tj ET")

    def box(self, x: float, y: float, width: float, height: float, color: Color = BLACK) -> None:
        """Fill a rectangle whose upper left corner is at (x, y)."""
        self._operations.append(
            f"{_paint(color)} {x:.3f} {self.height - y - height:.3f} {width:.3f} {height:.3f} re f"
        )


def text_width(text: str, size: float) -> float:
    """Return how wide `text` is: Latin letters and digits half as wide as Chinese.

    >>> text_width("碳惠 1", 10)
    30.0
    """
    return sum(_HALF_WIDTH if ord(c) < 0x7F else 1.0 for c in text) * size


def pdf_text(pages: list[Page], title: str) -> str:
    """Return the document: ASCII, the same bytes for the same pages.

    >>> pdf_text([Page(*A6)], "x").startswith("%PDF-1.4")
    True
    """
    kids = " ".join(f"{_FIRST_PAGE_OBJECT + 2 * number} 0 R" for number in range(len(pages)))
    info = _FIRST_PAGE_OBJECT + 2 * len(pages)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        *_FONT,
    ]
    for number, page in enumerate(pages):
        content = _FIRST_PAGE_OBJECT + 2 * number + 1
        objects += [_page_object(page, content), _stream("\n".join(page._operations))]
    objects.append(f"<< /Title <FEFF{_ucs2(title)}> /Producer (Tanhui) >>")
    return _assembled(objects, info)


def _page_object(page: Page, content: int) -> str:
    box = f"[0 0 {page.width:.2f} {page.height:.2f}]"
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents {content} 0 R "
        "/Resources << /Font << /F1 3 0 R >> >> >>"
    )


def _stream(text: str) -> str:
    return f"<< /Length {len(text)} >>\nstream\n{text}\nendstream"


def _assembled(objects: list[str], info: int) -> str:
    parts, offsets, length = ["%PDF-1.4\n"], [], 9
    for number, body in enumerate(objects, 1):
        offsets.append(length)
        parts.append(f"{number} 0 obj\n{body}\nendobj\n")
        length += len(parts[-1])
    rows = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    count = len(objects) + 1
    parts.append(f"xref\n0 {count}\n0000000000 65535 f \n{rows}")
    parts.append(f"trailer\n<< /Size {count} /Root 1 0 R /Info {info} 0 R >>\nstartxref\n{length}\n%%EOF\n")
    return "".join(parts)


def _ucs2(text: str) -> str:
    shown = "".join(c if ord(c) < 0x10000 and not 0xD800 <= ord(c) < 0xE000 else _UNKNOWN for c in text)
    return shown.encode("utf-16-be").hex().upper()


def _paint(color: Color) -> str:
    return " ".join(f"{part / 255:.3f}" for part in color) + " rg"
