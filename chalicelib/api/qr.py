"""Owns the drawing of a QR code as SVG: black on white with the quiet zone a scanner needs.

Must not know what the text means.
"""

import io

QUIET_MODULES = 4
_MODULE_MM_TENTHS = 10


def qr_svg(text: str) -> str:
    """Return an SVG image of `text`, error correction M, one path on a white ground, 4 modules of quiet zone."""
    import qrcode
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.image.svg import SvgPathFillImage

    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=_MODULE_MM_TENTHS, border=QUIET_MODULES)
    code.add_data(text)
    code.make(fit=True)
    image = code.make_image(image_factory=SvgPathFillImage)
    out = io.BytesIO()
    image.save(out)
    return out.getvalue().decode()
