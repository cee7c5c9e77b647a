"""Formulas as images; until their library is there, and where it fails, they stay their source text."""

import functools
import threading
import warnings
from typing import Any

from PySide6.QtCore import QByteArray, QObject, Qt, Signal
from PySide6.QtGui import QImage, QPainter

MAX_FORMULA = 400
"""Characters; a longer one is shown as its source."""
_SCALE = 2.0


class _Library(QObject):
    """ziamath takes half a second to import: that is done in a thread, when the first formula is seen."""

    ready = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.module: Any = None
        self._thread: threading.Thread | None = None

    def load(self) -> None:
        """Import it now."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it finds its font by an old function
            import ziamath
        ziamath.config.svg2 = False  # type: ignore[attr-defined]  # not exported; QtSvg knows SVG 1.2 Tiny alone
        self.module = ziamath

    def start(self) -> None:
        """Import it in a thread; `ready` tells when it is done."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._load_and_tell, name="formulas", daemon=True)
            self._thread.start()

    def _load_and_tell(self) -> None:
        self.load()
        self.ready.emit()


library = _Library()


def formula_image(latex: str, is_display: bool, size_px: int, colour: str) -> QImage | None:
    """The formula in the size of the text around it, or None."""
    if len(latex) > MAX_FORMULA:
        return None
    if library.module is None:
        library.start()
        return None
    return _image(latex, is_display, size_px, colour)


@functools.lru_cache(maxsize=256)
def _image(latex: str, is_display: bool, size_px: int, colour: str) -> QImage | None:
    if (svg := _svg(latex, is_display, size_px, colour)) is None:
        return None
    from PySide6.QtSvg import QSvgRenderer

    renderer = QSvgRenderer(QByteArray(svg.encode()))
    size = renderer.viewBoxF().size()
    if not renderer.isValid() or size.isEmpty() or size.width() > 2_000 or size.height() > 600:
        return None
    image = QImage((size * _SCALE).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    image.setDevicePixelRatio(_SCALE)
    return image


def _svg(latex: str, is_display: bool, size_px: int, colour: str) -> str | None:
    try:
        return str(
            library.module.Latex(latex, size=size_px * 1.15, color=colour, inline=not is_display).svg()
        )
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return None  # what ziamath and latex2mathml raise for what they do not know
