"""Formulas as images; one that cannot be drawn stays its source text."""

import functools

from PySide6.QtGui import QImage, QPainter

MAX_FORMULA = 600
"""Characters; a longer one is shown as its source."""
_SCALE = 2.0


@functools.lru_cache(maxsize=256)
def formula_image(latex: str, is_display: bool, size_px: int, colour: str) -> QImage | None:
    """The formula in the size of the text around it, or None."""
    if len(latex) > MAX_FORMULA or (svg := _svg(latex, is_display, size_px, colour)) is None:
        return None
    from PySide6.QtCore import QByteArray, Qt
    from PySide6.QtSvg import QSvgRenderer

    renderer = QSvgRenderer(QByteArray(svg.encode()))
    size = renderer.viewBoxF().size()
    if not renderer.isValid() or size.isEmpty() or size.width() > 4_000 or size.height() > 1_000:
        return None
    image = QImage((size * _SCALE).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    image.setDevicePixelRatio(_SCALE)
    return image


def _svg(latex: str, is_display: bool, size_px: int, colour: str) -> str | None:
    import ziamath

    ziamath.config.svg2 = False  # QtSvg knows SVG 1.2 Tiny alone
    try:
        return str(ziamath.Latex(latex, size=size_px * 1.15, color=colour, inline=not is_display).svg())
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, RecursionError, NotImplementedError):
        return None  # ziamath and latex2mathml raise these for what they do not know
