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
MAX_BYTES = 64 << 20
"""Of images kept; what is drawn when there is no more room stays text."""
_LEAST_BYTES = 4_096
_SCALE = 2.0


@dataclass(frozen=True, slots=True)
class Formula:
    latex: str
    is_display: bool
    size_px: int
    colour: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A formula's image, and how far it reaches below the line of the text, in pixels."""

    image: QImage
    descent: float

    @property
    def height(self) -> float:
        return self.image.height() / self.image.devicePixelRatio()

    def padded(self, above: float, below: float) -> QImage:
        """The image with empty rows, in pixels of the screen."""
        ratio = self.image.devicePixelRatio()
        top, bottom = round(above * ratio), round(below * ratio)
        return self.image.copy(0, -top, self.image.width(), self.image.height() + top + bottom)


class FormulaShelf(QObject):
    """Draws what is asked for; its thread lives as long as there is something to draw."""

    drawn = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._images: dict[Formula, Drawn | None] = {}
        self._bytes = 0
        self._used: set[Formula] = set()
        """Asked for since the thread began last"""
        self._waiting: queue.SimpleQueue[Formula] = queue.SimpleQueue()
        self._asked: set[Formula] = set()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._library: Any = None
        self._errors: tuple[type[Exception], ...] = ()

    def is_known(self, formula: Formula) -> bool:
        """Whether there is nothing to wait for."""
        return formula in self._images or len(formula.latex) > MAX_FORMULA or depth(formula.latex) > MAX_DEPTH

    def drawn_of(self, formula: Formula) -> "Drawn | None":
        """The formula in the size of the text around it; None when it is not drawn, or not yet."""
        self._used.add(formula)
        if self.is_known(formula):
            return self._images.get(formula)
        with self._lock:
            if formula not in self._asked:
                self._asked.add(formula)
                self._waiting.put(formula)
            if self._thread is None:
                self._make_room()
                self._thread = threading.Thread(target=self._work, name="formulas", daemon=True)
                self._thread.start()
        return None

    def wait(self) -> None:
        """Until all that was asked for is drawn."""
        if thread := self._thread:
            thread.join()

    def _work(self) -> None:
        while formula := self._next():
            made = self._draw(formula)
            with self._lock:
                has_room = self._bytes < MAX_BYTES
                self._images[formula] = made if has_room else None
                self._bytes += _bytes_of(self._images[formula])
                self._asked.discard(formula)
        self.drawn.emit()

    def _make_room(self) -> None:
        """Forget what was not asked for lately; never amid drawing: what is in view would go in circles."""
        if self._bytes >= MAX_BYTES:
            self._images = {known: image for known, image in self._images.items() if known in self._used}
            self._bytes = sum(map(_bytes_of, self._images.values()))
        self._used.clear()

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
        ziamath.config.svg2 = False  # type: ignore[attr-defined]  # the package does not export it
        own = tuple(kind for kind in vars(exceptions).values() if isinstance(kind, type))
        # What both raise for what they do not know; SyntaxError is ElementTree's ParseError.
        foreign = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, SyntaxError)
        self._errors = (*own, *foreign, TypeError, ValueError)
        self._library = ziamath

    def _draw(self, formula: Formula) -> "Drawn | None":
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


def _bytes_of(drawn: Drawn | None) -> int:
    return max(_LEAST_BYTES, drawn.image.sizeInBytes() if drawn else 0)


def _render(svg: str) -> Drawn | None:
    from PySide6.QtSvg import QSvgRenderer

    renderer = QSvgRenderer(QByteArray(svg.encode()))
    box = renderer.viewBoxF()
    size = box.size()
    if not renderer.isValid() or size.isEmpty() or size.width() > 2_000 or size.height() > 600:
        return None
    image = QImage((size * _SCALE).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    image.setDevicePixelRatio(_SCALE)
    return Drawn(image, max(0.0, box.bottom()))


def depth(latex: str) -> int:
    """How deep a formula is nested."""
    level = deepest = 0
    for character in latex:
        level += {"{": 1, "}": -1}.get(character, 0)
        deepest = max(deepest, level)
    return max(deepest, latex.count("\\left"), latex.count("\\begin") * 2)


shelf = FormulaShelf()
