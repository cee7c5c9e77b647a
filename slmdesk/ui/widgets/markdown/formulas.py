"""Formulas as images, drawn in a thread; until then, and where that fails, they stay their source text."""

import queue
import threading
import warnings
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QByteArray, QObject, Qt, Signal
from PySide6.QtGui import QImage, QPainter

MAX_FORMULA = 250
"""Characters; a longer one is shown as its source."""
MAX_DEPTH = 5
"""Braces inside braces: ziamath's time doubles with each."""
MAX_IMAGES = 400
_SCALE = 2.0


@dataclass(frozen=True, slots=True)
class Formula:
    latex: str
    is_display: bool
    size_px: int
    colour: str


class FormulaShelf(QObject):
    """Draws what is asked for; its thread lives as long as there is something to draw."""

    drawn = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._images: dict[Formula, QImage | None] = {}
        self._waiting: queue.SimpleQueue[Formula] = queue.SimpleQueue()
        self._asked: set[Formula] = set()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._library: Any = None
        self._errors: tuple[type[Exception], ...] = ()

    def is_known(self, formula: Formula) -> bool:
        """Whether there is nothing to wait for."""
        return formula in self._images or len(formula.latex) > MAX_FORMULA or depth(formula.latex) > MAX_DEPTH

    def image(self, formula: Formula) -> QImage | None:
        """The formula in the size of the text around it; None when it is not drawn, or not yet."""
        if self.is_known(formula):
            return self._images.get(formula)
        with self._lock:
            if formula not in self._asked:
                self._asked.add(formula)
                self._waiting.put(formula)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="formulas", daemon=True)
                self._thread.start()
        return None

    def wait(self) -> None:
        """Until all that was asked for is drawn."""
        if thread := self._thread:
            thread.join()

    def _work(self) -> None:
        while formula := self._next():
            image = self._draw(formula)
            with self._lock:
                if len(self._images) >= MAX_IMAGES:
                    self._images.clear()
                self._images[formula] = image
                self._asked.discard(formula)
        self.drawn.emit()

    def _next(self) -> Formula | None:
        with self._lock:
            if self._waiting.empty():
                self._thread = None
                return None
        return self._waiting.get()

    def _load(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it finds its font by an old function
            import ziamath
            from latex2mathml import exceptions
        # QtSvg knows SVG 1.2 Tiny alone.
        # QtSvg knows SVG 1.2 Tiny alone.
        ziamath.config.svg2 = False  # type: ignore[attr-defined]  # the package does not export it
        own = tuple(kind for kind in vars(exceptions).values() if isinstance(kind, type))
        # What both raise for what they do not know; SyntaxError is ElementTree's ParseError.
        foreign = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, SyntaxError)
        self._errors = (*own, *foreign, TypeError, ValueError)
        self._library = ziamath

    def _draw(self, formula: Formula) -> QImage | None:
        if self._library is None:
            self._load()
        try:
            drawn = self._library.Latex(
                formula.latex,
                size=formula.size_px * 1.15,
                color=formula.colour,
                inline=not formula.is_display,
            )
            svg = str(drawn.svg())
        except self._errors:
            return None
        return _render(svg)


def _render(svg: str) -> QImage | None:
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


def depth(latex: str) -> int:
    """How deep a formula is nested."""
    level = deepest = 0
    for character in latex:
        level += {"{": 1, "}": -1}.get(character, 0)
        deepest = max(deepest, level)
    return max(deepest, latex.count("\\left"), latex.count("\\begin") * 2)


shelf = FormulaShelf()
